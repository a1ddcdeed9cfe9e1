"""Whether a case's events and papers still say what the evidence log says of them.

An event that someone edited with full rights over the database belies its entry, and the entry
can't be made anew: its leaf stands in a log that others have cosigned.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from tongban.cases.models import EVENT_TABLE, RECORD_TABLE, Case, CaseEvent, DocumentOfRecord
from tongban.cases.transitions import TABLE, Verb
from tongban.evidence import api as evidence
from tongban.evidence.errors import EntryChanged
from tongban.vault import api as vault
from tongban.vault.errors import Tampered

_MOMENTS = {
    "accepted_at": {Verb.ACCEPT},
    "decided_at": {Verb.DECIDE},
    "closed_at": {Verb.CLOSE, Verb.WITHDRAW, Verb.VOID},
}
"""Columns of the header, and the verbs whose moments they keep."""
_OUTCOMES = {Verb.DECIDE, Verb.DECLINE, Verb.WITHDRAW, Verb.VOID}


def check_against_log(case: Case) -> Iterator[str]:
    """Yield what in a case belies its entries; nothing for one whose keys were destroyed.

    Six statements.
    """
    try:
        entries = evidence.open_entries(subject=("case", case.id))
    except (EntryChanged, Tampered, ValueError) as fault:
        yield f"its entries can't be opened: {type(fault).__name__}"
        return
    keys = vault.keys_of(person_ids=[case.applicant_id], case_id=case.id, place_id=case.place_id)
    key = keys.get(case.applicant_id)
    said = {one.body["facts"]["event"]: one for one in entries if "event" in one.body["facts"]}
    if key is None:
        if said:
            yield "its entries open, but its applicant has no key in it"
        return
    events = list(CaseEvent.objects.filter(case_id=case.id, leg=0).order_by("seq"))
    for event in events:
        if TABLE[Verb(event.verb)].entry is None:
            continue
        entry = said.get(event.id)
        if entry is None:
            yield f"event {event.seq}: {event.verb} left no entry"
        elif not _agrees(event, entry, case, key):
            yield f"event {event.seq}: its entry {entry.id} says otherwise"
    yield from _check_header(case, events)
    yield from _check_records(case, entries, key)


def _check_header(case: Case, events: list[CaseEvent]) -> Iterator[str]:
    """Hold the moments that the law counts from, and the outcome, against their events."""
    at = {Verb(event.verb): event.at for event in events}
    ends = [event.state for event in events if Verb(event.verb) in _OUTCOMES]
    expected = {
        column: next((at[verb] for verb in verbs if verb in at), None)
        for column, verbs in _MOMENTS.items()
    }
    for column, value in {**expected, "outcome": ends[-1] if ends else ""}.items():
        if getattr(case, column) != value:
            yield f"header says {column} {getattr(case, column)}, events say {value}"


def _check_records(case: Case, entries: list[evidence.Entry], key: vault.DataKey) -> Iterator[str]:
    digests = {
        document["id"]: document["digest"]
        for entry in entries
        for document in entry.body["documents"]
    }
    for record in DocumentOfRecord.objects.filter(case_id=case.id).order_by("seq", "kind"):
        if _digest_of(record, key) != digests.get(record.id):
            yield f"document {record.number}: its entry says otherwise"


def _agrees(event: CaseEvent, entry: evidence.Entry, case: Case, key: vault.DataKey) -> bool:
    expected = {
        "number": case.number,
        "seq": event.seq,
        "state": event.state,
        "event": event.id,
        **event.payload,
    }
    papers = {document["id"]: document["digest"] for document in event.documents}
    listed = {document["id"]: document["digest"] for document in entry.body["documents"]}
    return (
        entry.body["facts"] == expected
        and entry.at == event.at
        and entry.kind == TABLE[Verb(event.verb)].entry
        and entry.body["acting"] == event.acting
        and papers.items() <= listed.items()
        and entry.personal == _personal(event, key)
    )


def _personal(event: CaseEvent, key: vault.DataKey) -> dict[str, Any] | None:
    """Return what an event holds sealed, None where it doesn't open."""
    if event.sealed is None:
        return {}
    try:
        return vault.unseal_json(
            key=key, table=EVENT_TABLE, row=event.id, column="sealed", sealed=event.sealed
        )
    except Tampered:
        return None


def _digest_of(record: DocumentOfRecord, key: vault.DataKey) -> str | None:
    try:
        clear = vault.unseal(
            key=key,
            table=RECORD_TABLE,
            row=record.id,
            column="content",
            sealed=bytes(record.content),
        )
    except Tampered:
        return None
    return hashlib.sha256(clear).hexdigest()
