"""Does the store still tell one story? Used by ``tongban verify`` and after every fault test."""

from collections.abc import Iterator
from dataclasses import dataclass

from tongban.cases.models import Case, CaseEvent
from tongban.cases.queries.evidence_checks import check_against_log
from tongban.cases.queries.limits import facts_of
from tongban.cases.rules import agency_due
from tongban.cases.transitions import TABLE, State, Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One thing that does not fit: which case, and what is wrong with it."""

    case_id: str
    what: str


def check_cases() -> Iterator[Damage]:
    """Yield each case whose events have gaps, break the transition table, or belie header or log.

    Of the header, its state and the agency's day are compared; events and documents of record are
    held against the evidence entries that they left. Keeps one case in memory.
    """
    for case in Case.objects.order_by("id").iterator(chunk_size=500):
        events = list(
            CaseEvent.objects.filter(case_id=case.id, leg=0)
            .order_by("seq")
            .values_list("seq", "verb", "state")
        )
        yield from _check(case, events)
        for what in check_against_log(case):
            yield Damage(case_id=case.id, what=what)


def _check(case: Case, events: list[tuple[int, str, str]]) -> Iterator[Damage]:
    if [seq for seq, _, _ in events] != list(range(1, case.seq + 1)):
        yield Damage(case_id=case.id, what=f"events do not run from 1 to {case.seq}")
        return
    before: State | None = None
    for seq, verb, after in events:
        row = TABLE[Verb(verb)]
        fits = (before is None) if not row.sources else (before in row.sources)
        if not fits or State(after) not in row.targets:
            yield Damage(case_id=case.id, what=f"event {seq}: {verb} cannot lead to {after}")
        before = State(after)
    if before is None or before.value != case.state:
        yield Damage(case_id=case.id, what=f"header says {case.state}, events say {before}")
    elif case.agency_due_on != (day := agency_due(facts_of(case))):
        yield Damage(case_id=case.id, what=f"queued for {case.agency_due_on}, limits say {day}")
