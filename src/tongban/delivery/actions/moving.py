"""What all moves share: replay, lock, right, rule, write, move, evidence, in this order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from tongban.delivery import access
from tongban.delivery.errors import ItemExists, ItemUnknown, NotNow, Stale
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.queries import NOTE_COLUMN, NOTE_TABLE, ItemView, view_of
from tongban.delivery.rules import ENDED, TABLE, Holder, HolderKind, ItemState, Verb
from tongban.evidence import api as evidence
from tongban.kernel import clock
from tongban.kernel.acting import Acting
from tongban.kernel.ids import new_id
from tongban.vault import api as vault
from tongban.work import api as work

ITEMS, MOVES = work.Write(CustodyItem), work.Write(CustodyMove)
_LOCKED = work.Read(
    CustodyItem,
    1,
    lambda item_id: CustodyItem.objects.select_for_update().filter(id=item_id),
)
_OF_ITEM = work.Read(
    CustodyMove, 1, lambda item_id: CustodyMove.objects.filter(item_id=item_id).order_by("seq")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One move as asked for. ``seq`` is the item's seq that the caller saw."""

    acting: Acting
    verb: Verb
    item_id: str
    seq: int
    key: vault.DataKey
    to: Holder | None = None
    carrier: str | None = None
    waybill: str | None = None
    expected_by: date | None = None
    note: str = ""


Change = Callable[[CustodyItem, Holder], None]
"""Writes a move into the item's row; the second argument is the end for which it is made."""


def move(request: Request, change: Change) -> ItemView:
    """Make a move; asked for again with the same ``seq`` by the same actor, it is made once.

    Six statements. Stale if the item has moved otherwise, NotHolder without the right, NotNow if
    the move does not follow the state.
    """
    with transaction.atomic():
        if _made_before(request):
            return _now(request.item_id)
        item = locked(request.item_id)
        if item is None:
            raise ItemUnknown
        if item.seq != request.seq:
            # The same request may have won the lock before this one.
            if _made_before(request):
                return view_of(item)
            raise Stale
        row = TABLE.get((ItemState(item.state), request.verb))
        if row is None:
            raise NotNow(state=item.state)
        end = access.require(request.acting, item, request.verb, row)
        if item.state == ItemState.LOST and row.target not in ENDED:
            require_not_replaced(item)
        before, was = Holder(HolderKind(item.holder_kind), item.holder_id), dict(vars(item))
        change(item, end)
        item.state = row.target.value
        item.seq += 1
        ITEMS.update(item, was)
        record(request, item, before=before)
    return view_of(item)


def locked(item_id: str) -> CustodyItem | None:
    """Return a paper, locked until the transaction ends."""
    return _LOCKED.instance(item_id)


def moves_of(item_id: str) -> list[CustodyMove]:
    """Return the moves of a paper, the first first."""
    return _OF_ITEM.instances(item_id)


def record(request: Request, item: CustodyItem, *, before: Holder | None) -> None:
    """Write the move that led to the item's present state, and its evidence."""
    at = clock.now()
    row = CustodyMove(
        id=new_id(settings.NODE),
        item_id=item.id,
        place_id=item.place_id,
        seq=item.seq,
        verb=request.verb.value,
        at=at,
        state=item.state,
        from_kind=None if before is None else before.kind.value,
        from_id=None if before is None else before.id,
        to_kind=item.holder_kind,
        to_id=item.holder_id,
        asked_kind=None if request.to is None else request.to.kind.value,
        asked_id=None if request.to is None else request.to.id,
        acting=request.acting.as_json(),
        carrier=request.carrier,
        waybill=request.waybill,
    )
    if request.note:
        row.note = vault.seal_text(
            key=request.key, table=NOTE_TABLE, row=row.id, column=NOTE_COLUMN, clear=request.note
        )
    MOVES.insert(row)
    leave_entry(row, item, acting=request.acting, key=request.key)


def leave_entry(row: CustodyMove, item: CustodyItem, *, acting: Acting, key: vault.DataKey) -> None:
    """Write the evidence of a move that has just been written, with the paper as it is now."""
    # A waybill number leads to a name and an address at the carrier's.
    personal = {"waybill": row.waybill} if row.waybill is not None else None
    evidence.record(
        kind="custody.moved",
        at=row.at,
        place_id=item.place_id,
        acting=acting,
        subject=(item.subject_kind, item.subject_id),
        facts=_facts(row, item),
        personal=personal,
        key=key,
    )


def _facts(row: CustodyMove, item: CustodyItem) -> dict[str, Any]:
    return {
        "item": item.id,
        "item_kind": item.kind,
        "label": item.label,
        "copies": item.copies,
        "seq": row.seq,
        "verb": row.verb,
        "state": row.state,
        "from": {"kind": row.from_kind, "id": row.from_id},
        "to": {"kind": row.to_kind, "id": row.to_id},
        "addressee": {"kind": item.to_kind, "id": item.to_id},
        "carrier": row.carrier,
        "expected_by": None if item.expected_by is None else item.expected_by.isoformat(),
    }


def _made_before(request: Request) -> bool:
    """Tell whether the move after ``seq`` is this very one. Moves never change: no lock."""
    made = next((one for one in moves_of(request.item_id) if one.seq == request.seq + 1), None)
    asked = (None, None) if request.to is None else (request.to.kind.value, request.to.id)
    return (
        made is not None
        and made.verb == request.verb
        and (made.asked_kind, made.asked_id) == asked
        and made.acting == request.acting.as_json()
        and made.carrier == request.carrier
        and made.waybill == request.waybill
    )


def _now(item_id: str) -> ItemView:
    return view_of(CustodyItem.objects.get(id=item_id))


def require_not_replaced(item: CustodyItem) -> None:
    """Refuse to bring back a lost paper where another of its name has been taken in since."""
    others = CustodyItem.objects.filter(
        place_id=item.place_id,
        subject_kind=item.subject_kind,
        subject_id=item.subject_id,
        kind=item.kind,
        label=item.label,
    )
    if others.exclude(state__in=ENDED).exists():
        raise ItemExists(label=item.label)
