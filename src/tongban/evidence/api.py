"""The door of the evidence app: entries for the log, looks at personal data."""

from tongban.evidence.actions import drain_looks, look, record
from tongban.evidence.kinds import KINDS, EventKind
from tongban.evidence.queries import (
    Entry,
    EntryRow,
    Finding,
    Flaw,
    LookView,
    check_entries,
    entries_of,
    looks_at,
    open_entry,
)
from tongban.evidence.rules import leaf_of

__all__ = [
    "KINDS",
    "Entry",
    "EntryRow",
    "EventKind",
    "Finding",
    "Flaw",
    "LookView",
    "check_entries",
    "drain_looks",
    "entries_of",
    "leaf_of",
    "look",
    "looks_at",
    "open_entry",
    "record",
]
