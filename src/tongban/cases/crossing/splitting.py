"""Cases that go to another node when an installation is split, and those that both will have.

A case goes with the place that decides it. Where another place's office took it in, both have it
from then on: the deciding agency's node orders its events, the other one keeps its copy. A draft at
a window stays that window's.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tongban.cases.crossing.handing import ENTRY
from tongban.cases.models import (
    Case,
    CaseAbroad,
    CaseEvent,
    CasePaper,
    DocumentOfRecord,
    NumberSequence,
    PersonAbroad,
    Pointer,
)
from tongban.cases.transitions import TABLE, State
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.vault import api as vault
from tongban.work import api as work

Json = dict[str, Any]
_FINAL = frozenset(State) - {source for row in TABLE.values() for source in row.sources}
_TABLES = {
    "cases": Case,
    "case_events": CaseEvent,
    "case_papers": CasePaper,
    "case_records": DocumentOfRecord,
    "numbers": NumberSequence,
}
_OWN: dict[str, tuple[str, ...]] = {"numbers": ("id",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """Cases by what becomes of them, whom they name, and what is in the way.

    ``going`` leave whole; of ``theirs`` the other node orders the events from now on, of ``ours``
    this one goes on to: both keep them.
    """

    going: frozenset[str]
    theirs: frozenset[str]
    ours: frozenset[str]
    people: frozenset[str]
    people_staying: frozenset[str]
    mandates: frozenset[str]
    mandates_staying: frozenset[str]
    editions: frozenset[str]
    in_the_way: tuple[str, ...]

    @property
    def carried(self) -> frozenset[str]:
        """Return all that the other node gets."""
        return self.going | self.theirs | self.ours


def sort_out(goes: Callable[[str], bool], *, node: str) -> Sorted:
    """Sort every case by its places; one statement for the cases, one for those abroad."""
    abroad = dict(CaseAbroad.objects.values_list("case_id", "node"))
    piles: dict[str, set[str]] = {name: set() for name in ("going", "theirs", "ours", "staying")}
    people: dict[bool, set[str]] = {True: set(), False: set()}
    mandates: dict[bool, set[str]] = {True: set(), False: set()}
    editions, in_the_way = set[str](), []
    columns = ("id", "number", "place_id", "receiving_place_id", "state", "edition_id")
    for row in Case.objects.values(*columns, "applicant_id", "agent_id", "mandate_id"):
        pile = _pile(row, goes)
        piles[pile].add(row["id"])
        carried, stays = pile != "staying", pile != "going"
        for side in {True} if not stays else {True, False} if carried else {False}:
            people[side] |= {one for one in (row["applicant_id"], row["agent_id"]) if one}
            mandates[side] |= {row["mandate_id"]} - {None}
        if carried:
            editions.add(row["edition_id"])
            if problem := _third(row, abroad.get(row["id"]), node):
                in_the_way.append(problem)
    return Sorted(
        going=frozenset(piles["going"]),
        theirs=frozenset(piles["theirs"]),
        ours=frozenset(piles["ours"]),
        people=frozenset(people[True]),
        people_staying=frozenset(people[False]),
        mandates=frozenset(mandates[True]),
        mandates_staying=frozenset(mandates[False]),
        editions=frozenset(editions),
        in_the_way=tuple(sorted(in_the_way)),
    )


def _pile(row: Json, goes: Callable[[str], bool]) -> str:
    decided = goes(row["place_id"])
    taken = decided if row["receiving_place_id"] is None else goes(row["receiving_place_id"])
    if row["state"] == State.DRAFT.value:  # nobody but the window, or the applicant, has it yet
        return "going" if taken else "staying"
    if decided == taken:
        return "going" if decided else "staying"
    return "theirs" if decided else "ours"


def _third(row: Json, abroad: str | None, node: str) -> str | None:
    """Tell of a case that another node than these two has a part in, before its end."""
    if abroad == node and CaseAbroad.objects.filter(case_id=row["id"], answered_at=None).exists():
        return None  # of this very split, begun before
    name = row["number"] or row["id"]
    if abroad is not None and State(row["state"]) not in _FINAL:
        return f"{name} is under way between this node and {abroad}: it must end first"
    if row["state"] == State.DRAFT.value and not federation.hosts(row["place_id"]):
        return (
            None
            if federation.node_hosting(row["place_id"]) == node
            else (f"the draft {row['id']} is for another node: hand it in or void it first")
        )
    return None


def packed(case_ids: Iterable[str], *, goes: Callable[[str], bool]) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of these cases, and of the numbers that the leaving places gave."""
    ids = list(case_ids)
    for table, column in (
        ("cases", "pk"),
        ("case_events", "case_id"),
        ("case_papers", "case_id"),
        ("case_records", "case_id"),
    ):
        for part in work.rows.parts_of(ids):
            rows = _TABLES[table].objects.filter(**{f"{column}__in": part}).order_by("id")  # type: ignore[attr-defined]
            for row in work.rows.packed(rows):
                yield table, row
    issuers = NumberSequence.objects.order_by("id").values_list("issuer", flat=True).distinct()
    for part in work.rows.parts_of(one for one in issuers if goes(one.rpartition("/")[2])):
        numbers = NumberSequence.objects.filter(issuer__in=part).order_by("id")
        for row in work.rows.packed(numbers, without=_OWN["numbers"]):
            yield "numbers", row


