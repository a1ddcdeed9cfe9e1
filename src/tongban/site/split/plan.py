"""What goes to the other node, what both keep, what leaves this one: decided once, then held to."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tongban.cases import api as cases
from tongban.delivery import api as delivery
from tongban.documents import api as documents
from tongban.evidence import api as evidence
from tongban.identity import api as identity
from tongban.matters import api as matters
from tongban.vault import api as vault

Json = dict[str, Any]
Goes = Callable[[str], bool]
TABLES: Mapping[str, Callable[[str, Iterator[Json]], int]] = {
    "editions": matters.splitting.put,
    "persons": identity.splitting.put,
    "documents": documents.splitting.put,
    "mandates": identity.splitting.put,
    "cases": cases.splitting.put,
    "case_events": cases.splitting.put,
    "case_papers": cases.splitting.put,
    "case_records": cases.splitting.put,
    "numbers": cases.splitting.put,
    "custody_items": delivery.splitting.put,
    "custody_moves": delivery.splitting.put,
    "entries": evidence.splitting.put,
    "looks": evidence.splitting.put,
}
"""What is carried, in the order in which it can be put: each row after those it refers to."""
NEVER_LEAVE = frozenset({"editions", "entries"})
"""The catalogue is on every node; what the log holds stays where the log is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is carried and what leaves, by ids."""

    cases: cases.splitting.Sorted
    people: identity.splitting.People
    keys: frozenset[str]
    keys_leaving: frozenset[str]

    def as_json(self) -> Json:
        """Return the ids as the other node, and a later run, need them."""
        return {
            "going": sorted(self.cases.going),
            "theirs": sorted(self.cases.theirs),
            "ours": sorted(self.cases.ours),
            "editions": sorted(self.cases.editions),
            "persons": sorted(self.people.carried),
            "persons_leaving": sorted(self.people.leaving),
            "mandates": sorted(self.people.mandates),
            "mandates_leaving": sorted(self.people.mandates_leaving),
            "scans": sorted(self.people.scans),
            "keys": sorted(self.keys),
            "keys_leaving": sorted(self.keys_leaving),
        }

    @classmethod
    def of_json(cls, said: Mapping[str, list[str]]) -> "Plan":
        """Return the plan that was told."""
        ids = {name: frozenset(one) for name, one in said.items()}
        nobody: frozenset[str] = frozenset()
        return cls(
            cases=cases.splitting.Sorted(
                going=ids["going"],
                theirs=ids["theirs"],
                ours=ids["ours"],
                people=nobody,
                people_staying=nobody,
                mandates=nobody,
                mandates_staying=nobody,
                editions=ids["editions"],
                in_the_way=(),
            ),
            people=identity.splitting.People(
                carried=ids["persons"],
                leaving=ids["persons_leaving"],
                mandates=ids["mandates"],
                mandates_leaving=ids["mandates_leaving"],
                scans=ids["scans"],
            ),
            keys=ids["keys"],
            keys_leaving=ids["keys_leaving"],
        )


def make(goes: Goes, *, node: str) -> Plan:
    """Decide by the places what is carried to a node and what leaves this one. Writes nothing."""
    found = cases.splitting.sort_out(goes, node=node)
    people = identity.splitting.people(
        goes,
        carried=found.people,
        carried_mandates=found.mandates,
        staying=found.people_staying,
        staying_mandates=found.mandates_staying,
    )
    registered_by = identity.splitting.places_of(people.carried)
    own = {
        key_id
        for key_id, place_id, person_id in vault.splitting.keys_of_persons(people.carried)
        if goes(place_id) or registered_by[person_id] == place_id
    }
    return Plan(
        cases=found,
        people=people,
        keys=frozenset(own.union(vault.splitting.keys_in_cases(found.carried))),
        keys_leaving=frozenset(
            {key_id for key_id, _, _ in vault.splitting.keys_of_persons(people.leaving)}.union(
                vault.splitting.keys_in_cases(found.going)
            )
        ),
    )


def carried(plan: Plan, goes: Goes) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of all that the other node gets, in the order of ``TABLES``."""
    ids, people = plan.cases.carried, plan.people
    owners = [("case", one) for one in ids] + [("person", one) for one in people.leaving]
    subjects = owners + [("mandate", one) for one in people.mandates]
    yield from matters.splitting.packed(plan.cases.editions)
    yield from identity.splitting.packed(people.carried, ())
    yield from documents.splitting.packed(owners, besides=people.scans)
    yield from identity.splitting.packed((), people.mandates)
    yield from cases.splitting.packed(ids, goes=goes)
    yield from delivery.splitting.packed(ids)
    yield from evidence.splitting.packed(subjects, key_ids=plan.keys)


def leaving(plan: Plan, goes: Goes) -> Iterator[tuple[str, Json]]:
    """Yield (table, row) of all that will be on this node no more."""
    ids, people = plan.cases.going, plan.people
    owners = [("case", one) for one in ids] + [("person", one) for one in people.leaving]
    subjects = owners + [("mandate", one) for one in people.mandates_leaving]
    yield from identity.splitting.packed(people.leaving, people.mandates_leaving)
    yield from documents.splitting.packed(owners)
    yield from cases.splitting.packed(ids, goes=goes)
    yield from delivery.splitting.packed(ids)
    yield from evidence.splitting.packed(subjects, key_ids=plan.keys_leaving)


def leaving_counts(plan: Plan, goes: Goes) -> dict[str, int]:
    """Return how many rows leave, by table."""
    counts = Counter(table for table, _ in leaving(plan, goes))
    return {table: 0 if table in NEVER_LEAVE else counts[table] for table in TABLES}


def whole() -> dict[str, int]:
    """Return how many rows of each table this node has now."""
    found = (
        identity.splitting.whole()
        | documents.splitting.whole()
        | cases.splitting.whole()
        | delivery.splitting.whole()
        | evidence.splitting.whole()
    )
    return {table: found[table] for table in TABLES if table in found}
