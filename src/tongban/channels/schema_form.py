"""A matter's form, from JSON Schema to HTML and back. It shows and reads; it never judges.

``build_form`` turns an edition's ``form_schema`` into questions for ``parts/form_sections.html``;
``read_form`` turns what was posted into typed data for ``tongban.matters.api.check_form``, whose
problems come back to the right question through ``build_form``.

Understood is the flat part of JSON Schema 2020-12 that a form needs: an object whose properties
are strings, whole numbers or booleans, with ``title``, ``enum`` or ``oneOf`` of ``const`` with
``title``, ``maxLength``, ``minimum``, ``maximum``, ``format``, ``default``, ``required``,
``$ref`` into ``$defs``, and the words ``x-sections``, ``x-title-en``, ``x-help``, ``x-help-en``,
``x-prefill``. A question that becomes required by an answer (``if`` one property is a ``const``,
``then`` others are ``required``) says so, and with a script is shown only then.

>>> schema = {"type": "object", "required": ["name"], "properties": {
...     "name": {"type": "string", "title": "字号", "maxLength": 60},
...     "people": {"type": "integer", "title": "人数"}}}
>>> read_form(schema, {"name": " 清风 ", "people": "１，２００"})
{'name': '清风', 'people': 1200}
>>> [(field.label, field.kind) for field in build_form(schema, language="zh-hans").fields]
[('字号', 'text'), ('人数', 'number')]
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext

from tongban.channels.parts import Choice, Field, FieldKind, Form, Problem, Section
from tongban.matters.api import FieldProblem, normalised_form

RADIO_CHOICES = 5
"""Up to so many answers stand open as radio buttons; more go into a select."""

LONG_TEXT = 120
"""Characters from which a text gets more than one line."""

_INTEGER_DIGITS = 18
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+")
_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_AUTOFILL = {
    "person.name": "name",
    "person.phone": "tel",
    "person.born_on": "bday",
    "person.sex": "sex",
}
"""HTML's autofill words for what is asked about the person at the screen (WCAG 1.3.5)."""


class UnsupportedForm(ValueError):  # noqa: N818 - names the form, as Refusal names an answer
    """The schema holds a question that no control exists for: a list, an object, a fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefill:
    """A value known from elsewhere. ``source`` names it for the reader.

    ``absent_since`` (words: a day, an hour) says that the source does not answer; then ``value``
    is None and the question says so, rather than standing empty without a word.
    """

    value: str | int | bool | None
    source: str = ""
    absent_since: str = ""


@dataclass(frozen=True, slots=True)
class _Condition:
    name: str
    value: str
    label: str


def build_form(
    schema: Mapping[str, Any],
    *,
    language: str,
    values: Mapping[str, object] | None = None,
    problems: Iterable[FieldProblem] = (),
    prefills: Mapping[str, Prefill] | None = None,
    autofill: bool = True,
) -> Form:
    """Return the form's questions in order, with values and problems.

    ``values`` is typed data as ``read_form`` returns it; None means a fresh form, and only a
    fresh form takes defaults and prefills. ``prefills`` is keyed by the words of ``x-prefill``.
    ``autofill`` is False where the browser is not the applicant's own (a window): its memory of
    other people's answers must not be offered. Raises UnsupportedForm.
    """
    nodes = _properties(schema)
    found: dict[str, FieldProblem] = {}
    loose: list[FieldProblem] = []
    for problem in problems:
        if problem.path in nodes:
            found.setdefault(problem.path, problem)
        else:
            loose.append(problem)
    english = language.startswith("en")
    maker = _Maker(
        nodes=nodes,
        required=frozenset(schema.get("required", ())),
        english=english,
        values=values,
        problems=found,
        prefills=prefills or {},
        autofill=autofill,
        conditions=dict(_conditions(schema, nodes, english=english)),
    )
    sections = tuple(_sections(schema, maker))
    told = [Problem(message=problem.message) for problem in loose]
    for section in sections:
        told += [
            Problem(
                message=gettext("{label}：{problem}").format(label=one.label, problem=one.problem),
                target=one.target,
            )
            for one in section.fields
            if one.problem
        ]
    return Form(sections=sections, problems=tuple(told))


def read_form(schema: Mapping[str, Any], posted: Mapping[str, str]) -> dict[str, object]:
    """Return what was posted as typed data; only the schema's own fields are taken.

    What was left empty is left out. Texts are in NFC with ends trimmed. A whole number may be
    written with full-width digits or grouping commas; what isn't one stays the text that was
    typed, for ``check_form`` to refuse and the page to show again. Raises UnsupportedForm.
    """
    data: dict[str, object] = {}
    for name, node in _properties(schema).items():
        typed = posted.get(name, "")
        value = _typed(node, typed.strip())
        if value not in {None, ""}:
            data[name] = value
    read: dict[str, object] = normalised_form(data)
    return read


def _typed(node: Mapping[str, Any], typed: str) -> object:
    if not typed:
        return None
    choices = _constants(node)
    if choices:
        return next((one for one in choices if _text(one) == typed), typed)
    kind = _type(node)
    if kind == "boolean":
        return {"true": True, "false": False}.get(typed, typed)
    if kind == "integer":
        return _integer(typed)
    if node.get("format") == "date":
        return _iso_date(typed)
    return typed


def _integer(typed: str) -> int | str:
    plain = unicodedata.normalize("NFKC", typed).replace(" ", "")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if _INTEGER.fullmatch(plain) and len(plain) <= _INTEGER_DIGITS:
        return int(plain)
    return typed


def _iso_date(typed: str) -> str:
    """Return 2026年1月5日, 2026/1/5 and the like as 2026-01-05; whether it exists is not asked."""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", typed))
    if match is None:
        return typed
    year, month, day = (int(part) for part in match.groups())
    return f"{year:04}-{month:02}-{day:02}"


def _text(value: object) -> str:
    """Return a typed value as it stands in a control."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _properties(schema: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the schema's fields, references resolved. Raises UnsupportedForm."""
    found = {}
    for name, node in schema.get("properties", {}).items():
        resolved = node
        if "$ref" in node:
            key = str(node["$ref"]).removeprefix("#/$defs/")
            if key not in schema.get("$defs", {}):
                message = f"{name}: {node['$ref']}"
                raise UnsupportedForm(message)
            resolved = {**schema["$defs"][key], **node}
        if _type(resolved) not in {"string", "integer", "boolean"}:
            message = f"{name}: {resolved.get('type')}"
            raise UnsupportedForm(message)
        found[name] = resolved
    return found


