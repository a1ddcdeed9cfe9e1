"""What the evidence entry of a step says of its case, without personal data."""

from collections.abc import Mapping
from typing import Any

from tongban.cases.models import Case


def entry_facts(
    case: Case, *, event_id: str, seq: int, state: str, payload: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of the entry that an event leaves; a check reckons them anew."""
    return {
        "number": case.number,
        "agency": case.agency_id,
        "office": case.receiving_office_id,
        "edition": case.edition_id,
        "applicant": case.applicant_id,
        "seq": seq,
        "state": state,
        "event": event_id,
        **payload,
    }
