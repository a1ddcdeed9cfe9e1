"""The form of a paper in custody as ``packing`` writes it for another node."""

from tongban.delivery.rules import HolderKind, ItemKind, ItemState, Verb
from tongban.kernel import forms

_END = forms.one_of(HolderKind)
_MAYBE_END = forms.or_none(_END)
_MAYBE_NAME = forms.or_none(forms.NAME)
_WAYBILL = forms.or_none(forms.text(40))

MOVE = forms.closed(
    {
        "id": forms.ID,
        "seq": forms.number(1),
        "verb": forms.one_of(Verb),
        "at": forms.MOMENT,
        "state": forms.one_of(ItemState),
        "from_kind": _MAYBE_END,
        "from_id": _MAYBE_NAME,
        "to_kind": _END,
        "to_id": forms.NAME,
        "asked_kind": _MAYBE_END,
        "asked_id": _MAYBE_NAME,
        "acting": forms.ACTING,
        "carrier": _MAYBE_NAME,
        "waybill": _WAYBILL,
        "note": forms.or_none(forms.text(2000, least=0)),
    }
)

PAPER_FORM = forms.closed(
    {
        "id": forms.ID,
        "label": forms.text(200),
        "kind": forms.one_of(ItemKind),
        "copies": forms.number(1, 99),
        "created_at": forms.MOMENT,
        "seq": forms.number(1),
        "state": forms.one_of(ItemState),
        "holder_kind": _END,
        "holder_id": forms.NAME,
        "sender_kind": _MAYBE_END,
        "sender_id": _MAYBE_NAME,
        "to_kind": _MAYBE_END,
        "to_id": _MAYBE_NAME,
        "carrier": _MAYBE_NAME,
        "waybill": _WAYBILL,
        "expected_by": forms.or_none(forms.DAY),
        "moves": forms.many(MOVE, 200, least=1),
    }
)
"""A paper with the moves of it that the other node doesn't know."""
