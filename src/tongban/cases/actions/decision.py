"""Review, decide, produce, issue, close, deliver."""

from tongban.cases.actions.custody import make_ready
from tongban.cases.actions.frame import Done, Step, perform
from tongban.cases.actions.records import make_record, remedies_of
from tongban.cases.errors import PresenceMissing, ResultNotHanded
from tongban.cases.rules import (
    MOST_LICENCE_NUMBER,
    check_reason,
    check_text,
    handing_due,
    presence_suffices,
)
from tongban.cases.transitions import Side, State, Verb
from tongban.delivery import api as delivery
from tongban.kernel.acting import Acting
from tongban.places import api as places


def review(*, acting: Acting, case_id: str, seq: int, grant: bool, opinion: str, key: str) -> Done:
    """Write down the case officer's opinion for the one who decides (art. 34)."""

    def own(step: Step) -> None:
        step.payload["recommends"] = "grant" if grant else "refuse"
        step.personal["opinion"] = check_reason(opinion)

    return perform(
        verb=Verb.REVIEW,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"grant": grant, "opinion": opinion},
        own=own,
    )


def decide(*, acting: Acting, case_id: str, seq: int, grant: bool, reason: str, key: str) -> Done:
    """Decide in writing; a refusal names its reason and the remedies (art. 38).

    The words of grant and refusal are those of the kind of matter (许可, 登记, 确认, 给付).
    """

    def own(step: Step) -> None:
        case = step.case
        words = step.edition.decision_words
        said = reason.strip() if grant else check_reason(reason)
        step.state = State.GRANTED if grant else State.REFUSED
        case.decided_at = step.now
        case.outcome = step.state.value
        step.payload["outcome"] = case.outcome
        if grant:
            _start_handing_clock(step)
        step.personal["reason"] = said
        make_record(
            step,
            "decision",
            {
                "granted": grant,
                "words": words.granted if grant else words.refused,
                "reason": said,
                "remedies": None if grant else remedies_of(step),
            },
        )

    return perform(
        verb=Verb.DECIDE,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"grant": grant, "reason": reason},
        own=own,
    )


def _start_handing_clock(step: Step) -> None:
    """Start the days within which the licence must be handed down (art. 44)."""
    calendar = places.calendar_of(step.case.place_id)
    hand = handing_due(step.now, step.edition.deliver_limit, calendar)
    step.case.hand_due_on, step.case.due_provisional = hand.on, hand.provisional
    step.payload |= {"hand_due_on": hand.on.isoformat(), "provisional": hand.provisional}


def produce(*, acting: Acting, case_id: str, seq: int, licence_number: str, key: str) -> Done:
    """Make the licence: its number is noted, its paper comes into the agency's custody.

    The number is sealed, for some kinds of licence bear the holder's identity number. TextRefused.
    """

    def own(step: Step) -> None:
        step.personal["licence_number"] = check_text(licence_number, most=MOST_LICENCE_NUMBER)
        delivery.take_in(
            acting=step.acting,
            place_id=step.case.place_id,
            subject=("case", step.case.id),
            label=step.edition.result.title,
            kind=delivery.ItemKind.RESULT,
            copies=1,
            holder=_agency(step),
            key=step.key,
        )

    return perform(
        verb=Verb.PRODUCE,
        acting=acting,
        case_id=case_id,
        seq=seq,
        key=key,
        request={"licence_number": licence_number},
        own=own,
    )


def issue(*, acting: Acting, case_id: str, seq: int, key: str) -> Done:
    """Hand down the licence within ten days of the decision (art. 44): all papers go back."""

    def own(step: Step) -> None:
        make_ready(step, held_by=_agency(step))

    return perform(
        verb=Verb.ISSUE, acting=acting, case_id=case_id, seq=seq, key=key, request={}, own=own
    )


def close(*, acting: Acting, case_id: str, seq: int, key: str) -> Done:
    """Close the case 办结: the office owes nothing more but delivery."""

    def own(step: Step) -> None:
        make_ready(step, held_by=_agency(step))
        step.case.closed_at = step.now
        step.payload["outcome"] = step.case.outcome

    return perform(
        verb=Verb.CLOSE, acting=acting, case_id=case_id, seq=seq, key=key, request={}, own=own
    )


def deliver(*, acting: Acting, case_id: str, seq: int, key: str) -> Done:
    """Note the proof of delivery 送达回证: who has the result in hand, and how it was seen.

    Staff certify only what has happened: the result is in the applicant's hands
    (ResultNotHanded), or there is none and the person was seen (PresenceMissing). Online the
    applicant confirms it.
    """

    def own(step: Step) -> None:
        if step.side is not Side.APPLICANT:
            _check_handed(step)
        step.payload["confirmed_by"] = step.side.value
        make_record(step, "delivery", {"confirmed_by": step.side.value})

    return perform(
        verb=Verb.DELIVER, acting=acting, case_id=case_id, seq=seq, key=key, request={}, own=own
    )


def _check_handed(step: Step) -> None:
    results = [
        item
        for item in delivery.items_of(("case", step.case.id))
        if item.kind is delivery.ItemKind.RESULT
    ]
    if any(item.state is not delivery.ItemState.HANDED_OVER for item in results):
        raise ResultNotHanded
    if not results and not presence_suffices(step.acting.presence):
        raise PresenceMissing


def _agency(step: Step) -> delivery.Holder:
    return delivery.Holder(delivery.HolderKind.AGENCY, step.case.agency_id)
