"""Whether a case's rows still say what the evidence log says of them, and none is missing.

What someone with full rights over the database edits, removes or adds belies the entries that were
left: their leaves stand in a log that others have cosigned.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tongban.cases.models import EVENT_TABLE, RECORD_TABLE, Case, CaseEvent, DocumentOfRecord
from tongban.cases.queries.facts import entry_facts
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
HANDED_OVER = "case.handed_over"
_BATCH = 500


def missing_cases() -> Iterator[str]:
    """Yield the cases that entries speak of and that aren't there, but for those that went away."""
    ids = list(evidence.subjects_of(kind="case"))
    for start in range(0, len(ids), _BATCH):
        part = ids[start : start + _BATCH]
        there = set(Case.objects.filter(id__in=part).values_list("id", flat=True))
        yield from (one for one in part if one not in there and not _has_left(one))


def _has_left(case_id: str) -> bool:
    """Tell whether an entry says that the case went to another node whole, in a split."""
    try:
        entries = evidence.open_entries(subject=("case", case_id))
    except EntryChanged:  # named by the entries' own check; it tells nothing any more
        return False
    return any(
        entry.kind == HANDED_OVER and entry.body["facts"].get("stays") is False for entry in entries
    )


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
    said = [entry for entry in entries if "event" in entry.body["facts"]]
    if key is None:
        if said:
            yield "its entries open, but its applicant has no key in it"
        return
    events = list(CaseEvent.objects.filter(case_id=case.id, leg=0).order_by("seq"))
    yield from _check_events(case, events, said, key)
    yield from _check_header(case, events)
    yield from _check_records(case, said, key)


def _check_events(
    case: Case, events: list[CaseEvent], entries: list[evidence.Entry], key: vault.DataKey
) -> Iterator[str]:
    said = {entry.body["facts"]["event"]: entry for entry in entries}
    for event in events:
        if TABLE[Verb(event.verb)].entry is None:
            continue
        entry = said.pop(event.id, None)
        if entry is None:
            yield f"event {event.seq}: {event.verb} left no entry"
        elif not _agrees(event, entry, case, key):
            yield f"event {event.seq}: its entry {entry.id} says otherwise"
    for entry in said.values():
        yield f"entry {entry.id}: its event is gone"
    for event_id, count in Counter(one.body["facts"]["event"] for one in entries).items():
        if count > 1:
            yield f"event {event_id}: {count} entries speak of it"


def _check_header(case: Case, events: list[CaseEvent]) -> Iterator[str]:
    """Hold the moments that the law counts from, and the outcome, against their events."""
    at = {Verb(event.verb): event.at for event in events}
    ends = [event.state for event in events if Verb(event.verb) in _OUTCOMES]
    silent = [event.payload.get("by_silence") for event in events if event.verb == Verb.ACCEPT]
    expected: dict[str, Any] = {
        column: next((at[verb] for verb in verbs if verb in at), None)
        for column, verbs in _MOMENTS.items()
    }
    expected |= {
        "outcome": ends[-1] if ends else "",
        "accepted_by_silence": bool(silent and silent[-1]),
    }
    for column, value in expected.items():
        if getattr(case, column) != value:
            yield f"header says {column} {getattr(case, column)}, events say {value}"


def _check_records(case: Case, entries: list[evidence.Entry], key: vault.DataKey) -> Iterator[str]:
    digests = {
        document["id"]: document["digest"]
        for entry in entries
        for document in entry.body["documents"]
        if "record" in document
    }
    before = {e.body["facts"]["seq"] for e in entries if not _lists_records(e)}
    for record in DocumentOfRecord.objects.filter(case_id=case.id).order_by("seq", "kind"):
        content, digest = _content_of(record, key)
        expected = digests.pop(record.id, None)
        # Papers made before entries listed them have no salt, and no digest in their entry.
        is_older = expected is None and record.seq in before and "salt" not in content
        made_on = record.made_on.isoformat()
        says = (content.get("number"), content.get("kind"), content.get("made_on"))
        if says != (record.number, record.kind, made_on) or not (digest == expected or is_older):
            yield f"document {record.number}: its entry says otherwise"
    for record_id in digests:
        yield f"document {record_id}: it is gone"


def _lists_records(entry: evidence.Entry) -> bool:
    return any("record" in document for document in entry.body["documents"])


def _agrees(event: CaseEvent, entry: evidence.Entry, case: Case, key: vault.DataKey) -> bool:
    expected = entry_facts(
        case, event_id=event.id, seq=event.seq, state=event.state, payload=event.payload
    )
    facts = entry.body["facts"]
    papers = {document["id"]: document["digest"] for document in event.documents}
    listed = {
        document["id"]: document["digest"]
        for document in entry.body["documents"]
        if "record" not in document
    }
    return (
        facts == {name: value for name, value in expected.items() if name in facts}
        and "seq" in facts
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


def _content_of(record: DocumentOfRecord, key: vault.DataKey) -> tuple[dict[str, Any], str | None]:
    """Return what a document says and the digest of it; nothing where it doesn't open."""
    try:
        clear = vault.unseal(
            key=key,
            table=RECORD_TABLE,
            row=record.id,
            column="content",
            sealed=bytes(record.content),
        )
    except Tampered:
        return {}, None
    return json.loads(clear), hashlib.sha256(clear).hexdigest()
