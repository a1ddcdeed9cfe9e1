"""The form of each kind of message of a case, as JSON Schema: what another node may say at all.

What isn't of its form is refused for good before anything of it is read. Whether what is said may
be said, by whom and now, the verbs and ``handing``, ``telling`` and ``hearing`` decide.
"""

from collections.abc import Iterable

from tongban.cases.crossing import packing
from tongban.cases.crossing.record_forms import RECORD_KINDS
from tongban.cases.rules import MOST_LICENCE_NUMBER, MOST_REASON
from tongban.cases.transitions import TABLE, Side, State, Verb
from tongban.delivery import api as delivery
from tongban.identity import api as identity
from tongban.kernel import forms
from tongban.kernel.acting import Assurance
from tongban.kernel.forms import Form, closed, many, mapped, number, one_of, or_none, text
from tongban.matters import api as matters

MOST_EVENTS = 500
"""Of a message; a case has a few dozen in all."""
MOST_FILES = 500
MOST_PAPERS = 100
CAME = ("original", "copy", "electronic", "exempt", "missing", "later")

_CASE_NUMBER = text(64)
_KEY = text(64)
"""A field's or a material's name in the edition."""
_PATH = text(80)
_REASON = text(MOST_REASON)
_MAYBE_REASON = text(MOST_REASON, least=0)
_FORM: Form = {"type": "object", "maxProperties": 500}
"""What was filled in; the edition's own schema says more."""
_RECORDS = mapped(one_of(RECORD_KINDS), text(64), len(RECORD_KINDS))
_MATERIALS = mapped(_KEY, one_of(CAME), MOST_FILES)
_OUTCOMES = (
    *("", State.GRANTED, State.REFUSED),
    *(State.DECLINED, State.WITHDRAWN, State.VOIDED),
)
_ANSWER = {"answer_due_on": forms.DAY, "provisional": forms.YES_OR_NO}
_CAME_IN = {"materials": _MATERIALS, "edition": forms.NAME, "records": _RECORDS, **_ANSWER}
_WANTED = closed({"path": _PATH, "text": _REASON})
_LINE = closed({"path": _PATH, "title": text(200), "text": _REASON})
_ORIGINAL = closed({"material_key": _KEY, "copies": number(1, 999)})

_PAYLOADS: dict[Verb, Form] = {
    Verb.DRAFT: closed(
        {"edition": forms.NAME, "mode": one_of(matters.Mode), "agreement": forms.NAME}
    ),
    Verb.SUBMIT: closed(_CAME_IN),
    # The days to answer may wait until the papers reach the agency.
    Verb.RECEIVE: closed({**_CAME_IN, "originals": many(_ORIGINAL, 200)}, optional=_ANSWER),
    Verb.ARRIVE: closed(_ANSWER),
    Verb.ASK_CORRECTION: closed({"wanted": many(_PATH, 200, least=1), "records": _RECORDS}),
    Verb.CORRECT: closed({"materials": _MATERIALS, **_ANSWER}),
    Verb.ACCEPT: closed(
        {
            "due_on": forms.DAY,
            "statutory_due_on": forms.DAY,
            "provisional": forms.YES_OR_NO,
            "calendar": number(),
            "by_silence": forms.YES_OR_NO,
            "records": _RECORDS,
        }
    ),
    Verb.DECLINE: closed({"records": _RECORDS}),
    Verb.REVIEW: closed({"recommends": one_of(("grant", "refuse"))}),
    Verb.DECIDE: closed(
        {
            "outcome": one_of((State.GRANTED, State.REFUSED)),
            "hand_due_on": forms.DAY,
            "provisional": forms.YES_OR_NO,
            "records": _RECORDS,
        },
        optional=("hand_due_on", "provisional"),
    ),
    Verb.CLOSE: closed({"outcome": one_of(_OUTCOMES)}),
    Verb.DELIVER: closed({"confirmed_by": one_of(Side), "records": _RECORDS}),
}
"""What an event says without personal data; nothing where its verb isn't named."""
_PERSONAL: dict[Verb, Form] = {
    Verb.SUBMIT: closed({"form": _FORM}),
    Verb.RECEIVE: closed({"form": _FORM}),
    Verb.ASK_CORRECTION: closed({"lines": many(_LINE, 200, least=1)}),
    Verb.CORRECT: closed({"form": _FORM}),
    Verb.DECLINE: closed({"reason": _REASON}),
    Verb.REVIEW: closed({"opinion": _REASON}),
    Verb.DECIDE: closed({"reason": _MAYBE_REASON}),
    Verb.PRODUCE: closed({"licence_number": text(MOST_LICENCE_NUMBER)}),
    Verb.WITHDRAW: closed({"reason": _REASON}, optional=("reason",)),
    Verb.VOID: closed({"reason": _REASON}),
}
_REQUESTS: dict[Verb, Form] = {
    Verb.ASK_CORRECTION: closed({"wanted": many(_WANTED, 200, least=1)}),
    Verb.CORRECT: closed({"form": _FORM}),
    Verb.DELIVER: closed({}),
    Verb.WITHDRAW: closed({"reason": _MAYBE_REASON}),
    Verb.VOID: closed({"reason": _REASON}),
}
"""The steps that a receiving office's node may ask for, and what each is asked with."""