def _type(node: Mapping[str, Any]) -> str:
    if "type" in node:
        return str(node["type"])
    constants = _constants(node)
    if constants and all(isinstance(one, int) and not isinstance(one, bool) for one in constants):
        return "integer"
    return "string" if constants else ""


def _constants(node: Mapping[str, Any]) -> tuple[object, ...]:
    if "enum" in node:
        return tuple(node["enum"])
    return tuple(one["const"] for one in node.get("oneOf", ()) if "const" in one)


def _conditions(
    schema: Mapping[str, Any], names: Mapping[str, Mapping[str, Any]], *, english: bool
) -> Iterator[tuple[str, _Condition]]:
    """Yield (field, condition) for each ``if`` one answer ``then`` required."""
    for rule in (schema, *schema.get("allOf", ())):
        asked = rule.get("if", {}).get("properties", {})
        if len(asked) != 1:
            continue
        [(name, node)] = asked.items()
        if "const" not in node or name not in names:
            continue
        value = _text(node["const"])
        chosen = next(
            (one for one in _choices(names[name], "", english=english) if one.value == value), None
        )
        for wanted in rule.get("then", {}).get("required", ()):
            if wanted in names and wanted not in schema.get("required", ()):
                yield wanted, _Condition(name, value, chosen.label if chosen else value)


def _sections(schema: Mapping[str, Any], maker: "_Maker") -> Iterator[Section]:
    left = list(maker.nodes)
    for number, section in enumerate(schema.get("x-sections", ()), start=1):
        here = [name for name in section["fields"] if name in left]
        left = [name for name in left if name not in here]
        title, lang = maker.word(section.get("title", ""), section.get("title_en", ""))
        yield Section(
            key=str(number),
            title=title,
            title_lang=lang,
            fields=tuple(maker.field(name) for name in here),
        )
    if left:  # nothing that is asked may go missing
        yield Section(key="0", title="", fields=tuple(maker.field(name) for name in left))


