"""Which moves of a paper a window can make now, and which of them comes first.

The rule is delivery's; this reads it from where the office stands, so that no dead button is
shown. A test holds the two together.
"""

from tongban.cases.api import CaseFile, State
from tongban.cases.api import Verb as CaseVerb
from tongban.delivery.api import Holder, HolderKind, ItemKind, ItemState, ItemView, Verb
from tongban.identity.api import PostView, Power

AT_REST = frozenset({ItemState.HELD, ItemState.TO_SEND, ItemState.SIGNED, ItemState.RETURNED})

_OVER = frozenset({State.DECLINED, State.CLOSED, State.DELIVERED, State.WITHDRAWN, State.VOIDED})
"""States in which the agency needs the applicant's originals no more."""


def office_holder(office_id: str) -> Holder:
    """Return an office as the holder of papers."""
    return Holder(HolderKind.OFFICE, office_id)


def possible(item: ItemView, post: PostView) -> frozenset[Verb]:
    """Return the moves that the post's office can make of a paper. SEND stands for dispatch."""
    here = office_holder(post.office_id or "")
    found: set[Verb] = set()
    if item.state in AT_REST and item.holder == here:
        found |= {Verb.SEND, Verb.HAND_OVER, Verb.REPORT_LOST}
    if item.state is ItemState.IN_TRANSIT:
        if item.addressee == here:
            found |= {Verb.SIGN, Verb.REPORT_LOST}
        if item.sender == here:
            found |= {Verb.SEND_BACK, Verb.REPORT_LOST}
    if item.state is ItemState.LOST:
        if item.addressee == here:
            found.add(Verb.SIGN)
        if here in {item.holder, item.sender}:
            found.add(Verb.SEND_BACK)
    return frozenset(verb for verb in found if _may(verb, item, post))


def first(item: ItemView, file: CaseFile) -> tuple[Verb, ...]:
    """Return the moves that stand open; the others are a press away.

    Where the result can be delivered, that one form hands over all papers together.
    """
    if CaseVerb.DELIVER in file.verbs:
        return (Verb.SIGN,)
    goes_home = item.kind is ItemKind.RESULT or file.state in _OVER
    return (Verb.SIGN, Verb.HAND_OVER if goes_home else Verb.SEND)


def _may(verb: Verb, item: ItemView, post: PostView) -> bool:
    if verb is Verb.HAND_OVER and item.kind is ItemKind.RESULT:
        return Power.DELIVER_RESULT in post.powers
    return not post.powers.isdisjoint({Power.RECEIVE, Power.DELIVER_RESULT})
