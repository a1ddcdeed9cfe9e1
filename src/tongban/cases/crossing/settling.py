"""Two nodes' records that differ: what the offices found, and how both go on 核对."""

from django.db import transaction

from tongban.cases import access
from tongban.cases.actions.custody import reach
from tongban.cases.actions.frame import locked
from tongban.cases.crossing import telling
from tongban.cases.errors import CaseNotFound, NothingDiffers, NotYours
from tongban.cases.models import Case, CaseAbroad
from tongban.cases.rules import check_text
from tongban.cases.transitions import Side
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.identity.api import Power
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.vault import api as vault

KIND = "case.compared"
MOST_NOTE = 500
_POWERS = frozenset({Power.RECEIVE, Power.ACCEPT})


def compare_paper(
    *, acting: Acting, case_id: str, item_id: str, seq: int, found: bool, note: str
) -> None:
    """Record where a paper is of which the two nodes wrote what differs: here, or with nobody.

    Both records go on from there, and nothing that either wrote is changed. What rests in the
    other end's hands leaves them by its own people's word alone. NothingDiffers; TextRefused;
    those of delivery; CaseNotFound.
    """
    note = check_text(note, most=MOST_NOTE)
    with transaction.atomic():
        case, key = reach(acting, case_id, item_id)
        _require_trouble(case)
        delivery.compare(acting=acting, item_id=item_id, seq=seq, found=found, key=key, note=note)
        telling.tell(case, key)


def settle(*, acting: Acting, case_id: str, note: str) -> None:
    """Record that the two offices have compared, and tell all of this node's anew.

    The other node takes what it lacks and tells its own in turn; where the two still differ, both
    are told so again. NothingDiffers; TextRefused; NotYours but for a post of the receiving office
    that takes in or of the agency that accepts; CaseNotFound.
    """
    note = check_text(note, most=MOST_NOTE)
    with transaction.atomic():
        case = locked(case_id)
        who = access.viewer(acting)
        side = access.side_of(who, case)
        if side is Side.APPLICANT or who.post is None or not who.post.powers & _POWERS:
            raise NotYours
        abroad = _require_trouble(case)
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        evidence.record(
            kind=KIND,
            at=clock.now(),
            place_id=case.place_id,
            acting=acting,
            subject=("case", case.id),
            facts={
                "number": case.number,
                "node": abroad.node,
                "code": abroad.trouble,
                "seq": case.seq,
            },
            personal={"note": note},
            key=key,
        )
        abroad.trouble, abroad.trouble_at = "", None
        abroad.save(update_fields=["trouble", "trouble_at"])
        telling.tell_anew(case, abroad, key, compared=True)


def _require_trouble(case: Case) -> CaseAbroad:
    abroad = CaseAbroad.objects.filter(case_id=case.id).first()
    if abroad is None:
        raise CaseNotFound
    if not abroad.trouble:
        raise NothingDiffers
    return abroad
