"""Loads of the catalogue: each shows its changes, and writes them if told to."""

from tongban.matters.actions.editions import put_editions
from tongban.matters.actions.matters import put_matters
from tongban.matters.actions.rows import EditionFile, MatterRow
from tongban.matters.actions.telling import tell_peers

__all__ = ["EditionFile", "MatterRow", "put_editions", "put_matters", "tell_peers"]
