"""Reading keys: one statement each. Only the key files are kept in memory, no wrapped key is."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from tongban.vault import models, rules
from tongban.vault.errors import KeyDestroyed, KeyFilesError, Tampered
from tongban.vault.keyfiles import INDEX_KEY, NODE_KEY, derived
from tongban.vault.router import KEYS
from tongban.vault.rules import DataKey

_WRAP_PLACES = "tongban/wrap-place-keys/v1"

# By the cursor: every verb asks for a key, and the ORM takes five times the CPU. The key store is
# always SQLite.
_ONE_KEY = """
SELECT vault_datakey.id, vault_datakey.wrapped, vault_placekey.wrapped
FROM vault_datakey JOIN vault_placekey ON vault_placekey.place_id = vault_datakey.place_id
WHERE vault_datakey.place_id = %s AND vault_datakey.person_id = %s AND vault_datakey.case_id = %s
"""

_NODE = "node:"
"""How the id of a node's own key begins; ids of other keys never hold a colon."""

_KEYS_OF_CASE = """
SELECT vault_datakey.place_id, vault_datakey.case_id, vault_datakey.id, vault_datakey.wrapped,
    vault_placekey.wrapped
FROM vault_datakey JOIN vault_placekey ON vault_placekey.place_id = vault_datakey.place_id
WHERE vault_datakey.person_id = %s AND vault_datakey.case_id IN ('', %s)
"""


def key_of(*, place_id: str, person_id: str, case_id: str | None = None) -> DataKey:
    """Return the key of a person at a place, or in a case; KeyDestroyed if there is none.

    One statement.
    """
    use = place_id, person_id, case_id or ""
    rows = _rows(_ONE_KEY, use)
    if not rows:
        raise KeyDestroyed
    key_id, wrapped, place_wrapped = rows[0]
    place_key = unwrap_place_key(place_id, place_wrapped)
    return _unwrap_data_key(key_id, use, wrapped=wrapped, place_key=place_key)


class Keyring:
    """The wrapped keys of one person: their own at each place, and those of one case."""

    __slots__ = ("_places", "_rows")

    def __init__(self, rows: dict[tuple[str, str, str], tuple[str, bytes, bytes]]) -> None:
        """Take by use (place, person, case) the key's id, its wrapped bytes and its place's."""
        self._rows = rows
        self._places: dict[str, DataKey] = {}  # opened once for all that it wraps

    def key_of(self, *, place_id: str, person_id: str, case_id: str | None = None) -> DataKey:
        """Return one of them, as ``key_of`` does; KeyDestroyed if it isn't here. No statement."""
        use = place_id, person_id, case_id or ""
        if use not in self._rows:
            raise KeyDestroyed
        key_id, wrapped, place_wrapped = self._rows[use]
        if place_id not in self._places:
            self._places[place_id] = unwrap_place_key(place_id, place_wrapped)
        return _unwrap_data_key(key_id, use, wrapped=wrapped, place_key=self._places[place_id])


def keyring(*, person_id: str, case_id: str) -> Keyring:
    """Return what opens a person's own columns and what a case holds of them. One statement."""
    return Keyring(
        {
            (place_id, person_id, of_case): (key_id, wrapped, place_wrapped)
            for place_id, of_case, key_id, wrapped, place_wrapped in _rows(
                _KEYS_OF_CASE, (person_id, case_id)
            )
        }
    )


def _rows(sql: str, parameters: tuple[str, ...]) -> list[Any]:
    """Run a statement of one shape the short way of our backend; the stubs don't know it."""
    keys: Any = connections[KEYS]
    return list(keys.rows(sql, parameters))


def keys_of(
    *, person_ids: Iterable[str], case_id: str | None = None, place_id: str | None = None
) -> dict[str, DataKey]:
    """Return the keys of many persons by person id; a person without one is absent.

    One statement; none for no persons. At most a few hundred ids: a page of a list. ValueError if
    a person has such keys at several places and ``place_id`` doesn't say which is meant.
    """
    wanted = set(person_ids)
    if not wanted:
        return {}
    rows = models.DataKey.objects.select_related("place").filter(
        person_id__in=wanted, case_id=case_id or ""
    )
    if place_id is not None:
        rows = rows.filter(place_id=place_id)
    found: dict[str, DataKey] = {}
    for row in rows:
        if row.person_id in found:
            message = f"person {row.person_id} has keys at several places: name the place"
            raise ValueError(message)
        found[row.person_id] = opened(row)
    return found