def _by_verb(verbs: Iterable[Verb], of: dict[Verb, dict[str, Form]]) -> list[Form]:
    """Return what else holds for each verb."""
    return [
        {
            "if": {"properties": {"verb": {"const": verb.value}}},
            "then": {"properties": of[verb]},
        }
        for verb in verbs
    ]


def _event(verbs: Iterable[Verb]) -> Form:
    verbs = list(verbs)
    said = {
        verb: {
            "state": one_of(TABLE[verb].targets),
            "payload": _PAYLOADS.get(verb, closed({})),
            "personal": _PERSONAL.get(verb, closed({})),
        }
        for verb in verbs
    }
    common = {
        "id": forms.ID,
        "seq": number(1),
        "verb": one_of(verbs),
        "state": one_of(State),
        "at": forms.MOMENT,
        "recorded_at": forms.MOMENT,
        "acting": forms.ACTING,
        "payload": {"type": "object"},
        "documents": many(closed({"id": forms.ID, "digest": forms.HEX_32}), MOST_FILES),
        "personal": {"type": "object"},
    }
    return closed(common) | {"allOf": _by_verb(verbs, said)}


_RECORD = closed(
    {
        "id": forms.ID,
        "kind": one_of(RECORD_KINDS),
        "number": text(64),
        "seq": number(1),
        "made_on": forms.DAY,
        "content": {
            **forms.matching("[A-Za-z0-9+/]+={0,2}"),
            "maxLength": 256 * 1024,
            "contentEncoding": "base64",
            "contentMediaType": "application/json",
        },
    }
)
_FILE = closed(
    {
        "id": forms.ID,
        "material_key": _KEY,
        "added_at": forms.MOMENT,
        "removed_at": or_none(forms.MOMENT),
        "document_id": forms.ID,
        "name": text(200),
        "salt": forms.HEX_32,
        "commitment": forms.HEX_32,
    },
    # Of one that the other node has already, only whether it was taken off is told.
    optional=("name", "salt", "commitment"),
) | {"dependentRequired": {"name": ["salt", "commitment"]}}
_FILES = many(_FILE, MOST_FILES)
_PAPERS = many(delivery.PAPER_FORM, MOST_PAPERS)
_RECORDS_TOLD = many(_RECORD, MOST_EVENTS)

_PROJECTION: dict[str, Form] = {
    **dict.fromkeys(packing.MOMENTS, or_none(forms.MOMENT)),
    **dict.fromkeys(packing.DAYS, or_none(forms.DAY)),
    # The end of the calendar: nothing is due at the agency.
    "agency_due_on": or_none(
        forms.matching("(20[0-9]{2}-[0-9]{2}-[0-9]{2}|9999-12-31)") | {"format": "date"}
    ),
    "number": _CASE_NUMBER,
    "form_seq": or_none(number(1)),
    "accepted_by_silence": forms.YES_OR_NO,
    "due_provisional": forms.YES_OR_NO,
    "outcome": one_of(_OUTCOMES),
}
_BEGUN: dict[str, Form] = {
    "id": forms.ID,
    "place_id": forms.NAME,
    "agency_id": forms.NAME,
    "matter_code": text(64),
    "mode": one_of(matters.Mode),
    "receiving_office_id": or_none(forms.NAME),
    "receiving_place_id": or_none(forms.NAME),
    "created_at": forms.MOMENT,
}
_APPLICANT = closed(
    {
        "id": forms.ID,
        "name": text(200),
        "number_kind": one_of(identity.NumberKind),
        "number": text(64),
        "phone": text(32),
        "assurance": forms.level(Assurance),
    }
)

HANDED = closed(
    {
        "header": closed({**_BEGUN, **_PROJECTION}),
        "edition": closed({"version": number(1), "digest": forms.HEX_32}),
        "applicant": _APPLICANT,
        "events": many(
            _event((Verb.DRAFT, Verb.RECEIVE, Verb.ASK_CORRECTION, Verb.CORRECT)),
            MOST_EVENTS,
            least=2,
        ),
        "records": _RECORDS_TOLD,
        "papers": _PAPERS,
        "files": _FILES,
    }
) | {
    "title": "case.handed",
    "description": "移交: a whole case, from the node that took it in to the one that decides it.",
}
TOLD = closed(
    {
        "case_id": forms.ID,
        "header": or_none(closed(_PROJECTION)),
        "events": many(_event(TABLE), MOST_EVENTS),
        "records": _RECORDS_TOLD,
        "papers": _PAPERS,
        "files": _FILES,
        "compared": forms.YES_OR_NO,
    },
    optional=("files", "compared"),
) | {
    "title": "case.told",
    "description": "告知: what happened since, on the node that it happened on.",
    # Events change the header, and it comes with them.
    "if": {"properties": {"events": {"maxItems": 0}}},
    "else": {"properties": {"header": {"type": "object"}}},
}
PROPOSED = closed(
    {
        "case_id": forms.ID,
        "verb": one_of(_REQUESTS),
        "seq": number(1),
        "acting": forms.ACTING,
        "request": {"type": "object"},
        "key": text(64),
        "files": _FILES,
    }
) | {
    "title": "case.proposed",
    "description": "提请: a step, asked of the node that decides the case by the one whose "
    "window or applicant takes it.",
    "allOf": _by_verb(_REQUESTS, {verb: {"request": one} for verb, one in _REQUESTS.items()}),
}
