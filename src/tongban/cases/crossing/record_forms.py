"""The form of what a document of record says, as ``actions.records`` writes it."""

from tongban.cases.rules import MOST_REASON
from tongban.cases.transitions import Side
from tongban.kernel import forms
from tongban.kernel.forms import Form, closed, many, number, one_of, or_none, text
from tongban.kernel.validation import compiled

_NAME = text(500)
_NAME_EN = text(500, least=0)
_REASON = text(MOST_REASON, least=0)
_REMEDIES = closed(
    {"review_body": _NAME, "review_days": number(1, 999), "lawsuit_months": number(1, 99)}
)
_OWN: dict[str, dict[str, Form]] = {
    "slip": {
        "materials": many(closed({"title": _NAME, "title_en": _NAME_EN, "came": text(16)}), 200),
        "answer_due_on": or_none(forms.DAY),
    },
    "consent": {"clauses": many(text(1000), 50, least=1)},
    "correction": {
        "lines": many(closed({"path": text(80), "title": _NAME, "text": _REASON}), 200, least=1)
    },
    "acceptance": {
        "due_on": forms.DAY,
        "statutory_due_on": forms.DAY,
        "provisional": forms.YES_OR_NO,
        "by_silence": forms.YES_OR_NO,
        "accepted_on": forms.DAY,
    },
    "decline": {"reason": _REASON, "remedies": _REMEDIES},
    "decision": {
        "granted": forms.YES_OR_NO,
        "words": _NAME,
        "reason": _REASON,
        "remedies": or_none(_REMEDIES),
    },
    "delivery": {"confirmed_by": one_of(Side)},
}
RECORD_KINDS = tuple(_OWN)

_HEAD: dict[str, Form] = {
    "to": _NAME,
    "matter": _NAME,
    "matter_en": _NAME_EN,
    "case_number": or_none(text(64)),
    "agency": _NAME,
    "agency_en": _NAME_EN,
    "office": or_none(_NAME),
    "office_en": or_none(_NAME_EN),
    "made_on": forms.DAY,
    "kind": one_of(RECORD_KINDS),
    "number": text(64),
    "salt": forms.matching("[0-9a-f]{32}"),
}
RECORD_CONTENT = {kind: compiled(closed({**_HEAD, **own})) for kind, own in _OWN.items()}
"""By kind of document."""
