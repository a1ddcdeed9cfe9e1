"""The quick check of a form means what jsonschema means, word by word."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from matters.catalogue import content
from tongban.matters.rules.form import FORMATS, FormFault, closed, form_faults
from tongban.matters.rules.quick import quick_check

CHECKS = {name: check for name, (check, _) in FORMATS.checkers.items()}

SCALARS = st.sampled_from(
    [None, True, False, 0, 1, -1, 1.0, 1.5, "", "a", "ab", "是", "1", "2026-11-26", "13800138000"]
)
NAMES = st.sampled_from(["a", "b", "c"])
DATA = st.recursive(
    SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(NAMES, part), max_leaves=6
)
TYPES = st.sampled_from(
    ["object", "array", "string", "number", "integer", "boolean", "null", ["string", "null"]]
)
COUNTS = st.integers(0, 3)


def _schemas(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(part, min_size=1, max_size=3)
    words = {
        "type": TYPES,
        "enum": st.lists(SCALARS, min_size=1, max_size=3),
        "const": SCALARS,
        "pattern": st.sampled_from(["a", "^a$", "[0-9]"]),
        "format": st.sampled_from(sorted(CHECKS)),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), COUNTS),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), COUNTS),
        "properties": st.dictionaries(NAMES, part, max_size=3),
        "required": st.lists(NAMES, max_size=2, unique=True),
        "additionalProperties": part,
        **dict.fromkeys(("items", "not", "if", "then", "else"), part),
        **dict.fromkeys(("allOf", "anyOf", "oneOf"), parts),
        "$ref": st.sampled_from(["#/$defs/x", "#/$defs/y"]),
        "title": st.just("says nothing"),
    }
    pairs = [st.tuples(st.just(word), bound) for word, bound in words.items()]
    return st.lists(st.one_of(pairs), min_size=1, max_size=4).map(dict)


WHOLE = _schemas(st.booleans() | _schemas(st.booleans() | _schemas(st.booleans()))).map(
    lambda schema: {**schema, "$defs": {"x": {"type": ["string", "array"]}, "y": {"minItems": 1}}}
)


@given(WHOLE, DATA)
def test_it_tells_what_jsonschema_tells(schema: dict[str, Any], data: Any) -> None:  # noqa: ANN401 - JSON
    check = quick_check(schema, CHECKS)
    assert check is not None
    assert check(data) == Draft202012Validator(schema, format_checker=FORMATS).is_valid(data)


@pytest.mark.parametrize(
    "part",
    [
        {"uniqueItems": True},
        {"multipleOf": 2},
        {"prefixItems": [True], "items": False},
        {"contains": True},
        {"dependentRequired": {"a": ["b"]}},
        {"unevaluatedProperties": False},
        {"const": {"a": 1}},
        {"enum": [["a"]]},
        {"format": "unheard-of"},
        {"$ref": "#/properties/a"},
        {"$ref": "#/$defs/a~1b"},
    ],
)
def test_any_other_word_is_left_to_jsonschema(part: dict[str, Any]) -> None:
    assert quick_check({"properties": {"a": part}}, CHECKS) is None
    assert quick_check({"$defs": {"unused": part}}, CHECKS) is None


def test_what_refers_to_itself_is_followed() -> None:
    tree = {"type": "object", "properties": {"on": {"$ref": "#/$defs/tree"}}}
    check = quick_check({"$defs": {"tree": tree}, "$ref": "#/$defs/tree"}, CHECKS)
    assert check is not None
    assert check({"on": {"on": {}}})
    assert not check({"on": {"on": 1}})


def test_the_forms_of_the_tests_have_one() -> None:
    assert quick_check(closed(content()["form_schema"]), CHECKS) is not None


@pytest.mark.parametrize(
    ("text", "code"), [("a\x00b", "control"), ("e\u0301", "not_nfc"), ("x" * 20_001, "too_large")]
)
def test_a_text_that_only_its_schema_takes_is_no_right_form(text: str, code: str) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "maxLength": 30_000}}}
    path = "" if code == "too_large" else "a"
    assert form_faults(schema, {"a": text}) == (FormFault(path=path, code=code),)
    assert form_faults(schema, {"a": "x" * 19_999}) == ()
    assert form_faults(schema, {"a": "a\nb\tc é"}) == ()
