"""The life of a paper in custody, as data and small functions.

Papers of a case between provinces go through 已收件待寄送, 材料在途, 属地签收. Every hand-over
has a visible state, a deadline while it is on its way, and an owner on both sides: the sender until
it is signed for, the addressee from then on.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from tongban.identity.api import Power
from tongban.kernel.errors import mark


class ItemKind(StrEnum):
    """What is in custody."""

    ORIGINAL = "original"  # the applicant's own paper
    RESULT = "result"  # what the office made


class HolderKind(StrEnum):
    """Who holds a paper; for a person the id is theirs, for a carrier its name."""

    OFFICE = "office"
    AGENCY = "agency"
    CARRIER = "carrier"
    PERSON = "person"


class ItemState(StrEnum):
    """Where a paper is."""

    HELD = "held"  # 在手
    TO_SEND = "to_send"  # 待寄送
    IN_TRANSIT = "in_transit"  # 在途
    SIGNED = "signed"  # 签收
    RETURNED = "returned"  # 退回
    LOST = "lost"  # 遗失
    HANDED_OVER = "handed_over"  # 已交本人


STATE_NAMES = {
    ItemState.HELD: mark("在手"),
    ItemState.TO_SEND: mark("待寄送"),
    ItemState.IN_TRANSIT: mark("在途"),
    ItemState.SIGNED: mark("签收"),
    ItemState.RETURNED: mark("退回"),
    ItemState.LOST: mark("遗失"),
    ItemState.HANDED_OVER: mark("已交本人"),
}


class Verb(StrEnum):
    """What can be done to a paper."""

    TAKE_IN = "take_in"
    PREPARE = "prepare"
    SEND = "send"
    SIGN = "sign"
    SEND_BACK = "send_back"
    REPORT_LOST = "report_lost"
    HAND_OVER = "hand_over"
    FOUND = "found"  # two nodes' records differed: it is here
    MISSING = "missing"  # likewise: nobody has it


class Side(StrEnum):
    """From where someone stands to a paper."""

    HOLDER = "holder"
    SENDER = "sender"
    ADDRESSEE = "addressee"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds, sends or is to get a paper."""

    kind: HolderKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One move: where it leads, and from which sides it may be made."""

    target: ItemState
    sides: frozenset[Side]


_BY_HOLDER = frozenset({Side.HOLDER})
_BY_SENDER = frozenset({Side.SENDER})
_BY_ADDRESSEE = frozenset({Side.ADDRESSEE})
_BY_BOTH_ENDS = _BY_SENDER | _BY_ADDRESSEE

_AT_REST = (ItemState.HELD, ItemState.TO_SEND, ItemState.SIGNED, ItemState.RETURNED)

TABLE: dict[tuple[ItemState, Verb], Transition] = {
    **{
        (state, Verb.PREPARE): Transition(target=ItemState.TO_SEND, sides=_BY_HOLDER)
        for state in _AT_REST  # to_send again: the address was wrong
    },
    (ItemState.TO_SEND, Verb.SEND): Transition(target=ItemState.IN_TRANSIT, sides=_BY_HOLDER),
    (ItemState.IN_TRANSIT, Verb.SIGN): Transition(target=ItemState.SIGNED, sides=_BY_ADDRESSEE),
    (ItemState.IN_TRANSIT, Verb.SEND_BACK): Transition(
        target=ItemState.RETURNED,
        sides=_BY_SENDER,  # the parcel came back to them
    ),
    # A parcel to a person: they confirm it, or the sender records the carrier's proof 送达回证.
    (ItemState.IN_TRANSIT, Verb.HAND_OVER): Transition(
        target=ItemState.HANDED_OVER, sides=_BY_BOTH_ENDS
    ),
    **{
        (state, Verb.HAND_OVER): Transition(target=ItemState.HANDED_OVER, sides=_BY_HOLDER)
        for state in _AT_REST
    },
    (ItemState.IN_TRANSIT, Verb.REPORT_LOST): Transition(
        target=ItemState.LOST, sides=_BY_BOTH_ENDS
    ),
    **{
        (state, Verb.REPORT_LOST): Transition(target=ItemState.LOST, sides=_BY_HOLDER)
        for state in _AT_REST
    },
    # Found again: it arrived after all, or came back.
    (ItemState.LOST, Verb.SIGN): Transition(target=ItemState.SIGNED, sides=_BY_ADDRESSEE),
    (ItemState.LOST, Verb.SEND_BACK): Transition(
        target=ItemState.RETURNED, sides=frozenset({Side.HOLDER, Side.SENDER})
    ),
}
"""Every move there is. What is not here is refused."""

COMPARED = {
    Verb.FOUND: Transition(target=ItemState.HELD, sides=frozenset(Side)),
    Verb.MISSING: Transition(target=ItemState.LOST, sides=frozenset(Side)),
}
"""Moves that bring two nodes' records of a paper together again, after both wrote what differs.

They follow any state but the last, and leave room for what either wrote: see ``compared_seq``.
"""
AT_REST = frozenset(_AT_REST)
_ROOM = 100


def compared_seq(seq: int) -> int:
    """Return the number of a move that both records have room for: the next full hundred.

    >>> compared_seq(4), compared_seq(100)
    (100, 200)
    """
    return (seq // _ROOM + 1) * _ROOM


def is_compared_seq(seq: int) -> bool:
    """Tell whether a move of this number may bring two records together."""
    return seq > 0 and seq % _ROOM == 0


ENDED = frozenset({ItemState.HANDED_OVER, ItemState.LOST})
"""States in which nobody holds the paper for the case any more."""

_HANDLING = frozenset(
    {Power.RECEIVE, Power.ACCEPT, Power.PRODUCE, Power.ISSUE, Power.DELIVER_RESULT}
)
_WAYBILL = re.compile(r"[A-Z0-9][A-Z0-9-]{5,39}")


def powers_for(verb: Verb, kind: ItemKind) -> frozenset[Power]:
    """Return the powers of which a post needs one.

    Handing a result to the person is the last act of the case (送达), so it needs that power.
    """
    if verb is Verb.HAND_OVER:
        own = frozenset({Power.DELIVER_RESULT})
        return own if kind is ItemKind.RESULT else own | {Power.RECEIVE}
    return _HANDLING


def is_waybill(text: str) -> bool:
    """Tell whether a waybill number can be one: 6 to 40 of A-Z, 0-9 and hyphen."""
    return _WAYBILL.fullmatch(text) is not None
