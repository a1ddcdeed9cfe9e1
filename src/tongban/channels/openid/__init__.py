"""Logging in at home and being known elsewhere: the pages of both sides."""