def put(table: str, rows: Iterable[Json]) -> int:
    """Insert rows that ``packed`` told of a table."""
    return work.rows.put(_TABLES[table], rows)


def are_here(case_ids: Iterable[str]) -> int:
    """Return how many of these cases this node has."""
    return sum(Case.objects.filter(pk__in=part).count() for part in work.rows.parts_of(case_ids))


def stand_still(found: Sorted, *, node: str) -> None:
    """Let nobody move what is given to a node until it has it; in the caller's transaction.

    As with a case that is being handed over. What this node goes on to order isn't held up: the
    other one is told as soon as it is there.
    """
    begun = set(CaseAbroad.objects.filter(node=node).values_list("case_id", flat=True))
    last = delivery.splitting.last_moves(found.carried)
    now = clock.now()
    for part in work.rows.parts_of(found.carried - begun):
        CaseAbroad.objects.filter(case_id__in=part).delete()  # of a third node, and at an end
        CaseAbroad.objects.bulk_create(
            CaseAbroad(
                case_id=case.id,
                node=node,
                ordered_here=case.id in found.ours,
                persons={},
                handed_at=now,
                told_seq=case.seq,
                told_papers=last.get(case.id, {}),
                told_files=_files(case),
            )
            for case in Case.objects.filter(pk__in=part)
        )


def settle(found: Sorted, *, node: str, bundle: str) -> None:
    """Note that a node has what was given to it, and remove what left; in the caller's transaction.

    Each case leaves an entry that stays readable here: what is gone went there.
    """
    for part in work.rows.parts_of(found.carried):
        for case in Case.objects.filter(pk__in=part).order_by("id"):
            leaves = case.id in found.going
            key = None if leaves else _key(case)
            _record(case, key, "handed", node, bundle, stays=not leaves)
    for part in work.rows.parts_of(found.theirs | found.ours):
        CaseAbroad.objects.filter(case_id__in=part).update(answered_at=clock.now())
    with work.rows.removable(CaseEvent, DocumentOfRecord):
        for part in work.rows.parts_of(found.going):
            for model in (CaseAbroad, CasePaper, DocumentOfRecord, CaseEvent):
                model.objects.filter(case_id__in=part).delete()
            Case.objects.filter(pk__in=part).delete()


def begin_here(found: Sorted, *, node: str, bundle: str) -> None:
    """Note that this node has cases that another one gave, and which of them it orders.

    ``found`` is the other node's view: what was ``theirs`` to it is ours.
    """
    now, last = clock.now(), delivery.splitting.last_moves(found.carried)
    for part in work.rows.parts_of(found.carried):
        for case in Case.objects.filter(pk__in=part).order_by("id"):
            if case.id not in found.going:
                CaseAbroad.objects.create(
                    case_id=case.id,
                    node=node,
                    ordered_here=case.id in found.theirs,
                    persons={},
                    handed_at=now,
                    answered_at=now,
                    told_seq=case.seq,
                    told_papers=last.get(case.id, {}),
                    told_files=_files(case),
                )
            stays = case.id not in found.going
            _record(case, _key(case), "taken", node, bundle, stays=stays)


def _files(case: Case) -> list[str]:
    rows = CasePaper.objects.filter(case_id=case.id).order_by("id")
    return list(rows.values_list("id", flat=True))


def _key(case: Case) -> vault.DataKey | None:
    """Return the key of a case, None where its applicant was erased."""
    found = vault.keys_of(person_ids=[case.applicant_id], case_id=case.id, place_id=case.place_id)
    return found.get(case.applicant_id)


def _record(
    case: Case, key: vault.DataKey | None, direction: str, node: str, bundle: str, *, stays: bool
) -> None:
    facts = {"number": case.number, "direction": direction, "node": node, "seq": case.seq}
    evidence.record(
        kind=ENTRY,
        at=clock.now(),
        place_id=case.place_id,
        acting=OPERATOR,
        subject=("case", case.id),
        facts={**facts, "bundle": bundle, "stays": stays},
        key=key,
    )


def whole() -> dict[str, int]:
    """Return how many rows there are, by table."""
    return {name: model.objects.count() for name, model in _TABLES.items()}  # type: ignore[attr-defined]


def forget_people(person_ids: Iterable[str]) -> None:
    """Forget where else people are known who have gone: they say so anew at their new node."""
    for part in work.rows.parts_of(person_ids):
        PersonAbroad.objects.filter(person_id__in=part).delete()
        Pointer.objects.filter(person_id__in=part).delete()


def forget_numbers(goes: Callable[[str], bool]) -> None:
    """Forget the numbers of places that have gone: their node counts on."""
    issuers = NumberSequence.objects.values_list("issuer", flat=True).distinct()
    gone = [one for one in issuers if goes(one.rpartition("/")[2])]
    NumberSequence.objects.filter(issuer__in=gone).delete()
