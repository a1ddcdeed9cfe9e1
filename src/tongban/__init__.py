"""Tongban 通办: apply where you are; the office with the legal power decides."""
