"""The running limit of a case, read off its header."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from tongban.cases.models import Case
from tongban.cases.rules import Facts, Running, case_light, running
from tongban.cases.transitions import State
from tongban.kernel.workdays import Light
from tongban.places import api as places

COLUMNS = ("papers_at", "answer_due_on", "accepted_at", "due_on", "decided_at", "hand_due_on")


def facts_of(case: Case) -> Facts:
    """Return what the limit of a case depends on."""
    return _facts(row_of(case))


def row_of(case: Case) -> dict[str, Any]:
    """Return state and ``COLUMNS`` of a case, as a list reads them."""
    return {name: getattr(case, name) for name in ("state", *COLUMNS)}


def limit_of(
    row: Mapping[str, Any], place_id: str, today: date
) -> tuple[Running | None, Light, int | None]:
    """Return the limit that runs, its light, and the working days left (negative when late).

    ``row`` has the state and ``COLUMNS``. No statement: calendar and rule are kept in memory.
    """
    facts = _facts(row)
    calendar, rule = places.calendar_of(place_id), places.light_rule_of(place_id)
    return running(facts), *case_light(facts, today, calendar, rule)


def _facts(row: Mapping[str, Any]) -> Facts:
    return Facts(state=State(row["state"]), **{name: row[name] for name in COLUMNS})
