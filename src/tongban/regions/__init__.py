"""Loads a region's data: idempotent, with a diff shown first."""
