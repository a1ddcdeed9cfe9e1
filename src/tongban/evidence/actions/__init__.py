"""What the evidence app does: entries are recorded, looks noted and drained."""

from tongban.evidence.actions.drain import drain_looks
from tongban.evidence.actions.entries import record
from tongban.evidence.actions.looks import look

__all__ = ["drain_looks", "look", "record"]
