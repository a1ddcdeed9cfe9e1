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
from tongban.evidence.witnessing import (
    MAX_REQUEST_BODY,
    Alarm,
    AlarmKind,
    Answer,
    WitnessUnfit,
    alarms,
    answer_add_checkpoint,
    check_witness,
    gather,
    held_checkpoint,
    monitor,
    watch,
    witness_vkey,
)

__all__ = [
    "KINDS",
    "MAX_REQUEST_BODY",
    "Alarm",
    "AlarmKind",
    "Answer",
    "Entry",
    "EntryRow",
    "EventKind",
    "Finding",
    "Flaw",
    "LookView",
    "WitnessUnfit",
    "alarms",
    "answer_add_checkpoint",
    "check_entries",
    "check_witness",
    "drain_looks",
    "entries_of",
    "gather",
    "held_checkpoint",
    "leaf_of",
    "look",
    "looks_at",
    "monitor",
    "open_entry",
    "record",
    "watch",
    "witness_vkey",
]
