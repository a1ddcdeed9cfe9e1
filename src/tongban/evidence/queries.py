"""Entries are opened and checked, looks are read."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Q, QuerySet

from tongban.evidence import errors, rules
from tongban.evidence.kinds import LOOK
from tongban.evidence.models import SEALED_COLUMN, SEALED_TABLE, Look, PendingEntry
from tongban.kernel.wire import moment_text
from tongban.vault import api as vault
from tongban.vault.errors import Tampered

_log = structlog.get_logger("tongban.evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An opened entry. ``body_bytes`` and ``salt`` prove ``leaf``; ``body`` is their content.

    ``disclosures`` are the texts whose digests stand in the body; ``personal`` their content.
    """

    id: str
    kind: str
    at: datetime
    place_id: str
    subject: tuple[str, str]
    body: dict[str, Any]
    body_bytes: bytes
    salt: bytes
    disclosures: tuple[str, ...]
    personal: dict[str, Any]
    leaf: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """What can be said of an entry without its key."""

    id: str
    kind: str
    at: datetime
    key_id: str
    leaf: bytes


class Flaw(StrEnum):
    """What is wrong with a stored entry."""

    CHANGED = "changed"  # the body doesn't prove the leaf, or doesn't open
    COLUMNS = "columns"  # the body proves the leaf, but says otherwise than the row's columns
    LOOK = "look"  # the look that it stands for is gone, or says otherwise
    KEY = "key"  # it names a key that isn't there, and that nobody destroyed
    UNREADABLE = "unreadable"  # its key was destroyed, as by an erasure: can't be checked
    MISDATED = "misdated"  # true to its leaf, but its moment isn't that of its recording

    @property
    def is_damage(self) -> bool:
        """Whether the row isn't what was recorded; the others are for a person to look into."""
        return self not in {Flaw.UNREADABLE, Flaw.MISDATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An entry that failed a check."""

    entry_id: str
    kind: str
    flaw: Flaw


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """Who (``viewer``: an Acting as JSON) saw which fields of a person, when and what for."""

    id: str
    at: datetime
    place_id: str
    case_id: str | None
    viewer: dict[str, Any]
    fields: tuple[str, ...]
    purpose: str


Keys = Callable[[set[str]], Mapping[str, vault.DataKey]]
"""Finds keys by their ids; those that are gone are absent."""


def entries_of(*, subject: tuple[str, str], without: Collection[str] = ()) -> list[EntryRow]:
    """Return the entries about a subject, oldest first, but for these kinds. One statement."""
    return [
        EntryRow(id=r.entry_id, kind=r.kind, at=r.at, key_id=r.key_id, leaf=bytes(r.leaf))
        for r in _about(subject, without).defer("body")
    ]


def open_entry(*, entry_id: str, key: vault.DataKey) -> Entry:
    """Open an entry with the key that it was recorded under. One statement.

    Raises ``errors.EntryMissing``; ``errors.EntryChanged`` if the body doesn't prove the leaf;
    the vault's ``Tampered`` if the key is another one or the bytes were changed.
    """
    row = PendingEntry.objects.filter(entry_id=entry_id).first()
    if row is None:
        raise errors.EntryMissing
    return _opened(row, key)


def open_entries(*, subject: tuple[str, str], without: Collection[str] = ()) -> list[Entry]:
    """Open the entries about a subject, oldest first, but for these kinds.

    Those whose keys are gone are left out; a lost one is told to the log. Two statements, three
    where a key is gone. Raises as ``open_entry``.
    """
    return _all_opened(list(_about(subject, without)))


def open_looks(*, person_id: str, look_ids: Collection[str]) -> list[Entry]:
    """Open the entries of those looks that are at this person, oldest first.

    Three statements. Raises as ``open_entry``.
    """
    looks = Look.objects.filter(person_id=person_id, id__in=look_ids).values_list("id", flat=True)
    rows = PendingEntry.objects.filter(entry_id__in=list(looks), kind=LOOK)
    return _all_opened(list(rows.order_by("position")))


def _about(subject: tuple[str, str], without: Collection[str]) -> QuerySet[PendingEntry]:
    rows = PendingEntry.objects.filter(subject_kind=subject[0], subject_id=subject[1])
    return rows.exclude(kind__in=without).order_by("position")


def _all_opened(rows: list[PendingEntry]) -> list[Entry]:
    named = {row.key_id for row in rows}
    found = vault.keys_by_id(named)
    lost_among(named - found.keys())
    return [_opened(row, found[row.key_id]) for row in rows if row.key_id in found]


def lost_among(key_ids: Collection[str]) -> set[str]:
    """Return which of these keys, none of which is there, nobody destroyed; tell the log.

    One statement; none for no keys.
    """
    lost = set(key_ids) - vault.destroyed_among(key_ids) if key_ids else set()
    if lost:
        _log.error("entry_keys_lost", keys=len(lost), first=min(lost))
    return lost


def subjects_of(*, kind: str, batch: int = 500) -> Iterator[str]:
    """Yield the ids of all subjects of a kind that an entry is about, in order, each once."""
    after = ""
    while True:
        about = PendingEntry.objects.filter(subject_kind=kind, subject_id__gt=after)
        ids = about.order_by("subject_id").values_list("subject_id", flat=True).distinct()[:batch]
        found = list(ids)
        yield from found
        if len(found) < batch:
            return
        after = found[-1]


def _opened(row: PendingEntry, key: vault.DataKey) -> Entry:
    opening = _open(row, key)
    if _flaw(row, opening) is not None:
        raise errors.EntryChanged(entry_id=row.entry_id)
    return Entry(
        id=row.entry_id,
        kind=row.kind,
        at=row.at,
        place_id=row.place_id,
        subject=(row.subject_kind, row.subject_id),
        body=json.loads(opening.body),
        body_bytes=opening.body,
        salt=opening.salt,
        disclosures=opening.disclosures,
        personal=dict(map(rules.read_disclosure, opening.disclosures)),
        leaf=bytes(row.leaf),
    )


def check_entries(*, keys: Keys, batch: int = 500) -> Iterator[Finding]:
    """Open every entry and yield those that fail, in the order they were recorded.

    Up to three statements and one call of ``keys`` for each ``batch`` entries.
    """
    position, before = 0, None
    while rows := list(
        PendingEntry.objects.filter(position__gt=position).order_by("position")[:batch]
    ):
        position = rows[-1].position
        named = {row.key_id for row in rows}
        found = keys(named)
        destroyed = vault.destroyed_among(named - found.keys())
        looks = Look.objects.in_bulk([row.entry_id for row in rows if row.kind == LOOK])
        for row in rows:
            if row.key_id in found:
                flaw = _check(row, found[row.key_id], looks.get(row.entry_id), before)
            else:
                flaw = Flaw.UNREADABLE if row.key_id in destroyed else Flaw.KEY
            before = row.created_at
            if flaw is not None:
                yield Finding(entry_id=row.entry_id, kind=row.kind, flaw=flaw)


def _check(
    row: PendingEntry, key: vault.DataKey, look: Look | None, before: datetime | None
) -> Flaw | None:
    try:
        opening = _open(row, key)
        flaw, body = _flaw(row, opening), json.loads(opening.body)
        belied = row.kind == LOOK and not _says(look, body)
        misdated = _is_misdated(row, body, before)
    except (Tampered, ValueError, KeyError, TypeError):
        return Flaw.CHANGED
    if flaw is None and belied:
        return Flaw.LOOK
    return Flaw.MISDATED if flaw is None and misdated else flaw


def _is_misdated(row: PendingEntry, body: Mapping[str, Any], before: datetime | None) -> bool:
    return rules.is_misdated(
        kind=row.kind,
        facts=body["facts"],
        at=row.at,
        recorded_at=row.created_at,
        # What came with a split was recorded elsewhere, before or after what stands before it here.
        before=before if body["node"] == settings.NODE else None,
    )


def _open(row: PendingEntry, key: vault.DataKey) -> rules.Opening:
    return rules.unpack(
        vault.unseal(
            key=key,
            table=SEALED_TABLE,
            row=row.entry_id,
            column=SEALED_COLUMN,
            sealed=bytes(row.body),
        )
    )


def _flaw(row: PendingEntry, opening: rules.Opening) -> Flaw | None:
    if not rules.is_proved(bytes(row.leaf), opening):
        return Flaw.CHANGED
    body = json.loads(opening.body)
    columns = (
        row.entry_id,
        row.kind,
        moment_text(row.at),
        row.place_id,
        {"kind": row.subject_kind, "id": row.subject_id},
    )
    said = (body["id"], body["kind"], body["at"], body["place_id"], body["subject"])
    return None if columns == said else Flaw.COLUMNS


def _says(look: Look | None, body: dict[str, Any]) -> bool:
    """Tell whether a look's row says what its entry says."""
    if look is None:
        return False
    subject = {"kind": "case", "id": look.case_id}
    if look.case_id is None:
        subject = {"kind": "person", "id": look.person_id}
    seen = {"person_id": look.person_id, "fields": look.fields, "purpose": look.purpose}
    row = (moment_text(look.at), look.place_id, look.viewer, subject, seen)
    return row == (body["at"], body["place_id"], body["acting"], body["subject"], body["facts"])


def looks_at(
    *,
    person_id: str,
    case_id: str | None = None,
    between: tuple[datetime, datetime] | None = None,
    before: LookView | None = None,
    limit: int = 50,
) -> list[LookView]:
    """Return the looks at a person's data that left the spool, newest first. One statement.

    Those in a case alone; from the first of two moments on and before the second; those that come
    after the look ``before`` in this order.
    """
    rows = Look.objects.filter(person_id=person_id)
    if case_id is not None:
        rows = rows.filter(case_id=case_id)
    if between is not None:
        rows = rows.filter(at__gte=between[0], at__lt=between[1])
    if before is not None:
        rows = rows.filter(Q(at__lt=before.at) | Q(at=before.at, id__lt=before.id))
    return list(map(_view, rows.order_by("-at", "-id")[:limit]))


def look_at(*, person_id: str, look_id: str) -> LookView:
    """Return this look, if it is at this person; else EntryMissing. One statement."""
    named = look_id.isprintable()  # PostgreSQL takes no NUL, not even to find nothing
    row = Look.objects.filter(person_id=person_id, id=look_id).first() if named else None
    if row is None:
        raise errors.EntryMissing
    return _view(row)


def _view(row: Look) -> LookView:
    return LookView(
        id=row.id,
        at=row.at,
        place_id=row.place_id,
        case_id=row.case_id,
        viewer=row.viewer,
        fields=tuple(row.fields),
        purpose=row.purpose,
    )
