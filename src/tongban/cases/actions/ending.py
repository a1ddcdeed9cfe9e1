"""Withdraw and void: how a case ends before its decision."""

from tongban.cases.actions.answering import stop_answer_clock
from tongban.cases.actions.frame import Done, Step, perform
from tongban.cases.rules import check_reason
from tongban.cases.transitions import State, Verb
from tongban.kernel.acting import Acting


def withdraw(*, acting: Acting, case_id: str, seq: int, reason: str, key: str) -> Done:
    """Take the application back before it is decided; no reason is owed."""

    def own(step: Step) -> None:
        _end(step)
        if reason.strip():
            step.personal["reason"] = reason.strip()

    return perform(
        verb=Verb.WITHDRAW,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"reason": reason},
        own=own,
    )


def void(*, acting: Acting, case_id: str, seq: int, reason: str, key: str) -> Done:
    """Strike a case that was entered by mistake, with the reason; it stays on record."""

    def own(step: Step) -> None:
        _end(step)
        step.personal["reason"] = check_reason(reason)

    return perform(
        verb=Verb.VOID,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"reason": reason},
        own=own,
    )


def _end(step: Step) -> None:
    step.case.outcome = State(step.row.targets[0]).value
    stop_answer_clock(step)
    step.case.closed_at = step.now
