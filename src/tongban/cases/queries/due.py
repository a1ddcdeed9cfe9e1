"""The dates of a running case, reckoned from its moments, its edition and today's calendar."""

from tongban.cases.models import Case
from tongban.cases.queries.limits import facts_of
from tongban.cases.rules import agency_due, answer_due, decision_clock, handing_due, silence_day
from tongban.cases.transitions import State
from tongban.matters import api as matters
from tongban.places import api as places

DUE_COLUMNS = (
    "answer_due_on",
    "silence_on",
    "due_on",
    "statutory_due_on",
    "hand_due_on",
    "due_provisional",
    "agency_due_on",
)
_ANSWERING = {State.SUBMITTED, State.RECEIVED}
_DECIDING = {State.ACCEPTED, State.REVIEWED}
_HANDING = {State.GRANTED, State.PRODUCED, State.ISSUED}
RUNNING = frozenset({*_ANSWERING, *_DECIDING, *_HANDING})
"""States in which a limit of the law runs."""


def reckon(case: Case) -> None:
    """Set the dates of a running case; nothing is saved."""
    edition, calendar = matters.edition(case.edition_id), places.calendar_of(case.place_id)
    state = State(case.state)
    if state in _DECIDING and case.accepted_at is not None:
        reckoned = decision_clock(
            case.accepted_at,
            edition.statutory.limit,
            edition.promised.limit if edition.promised is not None else None,
            calendar,
        )
        case.due_on, case.due_provisional = reckoned.due.on, reckoned.due.provisional
        case.statutory_due_on = reckoned.statutory.on
    elif state in _ANSWERING and case.papers_at is not None:
        answer = answer_due(case.papers_at, edition.receive_answer_limit, calendar)
        case.answer_due_on, case.due_provisional = answer.on, answer.provisional
        case.silence_on = silence_day(case.papers_at, calendar) if edition.silence_accepts else None
    elif state in _HANDING and case.decided_at is not None:
        hand = handing_due(case.decided_at, edition.deliver_limit, calendar)
        case.hand_due_on, case.due_provisional = hand.on, hand.provisional
    case.agency_due_on = agency_due(facts_of(case))
