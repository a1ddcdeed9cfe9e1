"""A case that the deciding agency's node did not take: handed over once more 重新移交."""

from django.db import transaction

from tongban.cases import access
from tongban.cases.actions.frame import locked
from tongban.cases.crossing import handing
from tongban.cases.errors import CaseNotFound, NotNow, NotYours
from tongban.cases.models import CaseAbroad
from tongban.cases.transitions import Side, State
from tongban.federation import api as federation
from tongban.identity.api import Power
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.vault import api as vault


def hand_again(*, acting: Acting, case_id: str) -> None:
    """Hand a case over again that the other node refused, once what it named has been mended.

    The whole case goes anew, as it is now. Pressed twice, it goes once. CaseNotFound; NotYours but
    for a post of the receiving office that may take in; NotNow where it wasn't refused, or has
    ended here.
    """
    with transaction.atomic():
        case = locked(case_id)
        who = access.viewer(acting)
        side = access.side_of(who, case)
        if side is not Side.WINDOW or who.post is None or Power.RECEIVE not in who.post.powers:
            raise NotYours
        abroad = CaseAbroad.objects.filter(case_id=case.id, ordered_here=False).first()
        if abroad is None:
            raise CaseNotFound
        if abroad.answered_at is None:  # it is on its way already
            return
        node = federation.node_hosting(case.place_id)
        if not abroad.refused or State(case.state) not in handing.HANDED_IN or node is None:
            raise NotNow(verb="hand_again", state=case.state)
        key = vault.key_of(place_id=case.place_id, person_id=case.applicant_id, case_id=case.id)
        handing.leave_refused(case, acting, key, kind=handing.AGAIN, code=abroad.refused, node=node)
        abroad.node, abroad.handed_at, abroad.answered_at = node, clock.now(), None
        abroad.refused = abroad.trouble = ""
        abroad.told_seq, abroad.told_papers, abroad.told_files = 0, {}, []
        abroad.trouble_at = None
        abroad.save()
        handing.enqueue(case)
