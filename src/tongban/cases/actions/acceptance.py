"""Accept or decline: the legal acts that start the clock or end the matter."""

from datetime import datetime

from tongban.cases.actions.answering import is_silent, refuse_if_silent, stop_answer_clock
from tongban.cases.actions.frame import Done, Step, perform
from tongban.cases.actions.records import make_record, remedies_of
from tongban.cases.rules import Clock, check_reason, day_of, decision_clock
from tongban.cases.transitions import State, Verb
from tongban.kernel.acting import Acting
from tongban.kernel.workdays import Calendar
from tongban.matters import api as matters
from tongban.places import api as places


def clock_from(*, edition: matters.EditionView, at: datetime) -> Clock:
    """Return the two limits of a decision if the application is accepted at ``at``."""
    return _clock(edition, at, places.calendar_of(edition.place_id))


def _clock(edition: matters.EditionView, at: datetime, calendar: Calendar) -> Clock:
    promised = None if edition.promised is None else edition.promised.limit
    return decision_clock(at, edition.statutory.limit, promised, calendar)


def accept(*, acting: Acting, case_id: str, seq: int, key: str) -> Done:
    """Accept the application: stamped, dated receipt; the day after is day one (arts. 32, 82).

    Past the law's five days it counts as accepted from the day the papers came, and says so.
    """

    def own(step: Step) -> None:
        if is_silent(step) and step.case.papers_at is not None:
            step.at = step.case.papers_at
            take_up(step, by_silence=True)
        else:
            take_up(step)

    return perform(
        verb=Verb.ACCEPT, acting=acting, case_id=case_id, seq=seq, key=key, request={}, own=own
    )


def take_up(step: Step, *, by_silence: bool = False) -> None:
    """Start the clock of the decision at ``step.at`` and write the notice of acceptance."""
    case = step.case
    calendar = places.calendar_of(case.place_id)
    clock = _clock(step.edition, step.at, calendar)
    case.accepted_at = step.at
    case.accepted_by_silence = by_silence
    stop_answer_clock(step)
    case.due_on, case.due_provisional = clock.due.on, clock.due.provisional
    case.statutory_due_on = clock.statutory.on
    step.payload |= {
        "due_on": clock.due.on.isoformat(),
        "statutory_due_on": clock.statutory.on.isoformat(),
        "provisional": clock.due.provisional,
        "calendar": calendar.version,
        "by_silence": by_silence,
    }
    make_record(
        step,
        "acceptance",
        {
            "due_on": clock.due.on.isoformat(),
            "statutory_due_on": clock.statutory.on.isoformat(),
            "provisional": clock.due.provisional,
            "by_silence": by_silence,
            "accepted_on": day_of(step.at).isoformat(),
        },
    )


def decline(*, acting: Acting, case_id: str, seq: int, reason: str, key: str) -> Done:
    """Decline to take the application up, in writing, with reason and remedies (art. 32)."""

    def own(step: Step) -> None:
        refuse_if_silent(step)
        said = check_reason(reason)
        stop_answer_clock(step)
        step.case.outcome = State.DECLINED.value
        step.personal["reason"] = said
        make_record(step, "decline", {"reason": said, "remedies": remedies_of(step)})

    return perform(
        verb=Verb.DECLINE,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"reason": reason},
        own=own,
    )
