"""Custody of original papers and results."""
