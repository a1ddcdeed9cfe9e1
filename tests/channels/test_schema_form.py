"""A matter's form: what the page shows, and what is read from what was posted."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from tongban import regions
from tongban.channels.parts import Choice, Field, Form, Problem
from tongban.channels.schema_form import Prefill, UnsupportedForm, build_form, read_form
from tongban.matters.api import FieldProblem
from tongban.matters.rules.form import form_faults

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["name", "kind", "pledge", "people"],
    "x-sections": [
        {"title": "名称", "title_en": "Name", "fields": ["name", "kind", "members"]},
        {"title": "其他", "title_en": "Other", "fields": ["people", "pledge"]},
    ],
    "allOf": [
        {
            "if": {"properties": {"kind": {"const": "family"}}, "required": ["kind"]},
            "then": {"required": ["members"]},
        }
    ],
    "$defs": {"phone": {"type": "string", "format": "mobile", "maxLength": 11}},
    "properties": {
        "name": {
            "type": "string",
            "title": "字号",
            "x-title-en": "Trade name",
            "x-help": "依次写。",
            "x-help-en": "In order.",
            "maxLength": 60,
        },
        "kind": {
            "type": "string",
            "title": "组成形式",
            "x-title-en": "Form",
            "oneOf": [
                {"const": "personal", "title": "个人经营", "x-title-en": "Personal"},
                {"const": "family", "title": "家庭经营"},
            ],
        },
        "members": {"type": "string", "title": "家庭成员", "maxLength": 200},
        "people": {"type": "integer", "title": "人数", "default": 1},
        "phone": {"$ref": "#/$defs/phone", "title": "手机", "x-prefill": "person.phone"},
        "opens_on": {"type": "string", "title": "开业", "format": "date"},
        "online": {"type": "boolean", "title": "是否网上经营"},
        "grade": {"title": "等级", "enum": [1, 2, 3, 4, 5, 6]},
        "pledge": {"type": "boolean", "title": "我承诺", "const": True},
    },
}


def _field(form: Form, name: str) -> Field:
    [found] = [field for section in form.sections for field in section.fields if field.name == name]
    return found


def _fresh(**more: Any) -> Form:  # noqa: ANN401 - passed on as they are
    return build_form(SCHEMA, language="zh-hans", **more)


def test_sections_come_in_order_and_nothing_that_is_asked_goes_missing() -> None:
    form = _fresh()
    assert [
        (section.title, [field.name for field in section.fields]) for section in form.sections
    ] == [
        ("名称", ["name", "kind", "members"]),
        ("其他", ["people", "pledge"]),
        ("", ["phone", "opens_on", "online", "grade"]),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "width"),
    [
        ("name", "text", ""),
        ("kind", "radio", ""),
        ("members", "textarea", ""),
        ("people", "number", "m"),
        ("phone", "text", "m"),
        ("opens_on", "date", "m"),
        ("online", "radio", "s"),
        ("grade", "select", "m"),
        ("pledge", "checkbox", "s"),
    ],
)
def test_each_question_gets_the_control_that_suits_its_answer(
    name: str, kind: str, width: str
) -> None:
    field = _field(_fresh(), name)
    assert (field.kind, field.width) == (kind, width)


def test_required_is_what_the_schema_requires_always() -> None:
    form = _fresh()
    required = {one.name for section in form.sections for one in section.fields if one.required}
    assert required == {"name", "kind", "pledge", "people"}


def test_a_question_required_by_an_answer_names_the_answer() -> None:
    members = _field(_fresh(), "members")
    assert members.show_if == ("kind", "family")
    assert members.condition == "（选择“家庭经营”时填写）"


def test_an_english_page_has_english_words_and_marks_those_that_are_missing() -> None:
    with translation.override("en"):
        form = build_form(SCHEMA, language="en")
    name, kind, members = (_field(form, key) for key in ("name", "kind", "members"))
    assert form.sections[0].title == "Name"
    assert (name.label, name.label_lang, name.help, name.help_lang) == (
        "Trade name",
        "",
        "In order.",
        "",
    )
    assert (members.label, members.label_lang) == ("家庭成员", "zh-Hans")
    assert kind.choices == (
        Choice(value="personal", label="Personal"),
        Choice(value="family", label="家庭经营", label_lang="zh-Hans"),
    )


def test_a_fresh_form_takes_defaults_and_prefills_and_names_the_source() -> None:
    form = _fresh(prefills={"person.phone": Prefill(value="13800000000", source="实名账户")})
    assert _field(form, "people").value == "1"
    assert (_field(form, "phone").value, _field(form, "phone").source) == (
        "13800000000",
        "实名账户",
    )


def test_a_filled_form_keeps_what_the_person_wrote() -> None:
    form = _fresh(
        values={"phone": "13900000000", "kind": "family"},
        prefills={"person.phone": Prefill(value="13800000000", source="实名账户")},
    )
    assert (_field(form, "phone").value, _field(form, "phone").source) == ("13900000000", "")
    assert [one.value for one in _field(form, "kind").choices if one.selected] == ["family"]
    assert _field(form, "people").value == ""


def test_a_source_that_does_not_answer_is_said_not_shown_as_an_empty_question() -> None:
    form = _fresh(prefills={"person.phone": Prefill(value=None, absent_since="09:30")})
    phone = _field(form, "phone")
    assert (phone.value, phone.source, phone.absent_since) == ("", "", "09:30")
    assert phone.described_by == "f-phone-source"


def test_at_a_window_the_browser_offers_nothing_from_its_memory() -> None:
    assert _field(_fresh(), "phone").autocomplete == "tel"
    at_window = _fresh(autofill=False)
    assert {field.autocomplete for section in at_window.sections for field in section.fields} == {
        "off"
    }


def test_problems_stand_at_their_questions_and_are_listed_in_the_order_of_the_page() -> None:
    form = _fresh(
        values={},
        problems=(
            FieldProblem(path="pledge", code="required", message="必填"),
            FieldProblem(path="name", code="required", message="必填"),
            FieldProblem(path="kind", code="required", message="请选择"),
            FieldProblem(path="", code="too_large", message="填写的内容过多"),
        ),
    )
    assert _field(form, "name").problem == "必填"
    assert _field(form, "name").described_by == "f-name-help f-name-problem"
    assert form.problems == (
        Problem(message="填写的内容过多"),
        Problem(message="字号：必填", target="f-name"),
        Problem(message="组成形式：请选择", target="f-kind-1"),
        Problem(message="我承诺：必填", target="f-pledge"),
    )


def test_a_box_never_cuts_off_a_rare_character() -> None:
    assert _field(_fresh(), "name").max_length == 120


def test_posted_text_becomes_typed_data() -> None:
    assert read_form(
        SCHEMA,
        {
            "name": "\u3000清风\u0065\u0301 ",
            "kind": "family",
            "members": "张三\r\n李四",
            "people": "3",
            "online": "false",
            "grade": "6",
            "opens_on": "2026年2月7日",
            "pledge": "true",
            "csrfmiddlewaretoken": "x",
            "extra": "1",
        },
    ) == {
        "name": "清风\u00e9",
        "kind": "family",
        "members": "张三\n李四",
        "people": 3,
        "online": False,
        "grade": 6,
        "opens_on": "2026-02-07",
        "pledge": True,
    }


def test_what_was_left_empty_is_left_out() -> None:
    assert read_form(SCHEMA, {"name": "  ", "people": "", "pledge": ""}) == {}
    assert read_form(SCHEMA, {"people": "0"}) == {"people": 0}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("50000", 50000),
        ("50,000", 50000),
        ("５０，０００", 50000),
        ("-3", -3),
        ("5,0000", "5,0000"),
        ("3.5", "3.5"),
        ("五", "五"),
        ("٣", 3),
        ("1e5", "1e5"),
        ("9" * 18, 10**18 - 1),
        ("9" * 19, "9" * 19),
    ],
)
def test_whole_numbers_are_read_as_people_write_them(typed: str, read: int | str) -> None:
    assert read_form(SCHEMA, {"people": typed}) == {"people": read}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026-02-07", "2026-02-07"),
        ("2026/2/7", "2026-02-07"),
        ("２０２６．２．７", "2026-02-07"),
        ("2026-02-30", "2026-02-30"),
        ("7 Feb 2026", "7 Feb 2026"),
    ],
)
def test_dates_are_read_as_people_write_them(typed: str, read: str) -> None:
    assert read_form(SCHEMA, {"opens_on": typed}) == {"opens_on": read}


def test_an_answer_that_is_not_offered_stays_for_the_check_to_refuse() -> None:
    data = read_form(SCHEMA, {"kind": "<script>", "online": "maybe"})
    assert data == {"kind": "<script>", "online": "maybe"}
    assert {(fault.path, fault.code) for fault in form_faults(SCHEMA, data)} >= {
        ("kind", "oneOf"),
        ("online", "type"),
    }


@pytest.mark.parametrize(
    "node",
    [
        {"type": "array"},
        {"type": "object"},
        {"type": "number"},
        {"$ref": "#/$defs/absent"},
        {},
    ],
)
def test_a_question_without_a_control_fails_loudly(node: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"it": node}}
    with pytest.raises(UnsupportedForm, match="it: "):
        build_form(schema, language="zh-hans")
    with pytest.raises(UnsupportedForm, match="it: "):
        read_form(schema, {})


@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), st.text(max_size=30)))
def test_whatever_is_posted_is_shown_again_and_reads_the_same(posted: dict[str, str]) -> None:
    data = read_form(SCHEMA, posted)
    form = build_form(SCHEMA, language="zh-hans", values=data)
    shown = {field.name: field.value for part in form.sections for field in part.fields}
    assert read_form(SCHEMA, shown) == data


def test_every_form_of_the_regions_can_be_shown_in_both_languages() -> None:
    found = 0
    for path in sorted(Path(regions.__file__).parent.glob("*/matters/*/*.yaml")):
        for schema in _schemas(yaml.safe_load(path.read_text(encoding="utf-8"))):
            found += 1
            for language in ("zh-hans", "en"):
                with translation.override(language):
                    form = build_form(schema, language=language)
                fields = [field for section in form.sections for field in section.fields]
                assert {field.name for field in fields} == set(schema["properties"])
                assert language == "zh-hans" or not any(field.label_lang for field in fields)
    assert found >= 2


def _schemas(node: object) -> list[dict[str, Any]]:
    if isinstance(node, dict):
        own = [node["form_schema"]] if "form_schema" in node else []
        return own + [one for value in node.values() for one in _schemas(value)]
    if isinstance(node, list):
        return [one for value in node for one in _schemas(value)]
    return []
