"""A paper and its moves as JSON, for the node at the other end of the way.

Each end's node writes the moves that its own people make, and the other takes them over: a paper
has one holder, so that its moves have one order.
"""

from collections.abc import Mapping
from typing import Any

from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.queries import NOTE_COLUMN, NOTE_TABLE, rows_of
from tongban.delivery.rules import HolderKind, ItemState
from tongban.kernel.wire import columns, moment
from tongban.vault import api as vault
from tongban.work import api as work

_MOVES = work.Read(
    CustodyMove,
    2,
    lambda kind, subject_id: CustodyMove.objects.filter(
        item__subject_kind=kind, item__subject_id=subject_id
    ).order_by("item_id", "seq"),
)

_ITEM = ("id", "label", "kind", "copies", "created_at")
_PROJECTED = (
    "seq",
    "state",
    "holder_kind",
    "holder_id",
    "sender_kind",
    "sender_id",
    "to_kind",
    "to_id",
    "carrier",
    "waybill",
    "expected_by",
)
"""Columns of a paper that follow its moves."""
_MOVE = (
    "id",
    "seq",
    "verb",
    "at",
    "state",
    "from_kind",
    "from_id",
    "to_kind",
    "to_id",
    "asked_kind",
    "asked_id",
    "acting",
    "carrier",
    "waybill",
)


def packed(
    *, subject: tuple[str, str], key: vault.DataKey, after: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Return the papers of a subject that have moves past ``after``, with those moves.

    ``after`` maps papers to the number of a move; ``key`` opens the notes. Two statements.
    """
    reached = after or {}
    items = {row.id: row for row in rows_of(subject)}
    moves: dict[str, list[dict[str, Any]]] = {}
    for row in _MOVES.instances(*subject):
        if row.seq > reached.get(row.item_id, 0):
            moves.setdefault(row.item_id, []).append(_move(row, key))
    return [
        {**columns(items[item_id], (*_ITEM, *_PROJECTED)), "moves": of_item}
        for item_id, of_item in moves.items()
    ]


def _move(row: CustodyMove, key: vault.DataKey) -> dict[str, Any]:
    note = None
    if row.note is not None:
        note = vault.unseal_text(
            key=key, table=NOTE_TABLE, row=row.id, column=NOTE_COLUMN, sealed=bytes(row.note)
        )
    return {**columns(row, _MOVE), "note": note}


def item_of(data: dict[str, Any], *, subject: tuple[str, str], place_id: str) -> CustodyItem:
    """Return the row of a paper that another node tells of, to which nothing has happened yet."""
    return CustodyItem(
        **{name: data[name] for name in _ITEM if name != "created_at"},
        created_at=moment(data["created_at"]),
        subject_kind=subject[0],
        subject_id=subject[1],
        place_id=place_id,
        seq=0,
        state=ItemState.HELD.value,
        holder_kind=HolderKind.OFFICE.value,
        holder_id="",
    )


def move_of(data: dict[str, Any], *, item: CustodyItem, key: vault.DataKey) -> CustodyMove:
    """Return the row of a move that another node tells of, not saved."""
    row = CustodyMove(
        **{name: data[name] for name in _MOVE if name != "at"},
        at=moment(data["at"]),
        item_id=item.id,
        place_id=item.place_id,
    )
    if data["note"]:
        row.note = vault.seal_text(
            key=key, table=NOTE_TABLE, row=row.id, column=NOTE_COLUMN, clear=data["note"]
        )
    return row
