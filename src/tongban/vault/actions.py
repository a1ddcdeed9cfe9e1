"""Making and destroying keys. Each verb has its own transaction in the key store.

That transaction is not the caller's: a key outlives a business transaction that is rolled back,
which is harmless; a key that vanished with it would not be.
"""

import hmac
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from tongban.kernel import clock
from tongban.kernel.ids import new_id
from tongban.vault import models, queries
from tongban.vault.errors import KeyDestroyed, KeyFilesError
from tongban.vault.keyfiles import INDEX_KEY, NODE_KEY, derived, path_of
from tongban.vault.router import KEYS
from tongban.vault.rules import DataKey, new_secret


def make_key(*, place_id: str, person_id: str, case_id: str | None = None) -> DataKey:
    """Return the key of this use, made now if there is none (``case_id`` None: the person's own).

    One statement if it exists. Safe when several do it at once: all get the same key. Raises
    KeyDestroyed for a person whose keys were destroyed.
    """
    try:
        return queries.key_of(place_id=place_id, person_id=person_id, case_id=case_id)
    except KeyDestroyed:
        pass
    with transaction.atomic(using=KEYS):
        if models.DestroyedPerson.objects.filter(person_id=person_id).exists():
            raise KeyDestroyed
        key_of_place = place_key(place_id)
        key_id, secret = new_id(settings.NODE), new_secret()
        row = models.DataKey(
            id=key_id,
            place_id=place_id,
            person_id=person_id,
            case_id=case_id or "",
            created_at=clock.now(),
        )
        row.wrapped = queries.wrap_data_key(row, key_of_place, secret)
        models.DataKey.objects.bulk_create([row], ignore_conflicts=True)
    return queries.key_of(place_id=place_id, person_id=person_id, case_id=case_id)


def place_key(place_id: str) -> DataKey:
    """Return the place's key, made if there is none; inside the key store's write lock."""
    row = models.PlaceKey.objects.filter(place_id=place_id).first()
    if row is None:
        if not path_of(NODE_KEY).exists() and models.PlaceKey.objects.exists():
            message = f"{NODE_KEY} is missing, but keys wrapped by it exist: put it back"
            raise KeyFilesError(message)
        wrapped = queries.wrap_place_key(place_id, new_secret())
        row = models.PlaceKey.objects.create(place_id=place_id, wrapped=wrapped)
    return queries.unwrap_place_key(place_id, bytes(row.wrapped))


def destroy_keys(*, person_id: str) -> int:
    """Destroy every key of a person, at every place and in every case; return how many.

    What they sealed can't be read again, by anyone. Doing it twice is harmless. The freed pages
    are overwritten and the write-ahead log is emptied; while another connection reads, the log
    keeps a copy until its next checkpoint, and a backup of the key store keeps one until it
    expires.
    """
    return _destroy(models.DestroyedPerson(person_id=person_id, destroyed_at=clock.now()))


def erase_keys(
    *,
    person_id: str,
    at: datetime,
    ground: str,
    acting: Mapping[str, Any],
    lost: Collection[str] = (),
) -> queries.Erasure:
    """Destroy every key of a person for a legal ground; return the erasure as it is in the list.

    The erasure stands in the list (``erasures``) before a key is gone, in one commit with it. The
    first one stays in the list as it is, whatever a repetition says. ``lost`` are ids of keys that
    went with it before, where a restored key store may know of neither.
    """
    row = models.DestroyedPerson(
        person_id=person_id, destroyed_at=at, ground=ground, acting=dict(acting)
    )
    _destroy(row, lost)
    return queries.erasure_of(person_id)


def destroy_again() -> int:
    """Destroy what a restored key store brought back of anyone destroyed; return how many keys.

    One statement where nothing is back.
    """
    return sum(destroy_keys(person_id=person_id) for person_id in queries.destroyed_with_keys())


def _destroy(row: models.DestroyedPerson, lost: Collection[str] = ()) -> int:
    connection = connections[KEYS]
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA secure_delete = ON")
        cursor.fetchall()
    with transaction.atomic(using=KEYS):
        held = models.DataKey.objects.filter(person_id=row.person_id)
        ids = {*held.values_list("id", flat=True), *lost}
        gone = [models.DestroyedKey(id=key_id, person_id=row.person_id) for key_id in sorted(ids)]
        row.keys = len(gone)
        models.DestroyedKey.objects.bulk_create(gone, ignore_conflicts=True)
        models.DestroyedPerson.objects.bulk_create([row], ignore_conflicts=True)
        destroyed, _ = held.delete()
    if not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.fetchall()
    return destroyed


def check_key_files() -> None:
    """Make sure that the key files are the ones this node has always worked with.

    For the start of every process, before anything is sealed or looked up: a lost index key would
    otherwise be replaced by a new one, and every person registered a second time. The first call
    of a node makes the files and notes their fingerprints. Raises KeyFilesError.
    """
    known = dict(models.KeyFile.objects.values_list("name", "fingerprint"))
    for name in (NODE_KEY, INDEX_KEY):
        if name in known and not path_of(name).exists():
            message = f"{name} is missing: put it back from its backup"
            raise KeyFilesError(message)
        fingerprint = derived(name, "tongban/fingerprint/v1")
        if name not in known:
            models.KeyFile.objects.bulk_create(
                [models.KeyFile(name=name, fingerprint=fingerprint)], ignore_conflicts=True
            )
        elif not hmac.compare_digest(bytes(known[name]), fingerprint):
            message = f"{name} is not the file this node has worked with: put the right one back"
            raise KeyFilesError(message)
