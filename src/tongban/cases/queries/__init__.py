"""Reads: lists by keyset, one case's file, the consistency check."""
