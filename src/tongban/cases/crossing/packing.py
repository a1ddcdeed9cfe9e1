"""A case, its events, documents of record and papers as JSON for another node.

What is sealed here is opened to be sent, in an envelope that only that node opens, and sealed there
under its own keys. The bodies of the messages, all in the lane of the case but the last three:

``case.handed``: header, edition, applicant, events, records, papers, files: the whole case
``case.told``: case_id, header (or null), events, records, papers, files: what is new; with a
    correction ``files`` lists every file of the case, otherwise it is empty or absent
    ``compared``, once true, tells that all was told after the two ends compared their records
``case.proposed``: case_id, verb, seq, acting, request, key, files
``case.pointed``, ``case.unpointed``, ``person.erased``: as ``POINTED``, ``UNPOINTED`` and
    ``ERASED`` say, in the person's lane
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from tongban.cases.crossing.record_forms import RECORD_CONTENT
from tongban.cases.models import EVENT_TABLE, RECORD_TABLE, Case, CaseEvent, DocumentOfRecord
from tongban.cases.transitions import State
from tongban.federation.errors import DataUnfit
from tongban.kernel.canonical import read_canonical
from tongban.kernel.validation import has_nul
from tongban.kernel.wire import columns, day, moment, optional_day, optional_moment
from tongban.matters import api as matters
from tongban.vault import api as vault

_BEGUN = (
    "id",
    "place_id",
    "agency_id",
    "matter_code",
    "mode",
    "receiving_office_id",
    "receiving_place_id",
    "created_at",
)
MOMENTS = ("papers_at", "accepted_at", "decided_at", "closed_at")
DAYS = (
    "answer_due_on",
    "silence_on",
    "due_on",
    "statutory_due_on",
    "hand_due_on",
    "agency_due_on",
)
_PLAIN = ("number", "form_seq", "accepted_by_silence", "due_provisional", "outcome")
PROJECTED = (*MOMENTS, *DAYS, *_PLAIN)
"""Columns of the header that follow the events, but for those that each event names itself."""
_EVENT = ("id", "seq", "verb", "state", "at", "recorded_at", "acting", "payload", "documents")

ASKED_IN = frozenset({State.CORRECTING, State.CLOSED})
"""States in which something is asked of the applicant."""

Json = dict[str, Any]

_ID = {"type": "string", "pattern": r"^[a-z][a-z0-9]{0,15}-[0-9a-f]{32}\Z"}
POINTED: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "case_id",
        "person",
        "number",
        "title",
        "title_en",
        "place_id",
        "state",
        "outcome",
        "asked",
        "changed_at",
    ],
    "properties": {
        "case_id": _ID,
        "person": {"type": "string", "pattern": r"^[!-~]{1,49}\Z"},
        "number": {"type": "string", "minLength": 1, "maxLength": 64},
        "title": {"type": "string", "minLength": 1, "maxLength": 200},
        "title_en": {"type": "string", "maxLength": 300},
        "place_id": {"type": "string", "maxLength": 49},
        "state": {"enum": [state.value for state in State]},
        "outcome": {"type": "string", "maxLength": 16},
        "asked": {"type": "boolean"},
        "changed_at": {
            "type": "string",
            "pattern": r"^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z\Z",
        },
    },
}
"""The form of ``case.pointed``. Where the case is opened is no part of it: a link leads to the
address of the sender's trusted document, and nowhere else."""
UNPOINTED: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["person"],
    "properties": {"person": POINTED["properties"]["person"]},
}
"""The form of ``case.unpointed``."""
ERASED: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["person", "cases", "ground"],
    "properties": {
        "person": {"type": "string", "maxLength": 49},
        "cases": {"type": "array", "items": _ID, "maxItems": 10_000},
        "ground": {"type": "string", "maxLength": 40},
    },
}
"""The form of ``person.erased``: ``person`` is the receiver's id, empty where only cases tell."""


def header(case: Case) -> Json:
    """Return what a header was begun with, and what follows its events."""
    return columns(case, _BEGUN) | projection(case)


def projection(case: Case) -> Json:
    """Return the columns that follow the events."""
    return columns(case, PROJECTED)


def pointer(case: Case, person: str) -> Json:
    """Return what a node shows a person of a case that it hasn't: no name, no number of theirs."""
    edition = matters.edition(case.edition_id)
    return {
        "case_id": case.id,
        "person": person,
        "title": edition.title,
        "title_en": edition.title_en,
        "asked": State(case.state) in ASKED_IN,
    } | columns(case, ("number", "place_id", "state", "outcome", "changed_at"))


