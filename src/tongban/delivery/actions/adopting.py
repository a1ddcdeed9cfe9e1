"""Taking over what the other end's node says of a paper that its people moved."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from tongban.delivery.actions import changes
from tongban.delivery.actions.moving import ITEMS, MOVES, leave_entry, locked, moves_of
from tongban.delivery.errors import MoveUnfit
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.packing import item_of, move_of
from tongban.delivery.rules import (
    AT_REST,
    COMPARED,
    TABLE,
    Holder,
    HolderKind,
    ItemState,
    Side,
    Verb,
    is_compared_seq,
)
from tongban.kernel.acting import Acting
from tongban.kernel.ids import node_of
from tongban.kernel.wire import optional_day
from tongban.vault import api as vault

Stands = Callable[[Holder], bool]
"""Tells whether an end is the other node's to move papers for."""


def adopt(
    *,
    papers: Sequence[dict[str, Any]],
    subject: tuple[str, str],
    place_id: str,
    key: vault.DataKey,
    sender: str,
    theirs: Stands,
) -> None:
    """Write the papers and moves (``packed`` by the other node), each with its evidence.

    A move that is here already is passed over. Where a move leads follows from the paper as it is
    here, not from what is told. MoveUnfit for one that doesn't follow the last move here, that no
    end of theirs may make, or that another node than ``sender`` made.
    """
    with transaction.atomic():
        for data in papers:
            if any(node_of(one["id"]) != sender for one in data["moves"]):
                raise MoveUnfit(item=data["id"], seq=data["seq"])
            try:
                _adopt(data, subject=subject, place_id=place_id, key=key, theirs=theirs)
            except IntegrityError:  # a paper of that name is in custody, or a move another's
                raise MoveUnfit(item=data["id"], seq=data["seq"]) from None


def _adopt(
    data: dict[str, Any],
    *,
    subject: tuple[str, str],
    place_id: str,
    key: vault.DataKey,
    theirs: Stands,
) -> None:
    item, is_new = locked(data["id"]), False
    if item is None:
        item, is_new = item_of(data, subject=subject, place_id=place_id), True
        ITEMS.insert(item)
    elif (item.subject_kind, item.subject_id) != subject:
        raise MoveUnfit(item=item.id, seq=item.seq)
    was = dict(vars(item))
    known = {} if is_new else {row.seq: row for row in moves_of(item.id)}
    # What was written before the two compared stays where it was written.
    compared = [seq for seq, row in known.items() if row.verb in COMPARED]
    compared += [one["seq"] for one in data["moves"] if one["verb"] in COMPARED and known]
    for one in data["moves"]:
        held = known.get(one["seq"])
        if (held is not None and held.id == one["id"]) or one["seq"] < max(compared, default=0):
            continue
        move = move_of(one, item=item, key=key)
        before = _before(item)
        if not _follows(item, move, before, theirs):
            raise MoveUnfit(item=item.id, seq=one["seq"])
        _change(item, move, optional_day(data["expected_by"]))
        if (item.holder_kind, item.holder_id) != (move.to_kind, move.to_id):
            raise MoveUnfit(item=item.id, seq=move.seq)
        item.seq, item.state = move.seq, move.state
        MOVES.insert(move)
        leave_entry(move, item, acting=Acting.of_json(move.acting), key=key)
    ITEMS.update(item, was)


def _before(item: CustodyItem) -> Holder | None:
    return None if item.seq == 0 else _end(item.holder_kind, item.holder_id)


def _change(item: CustodyItem, move: CustodyMove, expected_by: date | None) -> None:
    """Write a move into the paper's row, as the same move made here would be."""
    before = _end(item.holder_kind, item.holder_id)
    match Verb(move.verb):
        case Verb.TAKE_IN:
            changes.settled(item, _end(move.to_kind, move.to_id))
        case Verb.PREPARE:
            changes.made_ready(item, before, _end(move.asked_kind, move.asked_id))
        case Verb.SEND:
            changes.sent(
                item,
                before,
                carrier=move.carrier or "",
                waybill=move.waybill,
                expected_by=expected_by,
            )
        case Verb.SIGN:
            changes.settled(item, _end(item.to_kind, item.to_id))
        case Verb.SEND_BACK:
            changes.settled(item, _end(item.sender_kind, item.sender_id))
        case Verb.HAND_OVER:
            changes.handed_over(item, move.to_id)
        case Verb.REPORT_LOST:
            changes.lost(item)
        case Verb.FOUND | Verb.MISSING:
            changes.settled(item, _end(move.to_kind, move.to_id))


def _end(kind: str | None, end: str | None) -> Holder:
    # None is no addressee: like a carrier, none that a change accepts.
    return Holder(HolderKind.CARRIER if kind is None else HolderKind(kind), end or "")


def _follows(item: CustodyItem, move: CustodyMove, before: Holder | None, theirs: Stands) -> bool:
    """Tell whether the move is the next, the table has it, and an end of theirs may make it."""
    if move.verb in COMPARED:
        return _brings_together(item, move, theirs)
    if move.seq != item.seq + 1:
        return False
    stated = None if move.from_kind is None else _end(move.from_kind, move.from_id)
    if stated != before:
        return False
    if before is None:
        return move.verb == Verb.TAKE_IN and theirs(_end(move.to_kind, move.to_id))
    row = TABLE.get((ItemState(item.state), Verb(move.verb)))
    if row is None or row.target.value != move.state:
        return False
    ends = {
        Side.HOLDER: (item.holder_kind, item.holder_id),
        Side.SENDER: (item.sender_kind, item.sender_id),
        Side.ADDRESSEE: (item.to_kind, item.to_id),
    }
    return any(
        theirs(_end(kind, end))
        for side, (kind, end) in ends.items()
        if side in row.sides and kind is not None and end is not None
    )


def _brings_together(item: CustodyItem, move: CustodyMove, theirs: Stands) -> bool:
    """Tell whether a move after comparing may follow what is written here.

    The paper is in the hands of an end of theirs, or in nobody's. What rests in our hands leaves
    them by our own people's word alone.
    """
    after = _end(move.to_kind, move.to_id)
    holder = _end(item.holder_kind, item.holder_id)
    is_ours = item.state in AT_REST and not theirs(holder)
    return (
        is_compared_seq(move.seq)
        and move.seq > item.seq > 0
        and item.state != ItemState.HANDED_OVER
        and move.state == COMPARED[Verb(move.verb)].target.value
        and after.kind in {HolderKind.OFFICE, HolderKind.AGENCY}
        and theirs(after)
        and not is_ours
    )
