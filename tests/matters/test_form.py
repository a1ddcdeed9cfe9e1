"""A form's schema, and what an applicant filled in."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matters.catalogue import CONTENT, FORM, content
from tongban.matters.rules import content_problems, form_faults, normalised_form
from tongban.matters.rules.form import DEEPEST, LARGEST_FORM, MESSAGES, TEXT_LENGTH

# Made up; the last character is the check digit of GB 11643.
NUMBER = "11010519491231002X"
GOOD: dict[str, Any] = {
    "name": "张三丰",
    "number": NUMBER,
    "graduated_on": "2024-02-29",
    "works": [{"employer": "某医院", "years": 3}],
}


def faults(data: object, form: dict[str, Any] = FORM) -> list[tuple[str, str, str]]:
    return [(fault.path, fault.code, fault.limit) for fault in form_faults(form, data)]


def test_a_good_form_has_no_fault() -> None:
    assert faults(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, [("name", "required", "")]),
        ({"name": ""}, [("name", "required", "")]),
        ({"name": "字" * 51}, [("name", "maxLength", "50")]),
        ({"name": 5}, [("name", "type", "")]),
        ({"name": "张\x00三"}, [("name", "control", "")]),
        ({"name": "张\u202e三"}, [("name", "control", "")]),
        ({"name": "e\u0301"}, [("name", "not_nfc", "")]),
        ({"number": "110105194912310021"}, [("number", "resident-number", "")]),
        ({"number": NUMBER.lower()}, [("number", "resident-number", "")]),
        ({"graduated_on": "2023-02-29"}, [("graduated_on", "date", "")]),
        ({"graduated_on": "20230228"}, [("graduated_on", "date", "")]),
        ({"extra": 1}, [("extra", "additionalProperties", "extra")]),
        ({"works": [{"employer": "甲", "years": -1}]}, [("works.0.years", "minimum", "0")]),
        ({"works": [{"years": 1}]}, [("works.0.employer", "required", "")]),
        (
            {"works": [{"employer": "甲"}, {"employer": "乙", "x": 1}]},
            [("works.1.x", "additionalProperties", "x")],
        ),
        ({"works": [{"employer": "甲"}] * 3}, [("works", "maxItems", "2")]),
        (
            {"works": [{"employer": "甲" * (TEXT_LENGTH + 1)}]},
            [("works.0.employer", "maxLength", str(TEXT_LENGTH))],
        ),
    ],
)
def test_each_fault_names_its_field(
    changes: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    data = {name: value for name, value in (GOOD | changes).items() if value is not None}
    assert faults(data) == expected


def test_several_faults_come_sorted_by_path() -> None:
    assert faults({"zzz": 1, "name": ""}) == [
        ("name", "required", ""),
        ("number", "required", ""),
        ("zzz", "additionalProperties", "zzz"),
    ]


def test_too_much_or_too_deep_is_one_fault() -> None:
    deep: Any = "x"
    for _ in range(DEEPEST + 1):
        deep = [deep]
    assert faults(GOOD | {"works": deep}) == [("", "too_large", "")]
    assert faults({"name": "x" * LARGEST_FORM}) == [("", "too_large", "")]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(data=_JSON)
def test_any_json_is_answered_with_known_codes(data: object) -> None:
    found = form_faults(FORM, data)
    assert {fault.code for fault in found} <= set(MESSAGES)
    assert found  # nothing that hypothesis makes up holds a right identity number


@given(data=_JSON)
def test_normalising_twice_changes_nothing_more(data: object) -> None:
    once = normalised_form(data)
    assert normalised_form(once) == once


def test_normalising_composes_trims_and_leaves_out_what_is_empty() -> None:
    data = {"name": " e\u0301 ", "note": "甲\r\n乙", "empty": "  ", "works": [{"employer": ""}]}
    assert normalised_form(data) == {"name": "\u00e9", "note": "甲\n乙", "works": [{}]}


def changed_form(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    form = copy.deepcopy(FORM)
    form["properties"]["name"] |= changes
    return form


@pytest.mark.parametrize(
    ("form", "path", "code"),
    [
        (changed_form(type="strng"), "form_schema.properties.name.type", "not_json_schema"),
        (changed_form(format="dat"), "form_schema.properties.name", "unknown_format"),
        (changed_form(pattern="("), "form_schema.properties.name.pattern", "not_json_schema"),
        (changed_form(pattern="(a+)+$"), "form_schema.properties.name", "slow_pattern"),
        (changed_form(**{"x-prefil": 1}), "form_schema.properties.name", "unknown_word"),
        (changed_form(**{"x-prefill": "x"}), "form_schema.properties.name", "unknown_prefill"),
        (changed_form(**{"x-title-en": ""}), "form_schema.properties.name", "untitled"),
        (
            changed_form(**{"$ref": "https://example.org/x.json"}),
            "form_schema.properties.name",
            "reference_outside",
        ),
        ({"type": "string"}, "form_schema", "not_an_object"),
        (FORM | {"required": ["nam"]}, "form_schema", "required_unknown"),
        (FORM | {"additionalProperties": True}, "form_schema", "open_object"),
        (FORM | {"patternProperties": {}}, "form_schema", "word_not_allowed"),
        (FORM | {"x-sections": FORM["x-sections"][:1]}, "form_schema.x-sections", "section_fields"),
        (FORM | {"x-sections": FORM["x-sections"] * 2}, "form_schema.x-sections", "section_fields"),
        (FORM | {"x-sections": "all"}, "form_schema.x-sections", "bad_section"),
    ],
)
def test_a_form_that_would_pass_unchecked_is_refused(
    form: dict[str, Any], path: str, code: str
) -> None:
    found = content_problems(content(form_schema=form))
    assert (path, code) in [(problem.path, problem.code) for problem in found]


def test_a_condition_may_repeat_a_field_without_its_title() -> None:
    form = copy.deepcopy(FORM) | {
        "if": {"properties": {"name": {"const": "无"}}},
        "then": {"required": ["graduated_on"]},
    }
    assert content_problems(content(form_schema=form)) == ()
    data = {"name": "无", "number": NUMBER}
    assert faults(data, form) == [("graduated_on", "required", "")]
    assert faults(data | {"name": "有"}, form) == []


@pytest.mark.parametrize(
    ("changes", "path", "code"),
    [
        ({"modes": []}, "modes", "minItems"),
        ({"modes": ["joint"]}, "modes.0", "enum"),
        ({"fee": None}, "", "required"),
        ({"fee": {"charged": True}}, "fee", "required"),
        ({"colour": 1}, "", "additionalProperties"),
        ({"statutory": {"value": 2, "unit": "hours"}}, "statutory.unit", "enum"),
        ({"statutory": {"value": -1, "unit": "months"}}, "statutory.value", "minimum"),
        ({"assurance_online": 4}, "assurance_online", "enum"),
        ({"materials": CONTENT["materials"][:1] * 2}, "materials.1", "key_repeated"),
        (
            {"materials": [CONTENT["materials"][0] | {"exempt": True}]},
            "materials.0",
            "exempt_not_held",
        ),
    ],
)
def test_a_content_of_another_form_is_refused(
    changes: dict[str, Any], path: str, code: str
) -> None:
    found = content_problems(content(**changes))
    assert (path, code) in [(problem.path, problem.code) for problem in found]


def test_the_content_of_the_tests_is_right() -> None:
    assert content_problems(CONTENT) == ()