def pointer_values(data: Mapping[str, Any]) -> Json:
    """Return the columns of a pointer that another node pushes."""
    names = ("number", "title", "title_en", "place_id", "state", "outcome", "asked")
    return {name: data[name] for name in names} | {
        "person_id": data["person"],
        "changed_at": moment(data["changed_at"]),
    }


def begun(data: Mapping[str, Any]) -> Json:
    """Return the columns that a header is begun with."""
    return {name: data[name] for name in _BEGUN} | {"created_at": moment(data["created_at"])}


def projected(data: Mapping[str, Any]) -> Json:
    """Return the columns that follow the events, as values of the header."""
    return (
        {name: optional_moment(data[name]) for name in MOMENTS}
        | {name: optional_day(data[name]) for name in DAYS}
        | {name: data[name] for name in _PLAIN}
    )


def event(row: CaseEvent, key: vault.DataKey) -> Json:
    """Return an event with what it holds sealed, opened."""
    personal = {}
    if row.sealed is not None:
        personal = vault.unseal_json(
            key=key, table=EVENT_TABLE, row=row.id, column="sealed", sealed=bytes(row.sealed)
        )
    return columns(row, _EVENT) | {"personal": personal}


def event_row(data: Mapping[str, Any], case: Case, key: vault.DataKey) -> CaseEvent:
    """Return the row of an event that another node tells of, not saved."""
    values = {name: data[name] for name in _EVENT}
    values |= {name: moment(data[name]) for name in ("at", "recorded_at")}
    sealed = None
    if data["personal"]:
        sealed = vault.seal_json(
            key=key, table=EVENT_TABLE, row=data["id"], column="sealed", value=data["personal"]
        )
    return CaseEvent(**values, case_id=case.id, place_id=case.place_id, sealed=sealed)


def record(row: DocumentOfRecord, key: vault.DataKey) -> Json:
    """Return a document of record with its very bytes: its digest stands in evidence."""
    clear = vault.unseal(
        key=key, table=RECORD_TABLE, row=row.id, column="content", sealed=bytes(row.content)
    )
    names = ("id", "kind", "number", "seq", "made_on")
    return columns(row, names) | {"content": base64.b64encode(clear).decode()}


def _record_content(data: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document of record; DataUnfit where they aren't what one says."""
    try:
        clear = base64.b64decode(data["content"], validate=True)
        said = read_canonical(clear)
    except ValueError:
        raise DataUnfit from None
    if not RECORD_CONTENT[data["kind"]].is_valid(said) or has_nul(said):
        raise DataUnfit
    if any(said[name] != data[name] for name in ("kind", "number", "made_on")):
        raise DataUnfit
    return clear


def record_digest(data: Mapping[str, Any]) -> str:
    """Return what stands in evidence for a document of record of which a row was made."""
    return hashlib.sha256(base64.b64decode(data["content"])).hexdigest()


def record_row(data: Mapping[str, Any], case: Case, key: vault.DataKey) -> DocumentOfRecord:
    """Return the row of a document of record that another node tells of, not saved."""
    return DocumentOfRecord(
        id=data["id"],
        case_id=case.id,
        place_id=case.place_id,
        kind=data["kind"],
        number=data["number"],
        seq=data["seq"],
        made_on=day(data["made_on"]),
        content=vault.seal(
            key=key,
            table=RECORD_TABLE,
            row=data["id"],
            column="content",
            clear=_record_content(data),
        ),
    )


def renamed(acting: Mapping[str, Any], persons: Mapping[str, str]) -> Json:
    """Return an Acting with that node's ids of people as ours."""
    found = dict(acting)
    for name in ("actor_id", "on_behalf_of"):
        found[name] = persons.get(found[name], found[name])
    return found


def renamed_papers(papers: Iterable[Json], persons: Mapping[str, str]) -> list[Json]:
    """Return papers in custody with that node's ids of people as ours."""
    ends = ("holder_id", "sender_id", "to_id", "from_id", "asked_id")

    def ours(one: Json) -> Json:
        return one | {name: persons.get(one[name], one[name]) for name in ends if name in one}

    return [
        ours(paper)
        | {
            "moves": [
                ours(move) | {"acting": renamed(move["acting"], persons)} for move in paper["moves"]
            ]
        }
        for paper in papers
    ]
