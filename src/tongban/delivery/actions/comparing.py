"""A paper of which two nodes wrote what differs: who has it says so, and both go on from there."""

from django.db import transaction

from tongban.delivery import access
from tongban.delivery.actions import changes
from tongban.delivery.actions.moving import Request, record, require_not_replaced
from tongban.delivery.errors import ItemUnknown, NotNow, Stale
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.queries import ItemView, view_of
from tongban.delivery.rules import COMPARED, Holder, HolderKind, ItemState, Verb, compared_seq
from tongban.kernel.acting import Acting
from tongban.vault import api as vault


def compare(
    *, acting: Acting, item_id: str, seq: int, found: bool, key: vault.DataKey, note: str = ""
) -> ItemView:
    """Record what two ends found when they compared: the paper is here, or nobody has it 核对.

    By a post of either end as it stands here. What either wrote before stays. Stale, NotHolder,
    NotNow for a paper in its owner's hands, ItemExists where a lost one was replaced.
    """
    verb = Verb.FOUND if found else Verb.MISSING
    with transaction.atomic():
        item = CustodyItem.objects.select_for_update().filter(id=item_id).first()
        if item is None:
            raise ItemUnknown
        if item.seq != seq:
            if _made_before(item, verb, acting, seq):
                return view_of(item)
            raise Stale
        if item.state == ItemState.HANDED_OVER:
            raise NotNow(state=item.state)
        end = access.require(acting, item, verb, COMPARED[verb])
        if item.state == ItemState.LOST and found:
            require_not_replaced(item)
        before = Holder(HolderKind(item.holder_kind), item.holder_id)
        changes.settled(item, end)
        item.state, item.seq = COMPARED[verb].target.value, compared_seq(item.seq)
        item.save(force_update=True)
        request = Request(acting=acting, verb=verb, item_id=item_id, seq=seq, key=key, note=note)
        record(request, item, before=before)
    return view_of(item)


def _made_before(item: CustodyItem, verb: Verb, acting: Acting, seq: int) -> bool:
    made = CustodyMove.objects.filter(item_id=item.id, seq=compared_seq(seq)).first()
    return made is not None and made.verb == verb and made.acting == acting.as_json()
