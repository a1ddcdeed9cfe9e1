"""Receipts 存证凭证: what a person keeps, and how anyone checks it. No Django."""

from tongban.evidence.receipts import words
from tongban.evidence.receipts.checking import check
from tongban.evidence.receipts.container import (
    MAX_RECEIPT,
    PAGE,
    Piece,
    Receipt,
    Unreadable,
    write,
)
from tongban.evidence.receipts.report import Check, EntryReport, Outcome, Report, Step

__all__ = [
    "MAX_RECEIPT",
    "PAGE",
    "Check",
    "EntryReport",
    "Outcome",
    "Piece",
    "Receipt",
    "Report",
    "Step",
    "Unreadable",
    "check",
    "words",
    "write",
]
