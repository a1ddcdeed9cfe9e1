"""How far a case has come, as the steps that every applicant knows."""

from datetime import date

from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases.api import CaseFile, State, Verb
from tongban.channels.casefile.words import day_words
from tongban.channels.parts import Step, StepState
from tongban.kernel.errors import mark

_ONLINE = mark("提交申请")
_RECEIVED = mark("窗口收件")
_STEPS = (mark("受理"), mark("审查"), mark("决定"))
_RESULT = mark("制证颁发")
_DELIVERY = mark("送达")

_VERBS: tuple[frozenset[Verb], ...] = (
    frozenset({Verb.SUBMIT, Verb.RECEIVE}),
    frozenset({Verb.ACCEPT, Verb.DECLINE}),
    frozenset({Verb.REVIEW}),
    frozenset({Verb.DECIDE}),
    frozenset({Verb.ISSUE}),
    frozenset({Verb.DELIVER}),
)
"""The verb that ends each step, in the order of the steps."""

_BROKEN_OFF = {
    State.WITHDRAWN: mark("已撤回"),
    State.VOIDED: mark("已作废"),
    State.DECLINED: mark("不予受理"),
    State.REFUSED: mark("不予批准"),
}


def steps(file: CaseFile) -> tuple[Step, ...]:
    """Return the steps of a case (parts/steps.html).

    After a refusal no licence is made, so that step is left out; a case that was withdrawn,
    voided or declined ends at the step where that happened.
    """
    days = _days(file)
    first = gettext(_RECEIVED if file.mode == "received" else _ONLINE)
    labels = [first, *map(gettext, _STEPS), gettext(_RESULT), gettext(_DELIVERY)]
    refused = file.outcome in {State.REFUSED.value, State.DECLINED.value}
    ended = file.state in {State.WITHDRAWN, State.VOIDED}
    rows: list[Step] = []
    current = False
    for label, on, verbs in zip(labels, days, _VERBS, strict=True):
        if on is None and refused and Verb.DELIVER not in verbs:
            continue
        if on is None and ended:
            break
        state: StepState = "done" if on is not None else ("todo" if current else "current")
        current = current or on is None
        if _failed(file, verbs):
            state, label_note = "failed", gettext(_BROKEN_OFF[State(file.outcome)])
        else:
            label_note = "" if on is None else day_words(on)
        rows.append(Step(label=label, state=state, note=label_note or _waiting(file, state)))
    if ended:
        rows.append(Step(label=gettext(_BROKEN_OFF[file.state]), state="failed"))
    return tuple(rows)


def _failed(file: CaseFile, verbs: frozenset[Verb]) -> bool:
    if file.outcome == State.DECLINED.value:
        return Verb.DECLINE in verbs
    return file.outcome == State.REFUSED.value and Verb.DECIDE in verbs


def _waiting(file: CaseFile, state: StepState) -> str:
    return gettext("等待补正") if state == "current" and file.state is State.CORRECTING else ""


def _days(file: CaseFile) -> list[date | None]:
    """Return the day on which each step was done, None for one that has not been."""
    done: dict[Verb, date] = {event.verb: localdate(event.at) for event in file.events}
    return [next((done[verb] for verb in verbs if verb in done), None) for verbs in _VERBS]
