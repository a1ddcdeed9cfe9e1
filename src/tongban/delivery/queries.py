"""Reads of custody, each with its number of statements. Who may see is the caller's rule."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet

from tongban.delivery.errors import ItemUnknown
from tongban.delivery.models import CustodyItem, CustodyMove
from tongban.delivery.rules import Holder, HolderKind, ItemKind, ItemState, Verb
from tongban.vault import api as vault
from tongban.work import api as work

NOTE_TABLE = "delivery_custodymove"
NOTE_COLUMN = "note"

_OF_SUBJECT = work.Read(
    CustodyItem,
    2,
    lambda kind, subject_id: CustodyItem.objects.filter(
        subject_kind=kind, subject_id=subject_id
    ).order_by("id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """A paper in custody. ``seq`` is what a move must name as seen.

    While it is on its way: ``sender`` answers for it, ``addressee`` awaits it, and it is expected
    by ``expected_by``.
    """

    id: str
    place_id: str
    subject: tuple[str, str]
    label: str
    kind: ItemKind
    copies: int
    created_at: datetime
    seq: int
    state: ItemState
    holder: Holder
    sender: Holder | None
    addressee: Holder | None
    carrier: str | None
    waybill: str | None
    expected_by: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """One move. ``before`` and ``after`` are the holders; ``addressee`` who it was asked for.

    ``acting`` is Acting's JSON; ``note`` None without a key or a note.
    """

    seq: int
    verb: Verb
    at: datetime
    state: ItemState
    before: Holder | None
    after: Holder
    addressee: Holder | None
    acting: dict[str, Any]
    carrier: str | None
    waybill: str | None
    note: str | None


def item(item_id: str) -> ItemView:
    """Return a paper; ItemUnknown. One statement."""
    row = CustodyItem.objects.filter(id=item_id).first()
    if row is None:
        raise ItemUnknown
    return view_of(row)


def items_of(subject: tuple[str, str]) -> list[ItemView]:
    """Return the papers of a subject, the oldest first. One statement."""
    return _views(rows_of(subject))


def rows_of(subject: tuple[str, str]) -> list[CustodyItem]:
    """Return the rows of the papers of a subject, the oldest first. One statement."""
    return _OF_SUBJECT.instances(*subject)


def count_held(*, kind: str, subject_ids: Collection[str]) -> int:
    """Return how many papers of these subjects somebody still has to give back. One statement.

    One that is lost is nobody's to give.
    """
    rows = CustodyItem.objects.filter(subject_kind=kind, subject_id__in=list(subject_ids))
    return rows.exclude(state__in=(ItemState.HANDED_OVER, ItemState.LOST)).count()


def items_held(holder: Holder, *, limit: int = 100, after: str | None = None) -> list[ItemView]:
    """Return the papers that are with a holder now, by id; ``after`` pages on. One statement.

    A lost paper stays with who had it last, until it is found; one handed to a person is theirs.
    """
    rows = CustodyItem.objects.filter(holder_kind=holder.kind, holder_id=holder.id)
    if after is not None:
        rows = rows.filter(id__gt=after)
    return _views(rows.order_by("id")[:limit])


def items_expected(addressee: Holder, *, limit: int = 100) -> list[ItemView]:
    """Return the parcels on their way to an end, the first due first. One statement."""
    rows = CustodyItem.objects.filter(
        to_kind=addressee.kind, to_id=addressee.id, state=ItemState.IN_TRANSIT
    )
    return _views(rows.order_by("expected_by", "id")[:limit])


def overdue(on: date, *, owner: Holder | None = None, limit: int = 100) -> list[ItemView]:
    """Return parcels that should have come before ``on``, the latest first. One statement.

    ``owner`` keeps those of which it is the sender or the addressee.
    """
    rows = CustodyItem.objects.filter(state=ItemState.IN_TRANSIT, expected_by__lt=on)
    if owner is not None:
        rows = rows.filter(
            Q(sender_kind=owner.kind, sender_id=owner.id) | Q(to_kind=owner.kind, to_id=owner.id)
        )
    return _views(rows.order_by("expected_by", "id")[:limit])


def moves_of(item_id: str, *, key: vault.DataKey | None = None) -> list[MoveView]:
    """Return every move of a paper, the first one first. One statement.

    With the case's key the notes are opened; vault's Tampered if one was changed.
    """
    return [_move(row, key) for row in CustodyMove.objects.filter(item_id=item_id).order_by("seq")]


def _move(row: CustodyMove, key: vault.DataKey | None) -> MoveView:
    note = None
    if key is not None and row.note is not None:
        note = vault.unseal_text(
            key=key, table=NOTE_TABLE, row=row.id, column=NOTE_COLUMN, sealed=bytes(row.note)
        )
    return MoveView(
        seq=row.seq,
        verb=Verb(row.verb),
        at=row.at,
        state=ItemState(row.state),
        before=_holder(row.from_kind, row.from_id),
        after=Holder(HolderKind(row.to_kind), row.to_id),
        addressee=_holder(row.asked_kind, row.asked_id),
        acting=row.acting,
        carrier=row.carrier,
        waybill=row.waybill,
        note=note,
    )


def view_of(row: CustodyItem) -> ItemView:
    """Return the view of a row."""
    return ItemView(
        id=row.id,
        place_id=row.place_id,
        subject=(row.subject_kind, row.subject_id),
        label=row.label,
        kind=ItemKind(row.kind),
        copies=row.copies,
        created_at=row.created_at,
        seq=row.seq,
        state=ItemState(row.state),
        holder=Holder(HolderKind(row.holder_kind), row.holder_id),
        sender=_holder(row.sender_kind, row.sender_id),
        addressee=_holder(row.to_kind, row.to_id),
        carrier=row.carrier,
        waybill=row.waybill,
        expected_by=row.expected_by,
    )


def _holder(kind: str | None, end_id: str | None) -> Holder | None:
    return None if kind is None or end_id is None else Holder(HolderKind(kind), end_id)


def _views(rows: QuerySet[CustodyItem] | Sequence[CustodyItem]) -> list[ItemView]:
    return [view_of(row) for row in rows]
