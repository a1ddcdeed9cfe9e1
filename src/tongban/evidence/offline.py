"""The second door of the evidence app: what works without a node. No Django behind it."""

from tongban.evidence.kinds import KINDS, EventKind
from tongban.evidence.receipts import (
    MAX_RECEIPT,
    PAGE,
    Check,
    EntryReport,
    Outcome,
    Report,
    Step,
    Unreadable,
    check,
    words,
)

__all__ = [
    "KINDS",
    "MAX_RECEIPT",
    "PAGE",
    "Check",
    "EntryReport",
    "EventKind",
    "Outcome",
    "Report",
    "Step",
    "Unreadable",
    "check",
    "words",
]
