"""What the evidence app does: entries are recorded, looks noted and drained."""

from tongban.evidence.actions.drain import drain_looks
from tongban.evidence.actions.entries import Disclosures, disclose, record
from tongban.evidence.actions.looks import look

__all__ = ["Disclosures", "disclose", "drain_looks", "look", "record"]
