"""The clock of the answer: when it starts, and what silence past its end has already done."""

from tongban.cases.actions.frame import Step
from tongban.cases.errors import AcceptedBySilence
from tongban.cases.rules import answer_due, day_of, silence_day, silent
from tongban.places import api as places


def start_answer_clock(step: Step) -> None:
    """Start the days within which the office must ask, accept or decline."""
    case, calendar = step.case, places.calendar_of(step.case.place_id)
    answer = answer_due(step.now, step.edition.receive_answer_limit, calendar)
    case.papers_at = step.now
    case.answer_due_on = answer.on
    case.due_provisional = answer.provisional
    case.silence_on = silence_day(step.now, calendar) if step.edition.silence_accepts else None
    step.payload |= {"answer_due_on": answer.on.isoformat(), "provisional": answer.provisional}


def stop_answer_clock(step: Step) -> None:
    """Stop it: the office has answered, or the application is gone."""
    step.case.answer_due_on = step.case.silence_on = None


def is_silent(step: Step) -> bool:
    """Tell whether the application counts as accepted already, whatever the worker has done."""
    return silent(step.case.silence_on, day_of(step.now))


def refuse_if_silent(step: Step) -> None:
    """Refuse an answer that the law no longer lets the office give (AcceptedBySilence)."""
    if is_silent(step):
        raise AcceptedBySilence
