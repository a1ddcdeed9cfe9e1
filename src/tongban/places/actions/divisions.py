"""Loads places: a tree of divisions and the zones laid over it."""

from collections.abc import Iterable, Mapping

from django.db import transaction

from tongban.kernel.changes import Changes, Comparison, compare_rows
from tongban.kernel.ids import MAX_LENGTH
from tongban.places.actions.loading import BATCH, absent, begin, finish, keyed, missing_lines, nfc
from tongban.places.actions.rows import PlaceRow
from tongban.places.errors import PlaceLoop, ValueRefused
from tongban.places.models import Place, ZoneMember
from tongban.places.rules import Level

_FIELDS = ("code", "name", "name_en", "level", "parent_id", "statistical_only", "source", "sample")


def put_places(rows: Iterable[PlaceRow], *, apply: bool) -> Changes:
    """Add and change places; those not named stay as they are.

    Rows may come in any order. ReferenceUnknown, PlaceLoop, RowRepeated or ValueRefused stop the
    whole load.
    """
    by_id = keyed("place", rows, lambda row: row.id)
    keyed("place code", (row for row in by_id.values() if row.code), lambda row: str(row.code))
    for row in by_id.values():
        _check(row)
    wanted = {key: _wanted(row) for key, row in by_id.items()}
    pointed = {p for _, _, p in _pointers(by_id)} - by_id.keys()
    with transaction.atomic():
        if apply:
            begin()
        told = missing_lines(_pointers(by_id), absent(Place, pointed), apply=apply)
        compared = compare_rows("place", wanted, _present())
        if apply and compared.to_write:
            _write(wanted, compared)
            finish()
    return compared.changes + Changes(lines=told)


def _check(row: PlaceRow) -> None:
    name = f"place {row.id}"
    if row.level not in list(Level):
        raise ValueRefused(row=name, field="level", value=row.level)
    if "/" in row.id or not 0 < len(row.id) <= MAX_LENGTH:
        raise ValueRefused(row=name, field="id", value=row.id)
    if (row.level == Level.ZONE) != (row.code is None) and row.level != Level.COUNTRY:
        raise ValueRefused(row=name, field="code", value=str(row.code))
    if row.members and row.level != Level.ZONE:
        raise ValueRefused(row=name, field="members", value=", ".join(row.members))
    if not nfc(row.name):
        raise ValueRefused(row=name, field="name", value="")


def _wanted(row: PlaceRow) -> dict[str, object]:
    return {
        "code": row.code,
        "name": nfc(row.name),
        "name_en": nfc(row.name_en),
        "level": str(row.level),
        "parent_id": row.parent_id,
        "statistical_only": row.statistical_only,
        "source": row.source,
        "sample": row.sample,
        "members": sorted(set(row.members)),
    }


def _pointers(rows: Mapping[str, PlaceRow]) -> list[tuple[str, str, str]]:
    found = []
    for key, row in rows.items():
        if row.parent_id is not None:
            found.append((f"place {key}", "parent_id", row.parent_id))
        found.extend((f"place {key}", "members", member) for member in row.members)
    return found


def _present() -> dict[str, dict[str, object]]:
    members: dict[str, list[str]] = {}
    pairs = ZoneMember.objects.order_by("place_id").values_list("zone_id", "place_id")
    for zone_id, place_id in pairs:
        members.setdefault(zone_id, []).append(place_id)
    return {
        row["id"]: {**row, "members": members.get(row["id"], [])}
        for row in Place.objects.values("id", "path", *_FIELDS)
    }


def _write(wanted: Mapping[str, dict[str, object]], compared: Comparison) -> None:
    now: dict[str, str | None] = dict(Place.objects.values_list("id", "parent_id"))
    old_paths = dict(Place.objects.values_list("id", "path"))
    now.update({key: _text(row["parent_id"]) for key, row in wanted.items()})
    paths = _paths(now)
    Place.objects.bulk_create(
        [
            Place(id=key, path=paths[key], **{f: wanted[key][f] for f in _FIELDS})
            for key in compared.to_write
        ],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["path", *("parent" if f == "parent_id" else f for f in _FIELDS)],
    )
    # A place that moved takes all below it along.
    moved = [Place(id=k, path=paths[k]) for k, old in old_paths.items() if paths[k] != old]
    Place.objects.bulk_update(moved, ["path"], batch_size=BATCH)
    _write_members(wanted, compared)


def _write_members(wanted: Mapping[str, dict[str, object]], compared: Comparison) -> None:
    ZoneMember.objects.filter(zone_id__in=compared.changed).delete()
    pairs: list[ZoneMember] = []
    for zone in compared.to_write:
        members = wanted[zone]["members"]
        if isinstance(members, list):
            pairs.extend(ZoneMember(zone_id=zone, place_id=member) for member in members)
    ZoneMember.objects.bulk_create(pairs, batch_size=BATCH)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _paths(parents: Mapping[str, str | None]) -> dict[str, str]:
    """Return each place's path; PlaceLoop if one stands above itself."""
    made: dict[str, str] = {}
    for start in parents:
        waiting: list[str] = []
        key: str | None = start
        while key is not None and key not in made:
            if key in waiting:
                raise PlaceLoop(row=key)
            waiting.append(key)
            key = parents[key]
        path = "/" if key is None else made[key]
        for each in reversed(waiting):
            path = f"{path}{each}/"
            made[each] = path
    return made
