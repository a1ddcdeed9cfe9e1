"""Loads staff and posts: compared first, written if told to, one bad row stops the whole load."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from django.db import transaction

from tongban.identity.actions.entries import record_posts, record_staff
from tongban.identity.actions.rows import PostRow, StaffRow
from tongban.identity.errors import (
    PowerNeedsAgency,
    ReferenceUnknown,
    RowRepeated,
    ValueRefused,
)
from tongban.identity.models import Post, Staff
from tongban.identity.rules import Power, needs_agency
from tongban.kernel.acting import OPERATOR, Acting
from tongban.kernel.changes import Changes, compare_rows
from tongban.kernel.errors import Refusal
from tongban.places import api as places

R = TypeVar("R")

_BATCH = 500
_STAFF_FIELDS = ("login", "name", "active", "source", "sample")
_POST_FIELDS = (
    *("staff_id", "place_id", "agency_id", "office_id", "title", "title_en", "powers"),
    *("starts_on", "ends_on", "source", "sample"),
)


def put_staff(rows: Iterable[StaffRow], *, apply: bool, acting: Acting = OPERATOR) -> Changes:
    """Add and change staff; those not named stay. RowRepeated, ValueRefused.

    Of whoever has left or come back, each post leaves an evidence entry.
    """
    by_id = _keyed("staff", rows, lambda row: row.id)
    _keyed("login", by_id.values(), lambda row: row.login)
    for key, row in by_id.items():
        for field, value in (("id", row.id), ("login", row.login), ("name", row.name)):
            if not value.strip():
                raise ValueRefused(row=f"staff {key}", field=field, value=value)
    wanted = {
        key: {
            "login": row.login,
            "name": _nfc(row.name),
            "active": row.active,
            "source": row.source,
            "sample": row.sample,
        }
        for key, row in by_id.items()
    }
    with transaction.atomic():
        present = {row["id"]: row for row in Staff.objects.values("id", *_STAFF_FIELDS)}
        taken = {row["login"]: key for key, row in present.items() if key not in wanted}
        for key, row in by_id.items():
            if row.login in taken:
                raise ValueRefused(row=f"staff {key}", field="login", value=row.login)
        compared = compare_rows("staff", wanted, present)
        if apply and compared.to_write:
            turned = [k for k in compared.changed if present[k]["active"] != wanted[k]["active"]]
            Staff.objects.bulk_create(
                [Staff(id=key, **wanted[key]) for key in compared.to_write],
                batch_size=_BATCH,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=list(_STAFF_FIELDS),
            )
            record_staff(turned, acting)
    return compared.changes


def put_posts(rows: Iterable[PostRow], *, apply: bool, acting: Acting = OPERATOR) -> Changes:
    """Add and change posts; those not named stay. A change of powers holds at the next request.

    Each post that is added or changed leaves an evidence entry.
    RowRepeated, ValueRefused, PowerNeedsAgency; ReferenceUnknown (with ``apply=False`` only a
    warning, for the same package may load it first).
    """
    by_id = _keyed("post", rows, lambda row: row.id)
    for row in by_id.values():
        _check_post(row)
    wanted = {key: _wanted_post(row) for key, row in by_id.items()}
    with transaction.atomic():
        told = _pointers(by_id, apply=apply)
        present = {row["id"]: row for row in Post.objects.values("id", *_POST_FIELDS)}
        compared = compare_rows("post", wanted, present, label="title")
        if apply and compared.to_write:
            Post.objects.bulk_create(
                [Post(id=key, **wanted[key]) for key in compared.to_write],
                batch_size=_BATCH,
                update_conflicts=True,
                unique_fields=["id"],
                update_fields=[name.removesuffix("_id") for name in _POST_FIELDS],
            )
            record_posts(compared, wanted=wanted, present=present, acting=acting)
    return compared.changes + Changes(lines=told)


def _keyed(kind: str, rows: Iterable[R], key: Callable[[R], str]) -> dict[str, R]:
    found: dict[str, R] = {}
    for row in rows:
        if key(row) in found:
            raise RowRepeated(row=f"{kind} {key(row)}")
        found[key(row)] = row
    return found


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _check_post(row: PostRow) -> None:
    name = f"post {row.id}"
    for power in row.powers:
        if power not in list(Power):
            raise ValueRefused(row=name, field="powers", value=power)
    if row.agency_id is None and row.office_id is None:
        raise ValueRefused(row=name, field="agency_id", value="")
    if row.agency_id is None and needs_agency(row.powers):
        raise PowerNeedsAgency(row=name)
    if row.ends_on is not None and row.ends_on < row.starts_on:
        raise ValueRefused(row=name, field="ends_on", value=str(row.ends_on))
    if not row.id.strip() or not row.title.strip():
        raise ValueRefused(row=name, field="title", value=row.title)


def _wanted_post(row: PostRow) -> dict[str, object]:
    return {
        "staff_id": row.staff_id,
        "place_id": row.place_id,
        "agency_id": row.agency_id,
        "office_id": row.office_id,
        "title": _nfc(row.title),
        "title_en": _nfc(row.title_en),
        "powers": sorted({str(power) for power in row.powers}),
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "source": row.source,
        "sample": row.sample,
    }


def _pointers(rows: Mapping[str, PostRow], *, apply: bool) -> list[str]:
    """Refuse (in a trial: tell) what points at nothing."""
    staff = set(
        Staff.objects.filter(id__in={row.staff_id for row in rows.values()}).values_list(
            "id", flat=True
        )
    )
    lines: list[str] = []
    for key, row in rows.items():
        for field, value, there in (
            ("staff_id", row.staff_id, row.staff_id in staff),
            ("place_id", row.place_id, _is_there(places.place, row.place_id)),
            ("agency_id", row.agency_id, _is_there(places.agency, row.agency_id)),
            ("office_id", row.office_id, _is_there(places.office, row.office_id)),
        ):
            if not there:
                if apply:
                    raise ReferenceUnknown(row=f"post {key}", field=field, value=str(value))
                lines.append(f"! post {key}: {field} {value} is not loaded yet")
    return lines


def _is_there(read: Callable[[str], object], value: str | None) -> bool:
    try:
        return value is None or read(value) is not None
    except Refusal:
        return False
