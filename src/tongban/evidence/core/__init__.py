"""The core of the transparency log: trees, notes, checkpoints, proofs, policies. Plain Python.

No Django, no files, no network, no clock; see README.md for the specifications.
"""
