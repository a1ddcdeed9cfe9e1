"""Due dates are a projection of facts and calendar: reckoned anew when the calendar changes."""

from django.db import transaction

from tongban.cases.actions.frame import locked
from tongban.cases.models import Case
from tongban.cases.queries.limits import facts_of
from tongban.cases.rules import agency_due, answer_due, decision_clock, handing_due, silence_day
from tongban.cases.transitions import State
from tongban.matters import api as matters
from tongban.places import api as places

BATCH = 200
_COLUMNS = (
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


def project_due_dates(*, after: str) -> str | None:
    """Reckon the dates of the next running cases by id; return the last id, None at the end.

    One batch, so that no case stays locked for long. It writes no event.
    """
    running = (
        Case.objects.filter(id__gt=after, state__in=[*_ANSWERING, *_DECIDING, *_HANDING])
        .order_by("id")
        .values_list("id", flat=True)[:BATCH]
    )
    batch = list(running)
    for case_id in batch:
        with transaction.atomic():
            _project(locked(case_id))
    return batch[-1] if len(batch) == BATCH else None


def _project(case: Case) -> None:
    """Set the dates of a case from the calendar of today; the state is asked again, under lock."""
    edition, calendar = matters.edition(case.edition_id), places.calendar_of(case.place_id)
    before = [getattr(case, column) for column in _COLUMNS]
    if State(case.state) in _DECIDING and case.accepted_at is not None:
        reckoned = decision_clock(
            case.accepted_at,
            edition.statutory.limit,
            edition.promised.limit if edition.promised is not None else None,
            calendar,
        )
        case.due_on, case.due_provisional = reckoned.due.on, reckoned.due.provisional
        case.statutory_due_on = reckoned.statutory.on
    elif State(case.state) in _ANSWERING and case.papers_at is not None:
        answer = answer_due(case.papers_at, edition.receive_answer_limit, calendar)
        case.answer_due_on, case.due_provisional = answer.on, answer.provisional
        case.silence_on = silence_day(case.papers_at, calendar) if edition.silence_accepts else None
    elif State(case.state) in _HANDING and case.decided_at is not None:
        hand = handing_due(case.decided_at, edition.deliver_limit, calendar)
        case.hand_due_on, case.due_provisional = hand.on, hand.provisional
    case.agency_due_on = agency_due(facts_of(case))
    if [getattr(case, column) for column in _COLUMNS] != before:
        case.save(update_fields=_COLUMNS)