def keys_by_id(key_ids: Iterable[str]) -> dict[str, DataKey]:
    """Return keys by their id, for a check of what they sealed; a destroyed one is absent.

    Node keys are found too. One statement; at most a few hundred ids.
    """
    wanted = set(key_ids)
    found = {one: node_key(one.removeprefix(_NODE)) for one in wanted if one.startswith(_NODE)}
    rows = models.DataKey.objects.select_related("place").filter(pk__in=wanted - found.keys())
    return found | {row.pk: opened(row) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """An erasure in the list: of whom, when, for which legal ground, by whom, of how many keys."""

    person_id: str
    at: datetime
    ground: str
    acting: dict[str, Any]
    keys: int


def erasures() -> list[Erasure]:
    """Return every erasure there was, oldest first. One statement."""
    rows = models.DestroyedPerson.objects.exclude(ground="").order_by("destroyed_at", "person_id")
    return list(map(_erasure, rows))


def erasure_of(person_id: str) -> Erasure:
    """Return the erasure of a person who is in the list. One statement."""
    return _erasure(models.DestroyedPerson.objects.get(person_id=person_id))


def _erasure(row: models.DestroyedPerson) -> Erasure:
    return Erasure(
        person_id=row.person_id,
        at=row.destroyed_at,
        ground=row.ground,
        acting=row.acting or {},
        keys=row.keys,
    )


def destroyed_keys_of(*, person_id: str) -> list[str]:
    """Return the ids of the keys of a person that were destroyed. One statement."""
    gone = models.DestroyedKey.objects.filter(person_id=person_id).order_by("id")
    return list(gone.values_list("id", flat=True))


def destroyed_among(key_ids: Iterable[str]) -> set[str]:
    """Return which of these keys were destroyed. One statement; at most a few hundred ids."""
    gone = models.DestroyedKey.objects.filter(id__in=list(key_ids))
    return set(gone.values_list("id", flat=True))


def destroyed_with_keys() -> list[str]:
    """Return the ids of those destroyed of whom a key is there all the same. One statement."""
    destroyed = models.DestroyedPerson.objects.values("person_id")
    back = models.DataKey.objects.filter(person_id__in=destroyed).order_by("person_id")
    return list(back.values_list("person_id", flat=True).distinct())


def node_key(purpose: str) -> DataKey:
    """Return a key of the node itself, for what belongs to no one person (a spool).

    Derived from the node's key file, so it touches no database. A purpose may name one file
    (``looks/<segment>``), which keeps each key far from its limit of 2**32 seals.
    """
    return DataKey(f"{_NODE}{purpose}", derived(NODE_KEY, f"tongban/node/v1/{purpose}"))


def blind_index(*, purpose: str, value: str) -> bytes:
    """Return 32 bytes by which ``value`` can be found but not read (HMAC-SHA-256).

    Equal values give equal bytes within a purpose, and unrelated ones across purposes. The caller
    brings the value to one form first.
    """
    key = derived(INDEX_KEY, f"tongban/blind-index/v1/{purpose}")
    return hmac.digest(key, value.encode("utf-8"), "sha256")


def digest_writer() -> hmac.HMAC:
    """Return a keyed SHA-256 to feed a file's bytes to; its digest has 32 bytes."""
    return hmac.new(derived(INDEX_KEY, "tongban/file-digest/v1"), digestmod=hashlib.sha256)


def wrap_place_key(place_id: str, secret: bytes) -> bytes:
    """Seal a place's key under the node's."""
    return rules.seal(
        key=_wrapping_key(), table="vault_placekey", row=place_id, column="wrapped", clear=secret
    )


def unwrap_place_key(place_id: str, wrapped: bytes) -> DataKey:
    """Open a place's key; KeyFilesError if this node's key file didn't wrap it."""
    try:
        secret = rules.unseal(
            key=_wrapping_key(),
            table="vault_placekey",
            row=place_id,
            column="wrapped",
            sealed=wrapped,
        )
    except Tampered:
        message = f"the key of place {place_id} doesn't open with this node's {NODE_KEY}"
        raise KeyFilesError(message) from None
    return DataKey(f"place:{place_id}", secret)


def wrap_data_key(row: models.DataKey, place_key: DataKey, secret: bytes) -> bytes:
    """Seal a data key under its place's, bound to the person and the case it is for."""
    column = _column_of(row.person_id, row.case_id)
    return rules.seal(key=place_key, table="vault_datakey", row=row.id, column=column, clear=secret)


def opened(row: models.DataKey) -> DataKey:
    """Return the key of a row that was selected with its place."""
    return _unwrap_data_key(
        row.id,
        (row.place_id, row.person_id, row.case_id),
        wrapped=bytes(row.wrapped),
        place_key=unwrap_place_key(row.place_id, bytes(row.place.wrapped)),
    )


def _unwrap_data_key(
    key_id: str, use: tuple[str, str, str], *, wrapped: bytes, place_key: DataKey
) -> DataKey:
    """Open a data key of the use (place, person, case)."""
    _, person_id, case_id = use
    secret = rules.unseal(
        key=place_key,
        table="vault_datakey",
        row=key_id,
        column=_column_of(person_id, case_id),
        sealed=wrapped,
    )
    return DataKey(key_id, secret)


def _column_of(person_id: str, case_id: str) -> str:
    """Name what the key is for; ids hold no slash, so that two uses never have one name."""
    return f"wrapped/{person_id}/{case_id}"


def _wrapping_key() -> DataKey:
    return DataKey("node", derived(NODE_KEY, _WRAP_PLACES))
