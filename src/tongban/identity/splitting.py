"""People and mandates that go to another node when an installation is split.

Whom a leaving place has registered goes; who has a case or a mandate on this side stays as well.
Staff and posts come with the region's files, on every node.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tongban.identity.errors import PersonApart
from tongban.identity.models import HomeLink, LoginCode, Mandate, Person, PersonState, StaffSession
from tongban.identity.queries.people import number_index, unsealed
from tongban.identity.rules import NumberKind
from tongban.kernel import clock
from tongban.vault import api as vault
from tongban.work import api as work

Json = dict[str, Any]
_OWN = ("number_index",)
_TABLES = {"persons": Person, "mandates": Mandate}


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is to be carried to the other node, and which of them leave this one."""

    carried: frozenset[str]
    leaving: frozenset[str]
    mandates: frozenset[str]
    mandates_leaving: frozenset[str]
    scans: frozenset[str]  # documents of the mandates


def people(
    goes: Callable[[str], bool],
    *,
    carried: Collection[str],
    carried_mandates: Collection[str],
    staying: Collection[str],
    staying_mandates: Collection[str],
) -> People:
    """Sort people and mandates; given are those whom cases of either side name."""
    registered = {
        person_id
        for person_id, place_id in Person.objects.values_list("id", "place_id")
        if goes(place_id)
    }
    held = {row.id: row for row in Mandate.objects.all()}
    rows = [(row.id, row.principal_id, row.agent_id) for row in held.values()]
    taken = [row for row in rows if row[0] in carried_mandates or row[1] in registered]
    leaving = registered - set(staying)
    while True:
        gone = {row[0] for row in rows if row[1] in leaving and row[0] not in staying_mandates}
        kept = {one for row in rows if row[0] not in gone for one in row[1:]}
        if not leaving & kept:
            break
        leaving -= kept
    parties = {one for row in taken for one in row[1:]}
    return People(
        carried=frozenset(registered.union(carried, parties)),
        leaving=frozenset(leaving),
        mandates=frozenset(row[0] for row in taken),
        mandates_leaving=frozenset(gone),
        scans=frozenset(filter(None, (held[row[0]].document_id for row in taken))),
    )


def places_of(person_ids: Iterable[str]) -> dict[str, str]:
    """Return by which place each was registered."""
    found: dict[str, str] = {}
    for part in work.rows.parts_of(person_ids):
        found.update(Person.objects.filter(pk__in=part).values_list("id", "place_id"))
    return found


def packed(person_ids: Iterable[str], mandate_ids: Iterable[str]) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of these people and mandates."""
    for part in work.rows.parts_of(person_ids):
        rows = Person.objects.filter(pk__in=part).order_by("id")
        for row in work.rows.packed(rows, without=_OWN):
            yield "persons", row
    for part in work.rows.parts_of(mandate_ids):
        for row in work.rows.packed(Mandate.objects.filter(pk__in=part).order_by("id")):
            yield "mandates", row


def put(table: str, rows: Iterable[Json]) -> int:
    """Insert rows that ``packed`` told of a table; the keys are here already. PersonApart."""
    return work.rows.put(_TABLES[table], rows, own=_index if table == "persons" else None)


def _index(row: Json) -> Json:
    """Return the index of a person's number: each node has an index key of its own."""
    if row["state"] == PersonState.ERASED.value:
        return {"number_index": None}
    key = vault.key_of(place_id=row["place_id"], person_id=row["id"])
    number = unsealed(key, row["id"], "number", work.rows.bytes_of(row["number"]))
    index = number_index(NumberKind(row["number_kind"]), number)
    if Person.objects.filter(number_kind=row["number_kind"], number_index=index).exists():
        raise PersonApart
    return {"number_index": index}


def remove(person_ids: Iterable[str], mandate_ids: Iterable[str]) -> None:
    """Remove people and mandates that have gone, in the caller's transaction.

    By accounts at other nodes they log in at their new node when they have linked them there.
    """
    for part in work.rows.parts_of(mandate_ids):
        Mandate.objects.filter(pk__in=part).delete()
    for part in work.rows.parts_of(person_ids):
        LoginCode.objects.filter(person_id__in=part).delete()
        HomeLink.objects.filter(person_id__in=part).delete()
        Person.objects.filter(pk__in=part).delete()


def end_sign_ins(goes: Callable[[str], bool]) -> int:
    """End the sign-ins of staff whose places have gone; return how many there were."""
    standing = StaffSession.objects.filter(revoked_at=None)
    rows = standing.values_list("token_digest", "post__place_id")
    gone = [digest for digest, place_id in rows if goes(place_id)]
    return sum(
        standing.filter(pk__in=part).update(revoked_at=clock.now())
        for part in work.rows.parts_of(gone)
    )


def whole() -> dict[str, int]:
    """Return how many rows there are, by table."""
    return {"persons": Person.objects.count(), "mandates": Mandate.objects.count()}
