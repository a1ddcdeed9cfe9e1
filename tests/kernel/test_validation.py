"""A schema means the same here as to other readers of JSON Schema."""

import pytest
from jsonschema.exceptions import SchemaError

from tongban.kernel import forms
from tongban.kernel.validation import compiled, has_nul


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (forms.MOMENT, "2026-11-26T03:00:00.000000Z", "2026-11-26T03:00:00Z"),
        (forms.MOMENT, "2028-02-29T03:00:00.000000Z", "2026-02-29T03:00:00.000000Z"),
        (forms.DAY, "2026-11-26", "2026-13-26"),
        (forms.DAY, "2026-11-26", "20261126"),
        (forms.HEX_32, "0" * 64, "0" * 64 + "\n"),  # Python's own $ lets it pass
        (forms.ID, "bj-" + "0" * 32, "bj-" + "０" * 32),
        (forms.or_none(forms.DAY), None, 0),
        (forms.or_none(forms.one_of("ab")), None, "c"),
        (forms.number(1, 2), 2, True),
        (forms.closed({"a": forms.YES_OR_NO}, optional="a"), {}, {"b": True}),
        (forms.mapped(forms.one_of("ab"), forms.number(), 1), {"a": 1}, {"c": 1}),
    ],
)
def test_a_form_takes_what_it_names(form: forms.Form, good: object, bad: object) -> None:
    assert compiled(form).is_valid(good)
    assert not compiled(form).is_valid(bad)


def test_what_is_no_schema_is_said_at_once() -> None:
    with pytest.raises(SchemaError):
        compiled({"type": "thing"})


def test_nul_is_found_wherever_it_stands() -> None:
    assert [has_nul(one) for one in ("a\0", {"\0": 1}, [[{"x": ["\0"]}]])] == [True] * 3
    assert not has_nul({"a": ["b", 1, None, True]})