def _choices(node: Mapping[str, Any], chosen: str, *, english: bool) -> tuple[Choice, ...]:
    if "enum" in node:
        return tuple(
            Choice(value=_text(one), label=_text(one), selected=_text(one) == chosen)
            for one in node["enum"]
        )
    if _type(node) == "boolean":
        return tuple(
            Choice(value=value, label=label, selected=value == chosen)
            for value, label in (("true", gettext("是")), ("false", gettext("否")))
        )
    made = []
    for one in node.get("oneOf", ()):
        value = _text(one.get("const"))
        title = str(one.get("title", value))
        other = str(one.get("x-title-en", ""))
        made.append(
            Choice(
                value=value,
                label=other if english and other else title,
                label_lang="zh-Hans" if english and not other else "",
                selected=value == chosen,
            )
        )
    return tuple(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Maker:
    """Makes one form's fields."""

    nodes: Mapping[str, Mapping[str, Any]]
    required: frozenset[str]
    english: bool
    values: Mapping[str, object] | None
    problems: Mapping[str, FieldProblem]
    prefills: Mapping[str, Prefill]
    autofill: bool
    conditions: Mapping[str, _Condition]

    def word(self, chinese: str, english: str) -> tuple[str, str]:
        """Return the text for the reader, and "zh-Hans" if an English one is missing."""
        if not self.english:
            return chinese, ""
        return (english, "") if english else (chinese, "zh-Hans" if chinese else "")

    def field(self, name: str) -> Field:
        """Return the question of that name."""
        node = self.nodes[name]
        label, label_lang = self.word(node.get("title", name), node.get("x-title-en", ""))
        help_text, help_lang = self.word(node.get("x-help", ""), node.get("x-help-en", ""))
        prefill = self.prefills.get(node.get("x-prefill", ""))
        value = self._value(name, node, prefill)
        condition = self.conditions.get(name)
        problem = self.problems.get(name)
        return Field(
            name=name,
            label=label,
            label_lang=label_lang,
            kind=_kind(node),
            value=value,
            help=help_text,
            help_lang=help_lang,
            problem=problem.message if problem else "",
            required=name in self.required,
            choices=_choices(node, value, english=self.english),
            max_length=_box_length(node),
            autocomplete=self._autocomplete(node),
            inputmode="tel" if node.get("format") == "mobile" else "",
            width=_width(node),
            source=prefill.source if prefill and value and value == _text(prefill.value) else "",
            absent_since=prefill.absent_since if prefill and not value else "",
            show_if=(condition.name, condition.value) if condition else None,
            condition=gettext("（选择“{answer}”时填写）").format(answer=condition.label)
            if condition
            else "",
        )

    def _value(self, name: str, node: Mapping[str, Any], prefill: Prefill | None) -> str:
        if self.values is not None:
            return _text(self.values.get(name))
        if prefill is not None and prefill.value is not None:
            return _text(prefill.value)
        return _text(node.get("default"))

    def _autocomplete(self, node: Mapping[str, Any]) -> str:
        if not self.autofill:
            return "off"
        return _AUTOFILL.get(node.get("x-prefill", ""), "")


def _kind(node: Mapping[str, Any]) -> FieldKind:
    kind = _type(node)
    if kind == "boolean":
        # What must be true is a pledge to tick; anything else is a question with two answers.
        return "checkbox" if node.get("const") is True else "radio"
    constants = _constants(node)
    if constants:
        return "radio" if len(constants) <= RADIO_CHOICES else "select"
    if kind == "integer":
        return "number"
    if node.get("format") == "date":
        return "date"
    return "textarea" if node.get("maxLength", 0) > LONG_TEXT else "text"


def _box_length(node: Mapping[str, Any]) -> int | None:
    """Return how much a box takes: a browser counts UTF-16 units, a schema code points.

    Twice the schema's number never cuts off a rare character; ``check_form`` counts exactly.
    """
    if _kind(node) not in {"text", "textarea"} or "maxLength" not in node:
        return None
    return 2 * int(node["maxLength"])


def _width(node: Mapping[str, Any]) -> Literal["", "s", "m", "l"]:
    """Return how wide the control is: as wide as the answer is long."""
    if _type(node) == "integer" or node.get("format") in {"date", "mobile"}:
        return "m"
    if node.get("format") == "resident-number":
        return "l"
    if _type(node) == "boolean":
        return "s"
    longest = int(node.get("maxLength", LONG_TEXT))
    return "s" if longest <= 6 else "m" if longest <= 16 else ""  # noqa: PLR2004 - characters that fit
