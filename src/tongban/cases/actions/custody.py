"""Originals and results of a case on their way between office, agency and applicant.

Who may move a paper is delivery's rule (its holder, its sender, its addressee); who may see the
case is checked here first, so that a paper is never reached around its case.
"""

from django.db import transaction

from tongban.cases import access
from tongban.cases.actions.answering import start_answer_clock
from tongban.cases.actions.frame import Step, append, begin, locked
from tongban.cases.crossing import standing, telling
from tongban.cases.errors import (
    CaseNotFound,
    NotYours,
    PaperUnknown,
    PresenceMissing,
    ResultNotIssued,
)
from tongban.cases.models import Case
from tongban.cases.rules import check_text, presence_suffices
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.delivery import api as delivery
from tongban.federation import api as federation
from tongban.kernel.acting import Acting, ActorKind
from tongban.vault import api as vault

MOST_CARRIER = 40
"""Characters of a carrier's name."""

_ISSUED = frozenset({State.ISSUED, State.CLOSED, State.DELIVERED})


def dispatch(
    *, acting: Acting, case_id: str, item_id: str, seq: int, carrier: str, waybill: str
) -> None:
    """Send a paper to the other end of the case: to the agency, or back to where it came from.

    Asked for again with the same ``seq``, it is sent once. Errors: those of delivery,
    CaseNotFound, PaperUnknown, TextRefused; HandingOver and HandRefused where the agency's node has
    no case for it.
    """
    carrier = check_text(carrier, most=MOST_CARRIER)
    with transaction.atomic():
        case, key = reach(acting, case_id, item_id)
        standing.require_handed(case)
        item = delivery.item(item_id)
        if item.seq == seq:
            to = other_end(case, item.holder)
            if item.state is not delivery.ItemState.TO_SEND or item.addressee != to:
                delivery.prepare(acting=acting, item_id=item_id, seq=seq, to=to, key=key)
                seq += 1
        elif _was_prepared(item_id, seq):
            seq += 1
        delivery.send(
            acting=acting, item_id=item_id, seq=seq, carrier=carrier, waybill=waybill, key=key
        )
        telling.tell(case, key)


def _was_prepared(item_id: str, seq: int) -> bool:
    """Tell whether the move after ``seq`` made the paper ready: then the sending follows it."""
    return any(
        move.seq == seq + 1 and move.verb is delivery.Verb.PREPARE
        for move in delivery.moves_of(item_id)
    )


def sign_for(*, acting: Acting, case_id: str, item_id: str, seq: int) -> None:
    """Sign for a paper that was sent here. Errors: those of delivery, CaseNotFound.

    Where the agreement starts the five days at the agency, they start when the last original is
    signed for there: nobody starts their own clock.
    """
    with transaction.atomic():
        _, key = reach(acting, case_id, item_id)
        case = locked(case_id)
        delivery.sign(acting=acting, item_id=item_id, seq=seq, key=key)
        if case.state == State.RECEIVED.value and case.papers_at is None:
            _start_if_all_are_there(acting, case)
        telling.tell(case, key)


def _start_if_all_are_there(acting: Acting, case: Case) -> None:
    agency = delivery.Holder(delivery.HolderKind.AGENCY, case.agency_id)
    if all(item.holder == agency for item in delivery.items_of(("case", case.id))):
        step = begin(
            case=case, acting=acting, row=TABLE[Verb.ARRIVE], side=Side.AGENCY, opening=None
        )
        start_answer_clock(step)
        append(step)


def send_back(*, acting: Acting, case_id: str, item_id: str, seq: int, note: str) -> None:
    """Record that a parcel came back to its sender. Errors: those of delivery, CaseNotFound."""
    with transaction.atomic():
        case, key = reach(acting, case_id, item_id)
        delivery.send_back(acting=acting, item_id=item_id, seq=seq, key=key, note=note)
        telling.tell(case, key)


def report_lost(*, acting: Acting, case_id: str, item_id: str, seq: int, note: str) -> None:
    """Record that a paper is lost; the applicant sees it. Errors: delivery's, CaseNotFound."""
    with transaction.atomic():
        case, key = reach(acting, case_id, item_id)
        delivery.report_lost(acting=acting, item_id=item_id, seq=seq, key=key, note=note)
        telling.tell(case, key)


def hand_over(*, acting: Acting, case_id: str, item_id: str, seq: int) -> None:
    """Put a paper into the applicant's hands, at a counter or by the carrier's proof.

    At a counter the applicant (or the agent of the case) stands there and was seen:
    PresenceMissing, NotYours. A result goes out only once issued: ResultNotIssued. Else the
    errors of delivery, CaseNotFound.
    """
    with transaction.atomic():
        case, key = reach(acting, case_id, item_id)
        item = delivery.item(item_id)
        at_counter = item.holder.kind is not delivery.HolderKind.CARRIER
        if acting.actor_kind is ActorKind.STAFF and at_counter:
            if acting.on_behalf_of != case.applicant_id:
                raise NotYours
            if not presence_suffices(acting.presence):
                raise PresenceMissing
        if item.kind is delivery.ItemKind.RESULT and State(case.state) not in _ISSUED:
            raise ResultNotIssued
        delivery.hand_over(
            acting=acting, item_id=item_id, seq=seq, person_id=case.applicant_id, key=key
        )
        telling.tell(case, key)


def other_end(case: Case, holder: delivery.Holder) -> delivery.Holder:
    """Return where a paper of the case goes from ``holder``.

    From the receiving office to the agency; from the agency back to that office, or to the
    applicant where no office stands between.
    """
    agency = delivery.Holder(delivery.HolderKind.AGENCY, case.agency_id)
    if holder != agency:
        return agency
    if case.receiving_office_id is not None:
        return delivery.Holder(delivery.HolderKind.OFFICE, case.receiving_office_id)
    return delivery.Holder(delivery.HolderKind.PERSON, case.applicant_id)


def make_ready(step: Step, *, held_by: delivery.Holder) -> None:
    """Mark every paper of the case that ``held_by`` has as ready to be sent to the other end."""
    for item in delivery.items_of(("case", step.case.id)):
        if item.holder == held_by and item.state in {
            delivery.ItemState.HELD,
            delivery.ItemState.SIGNED,
        }:
            delivery.prepare(
                acting=step.acting,
                item_id=item.id,
                seq=item.seq,
                to=other_end(step.case, held_by),
                key=step.key,
            )


def reach(acting: Acting, case_id: str, item_id: str) -> tuple[Case, vault.DataKey]:
    """Return the case and its key if ``acting`` may see it and the paper is one of its own."""
    # Where another node is told of moves, those of one case come after one another.
    case = locked(case_id) if federation.own() else Case.objects.filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    access.side_of(access.viewer(acting), case)
    if delivery.item(item_id).subject != ("case", case_id):
        raise PaperUnknown
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return case, key
