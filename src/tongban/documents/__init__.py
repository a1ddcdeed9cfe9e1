"""Encrypted files; the owning app decides who reads."""
