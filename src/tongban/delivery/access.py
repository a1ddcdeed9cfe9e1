"""Who may move a paper: by where they stand to it, and by a power of their post.

Staff stand where their post is (its office or agency); a person stands only for themselves, as
addressee. Systems and nodes move nothing. Who may *see* the papers of a case is the case's rule.
"""

from django.utils.timezone import localdate

from tongban.delivery.errors import NotHolder
from tongban.delivery.models import CustodyItem
from tongban.delivery.rules import Holder, HolderKind, ItemKind, Side, Transition, Verb, powers_for
from tongban.identity import api as identity
from tongban.kernel import clock
from tongban.kernel.acting import Acting, ActorKind


def holders_of(post: identity.PostView) -> frozenset[Holder]:
    """Return what a post stands for: its office, its agency, or both."""
    found = set()
    if post.office_id is not None:
        found.add(Holder(HolderKind.OFFICE, post.office_id))
    if post.agency_id is not None:
        found.add(Holder(HolderKind.AGENCY, post.agency_id))
    return frozenset(found)


def require_take_in(acting: Acting, holder: Holder, kind: ItemKind) -> None:
    """Refuse who may not take a paper in at ``holder`` (NotHolder). One statement."""
    post = _post(acting)
    if holder not in holders_of(post) or not post.powers & powers_for(Verb.TAKE_IN, kind):
        raise NotHolder


def require(acting: Acting, item: CustodyItem, verb: Verb, row: Transition) -> Holder:
    """Return the end for which ``acting`` makes the move; NotHolder if none. One statement."""
    ends = _ends(item, row)
    if acting.actor_kind is ActorKind.PERSON:
        # Only what was sent to them, and only to say that it came.
        themself = Holder(HolderKind.PERSON, acting.actor_id)
        if verb is Verb.HAND_OVER and ends.get(Side.ADDRESSEE) == themself:
            return themself
        raise NotHolder
    post = _post(acting)
    if post.powers & powers_for(verb, ItemKind(item.kind)):
        for end in ends.values():
            if end in holders_of(post):
                return end
    raise NotHolder


def _post(acting: Acting) -> identity.PostView:
    if acting.actor_kind is not ActorKind.STAFF or acting.post_id is None:
        raise NotHolder
    post = identity.post(acting.post_id, on=localdate(clock.now()))
    if post.staff_id != acting.actor_id:
        raise NotHolder
    return post


def _ends(item: CustodyItem, row: Transition) -> dict[Side, Holder]:
    known = {
        Side.HOLDER: (item.holder_kind, item.holder_id),
        Side.SENDER: (item.sender_kind, item.sender_id),
        Side.ADDRESSEE: (item.to_kind, item.to_id),
    }
    return {
        side: Holder(HolderKind(kind), end_id)
        for side, (kind, end_id) in known.items()
        if side in row.sides and kind is not None and end_id is not None
    }
