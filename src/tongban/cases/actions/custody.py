"""Originals and results of a case on their way between office, agency and applicant.

Who may move a paper is delivery's rule (its holder, its sender, its addressee); who may see the
case is checked here first, so that a paper is never reached around its case.
"""

from django.db import transaction

from tongban.cases import access
from tongban.cases.actions.frame import Step
from tongban.cases.errors import CaseNotFound, PaperUnknown
from tongban.cases.models import Case
from tongban.delivery import api as delivery
from tongban.kernel.acting import Acting
from tongban.vault import api as vault


def dispatch(
    *, acting: Acting, case_id: str, item_id: str, seq: int, carrier: str, waybill: str
) -> None:
    """Send a paper to the other end of the case: to the agency, or back to where it came from.

    Errors: those of delivery, CaseNotFound, PaperUnknown.
    """
    with transaction.atomic():
        case, key = _reach(acting, case_id, item_id)
        item = delivery.item(item_id)
        to = other_end(case, item.holder)
        if item.state is not delivery.ItemState.TO_SEND or item.addressee != to:
            item = delivery.prepare(acting=acting, item_id=item_id, seq=seq, to=to, key=key)
            seq = item.seq
        delivery.send(
            acting=acting, item_id=item_id, seq=seq, carrier=carrier, waybill=waybill, key=key
        )


def sign_for(*, acting: Acting, case_id: str, item_id: str, seq: int) -> None:
    """Sign for a paper that was sent here. Errors: those of delivery, CaseNotFound."""
    _, key = _reach(acting, case_id, item_id)
    delivery.sign(acting=acting, item_id=item_id, seq=seq, key=key)


def send_back(*, acting: Acting, case_id: str, item_id: str, seq: int, note: str) -> None:
    """Record that a parcel came back to its sender. Errors: those of delivery, CaseNotFound."""
    _, key = _reach(acting, case_id, item_id)
    delivery.send_back(acting=acting, item_id=item_id, seq=seq, key=key, note=note)


def report_lost(*, acting: Acting, case_id: str, item_id: str, seq: int, note: str) -> None:
    """Record that a paper is lost; the applicant sees it. Errors: delivery's, CaseNotFound."""
    _, key = _reach(acting, case_id, item_id)
    delivery.report_lost(acting=acting, item_id=item_id, seq=seq, key=key, note=note)


def hand_over(*, acting: Acting, case_id: str, item_id: str, seq: int) -> None:
    """Put a paper into the applicant's hands. Errors: those of delivery, CaseNotFound."""
    case, key = _reach(acting, case_id, item_id)
    delivery.hand_over(
        acting=acting, item_id=item_id, seq=seq, person_id=case.applicant_id, key=key
    )


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


def _reach(acting: Acting, case_id: str, item_id: str) -> tuple[Case, vault.DataKey]:
    """Return the case and its key if ``acting`` may see it and the paper is one of its own."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    access.side_of(access.viewer(acting), case)
    if delivery.item(item_id).subject != ("case", case_id):
        raise PaperUnknown
    key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
    return case, key
