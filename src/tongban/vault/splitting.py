"""Keys that go to another node with what they sealed, when an installation is split.

What they sealed travels as it stands; the secrets travel in memos that only the other node opens.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connections, transaction

from tongban.kernel.wire import moment, plain
from tongban.vault import actions, models, queries
from tongban.vault.router import KEYS
from tongban.vault.rules import DataKey, new_secret

Json = dict[str, Any]
_PART = 500


def keys_in_cases(case_ids: Iterable[str]) -> Iterator[str]:
    """Yield the ids of the keys of persons in these cases."""
    for part in _parts(case_ids):
        rows = models.DataKey.objects.filter(case_id__in=part).order_by("id")
        yield from rows.values_list("id", flat=True)


def keys_of_persons(person_ids: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (id, place, person) of the persons' own keys, at every place."""
    for part in _parts(person_ids):
        rows = models.DataKey.objects.filter(person_id__in=part, case_id="").order_by("id")
        yield from rows.values_list("id", "place_id", "person_id")


def secrets_of(key_ids: Iterable[str]) -> Iterator[Json]:
    """Yield these keys with their secrets, to be sealed for the other node."""
    for part in _parts(key_ids):
        rows = models.DataKey.objects.select_related("place").filter(pk__in=part)
        for row in rows.order_by("id"):
            yield {
                "id": row.id,
                "place_id": row.place_id,
                "person_id": row.person_id,
                "case_id": row.case_id,
                "secret": queries.opened(row).secret.hex(),
                "created_at": plain(row.created_at),
            }


def erased_of(person_ids: Iterable[str]) -> Iterator[Json]:
    """Yield what the list of erasures says of these persons, with the ids of their keys."""
    for part in _parts(person_ids):
        for row in models.DestroyedPerson.objects.filter(pk__in=part).order_by("person_id"):
            yield {
                "person_id": row.person_id,
                "destroyed_at": plain(row.destroyed_at),
                "ground": row.ground,
                "acting": row.acting,
                "keys": row.keys,
                "gone": queries.destroyed_keys_of(person_id=row.person_id),
            }


def take(keys: Iterable[Mapping[str, Any]], erased: Iterable[Mapping[str, Any]]) -> int:
    """Keep keys that another node gave, under this node's own; return how many.

    A second time changes nothing. A key that stands here under another secret is none of theirs:
    ValueError.
    """
    with transaction.atomic(using=KEYS):
        for one in erased:
            row = {name: one[name] for name in ("person_id", "ground", "acting", "keys")}
            models.DestroyedPerson.objects.bulk_create(
                [models.DestroyedPerson(**row, destroyed_at=moment(one["destroyed_at"]))],
                ignore_conflicts=True,
            )
            models.DestroyedKey.objects.bulk_create(
                [models.DestroyedKey(id=key, person_id=one["person_id"]) for key in one["gone"]],
                ignore_conflicts=True,
            )
        places: dict[str, DataKey] = {}
        count = 0
        for one in keys:
            place_id = one["place_id"]
            if place_id not in places:
                places[place_id] = actions.place_key(place_id)
            _keep(one, places[place_id])
            count += 1
    return count


def _keep(one: Mapping[str, Any], place_key: DataKey) -> None:
    secret = bytes.fromhex(one["secret"])
    row = models.DataKey(
        id=one["id"],
        place_id=one["place_id"],
        person_id=one["person_id"],
        case_id=one["case_id"],
        created_at=moment(one["created_at"]),
    )
    row.wrapped = queries.wrap_data_key(row, place_key, secret)
    models.DataKey.objects.bulk_create([row], ignore_conflicts=True)
    held = models.DataKey.objects.select_related("place").filter(pk=row.id).first()
    if held is None or queries.opened(held).secret != secret:
        message = f"a key of person {row.person_id} stands here already, and is another one"
        raise ValueError(message)


def destroy(key_ids: Iterable[str], *, places: Iterable[str]) -> int:
    """Destroy these keys, and the keys of the places as they were; return how many went.

    What stays here of a place's keys is wrapped under a new one. A second time is harmless.
    """
    connection, gone = connections[KEYS], 0
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.fetchall()
    with transaction.atomic(using=KEYS):
        for part in _parts(key_ids):
            rows = models.DataKey.objects.filter(pk__in=part)
            named = [
                models.DestroyedKey(id=key_id, person_id=person_id)
                for key_id, person_id in rows.values_list("id", "person_id")
            ]
            models.DestroyedKey.objects.bulk_create(named, ignore_conflicts=True)
            gone += rows.delete()[0]
        for place_id in sorted(places):
            _wrap_anew(place_id)
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
    return gone


def _wrap_anew(place_id: str) -> None:
    held = models.PlaceKey.objects.filter(pk=place_id).first()
    if held is None:
        return
    rows = list(models.DataKey.objects.select_related("place").filter(place_id=place_id))
    if not rows:
        held.delete()
        return
    fresh = new_secret()
    key = DataKey(f"place:{place_id}", fresh)
    for row in rows:
        row.wrapped = queries.wrap_data_key(row, key, queries.opened(row).secret)
    models.PlaceKey.objects.filter(pk=place_id).update(
        wrapped=queries.wrap_place_key(place_id, fresh)
    )
    models.DataKey.objects.bulk_update(rows, ["wrapped"], batch_size=_PART)


def places() -> list[str]:
    """Return the places of which a key is here."""
    return list(models.PlaceKey.objects.order_by("place_id").values_list("place_id", flat=True))


def count_left(key_ids: Iterable[str]) -> int:
    """Return how many of these keys are here still."""
    return sum(models.DataKey.objects.filter(pk__in=part).count() for part in _parts(key_ids))


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    found = sorted(ids)
    for start in range(0, len(found), _PART):
        yield found[start : start + _PART]
