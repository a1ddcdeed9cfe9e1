"""Pending entries of the cosigned log, and looks at personal data."""
