"""An application form as JSON Schema 2020-12: what it may use, and what was filled in wrong.

On top of the standard, a form here is closed (a field not named is refused) and every text has a
length: ``closed`` adds both where the schema is silent. Only references within the schema are
followed, and a format or an ``x-`` word that nobody knows is refused when the form is loaded, since
the standard would let a misspelt one pass unchecked.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry

from tongban.kernel.checksums import ResidentNumberError, read_resident_number
from tongban.kernel.errors import mark
from tongban.matters.rules.edition import ContentProblem
from tongban.matters.rules.quick import quick_check

TEXT_LENGTH = 500
"""Characters that a text may have where its schema names no maxLength."""

LARGEST_FORM = 20_000
"""Characters of all names and texts of a filled-in form together."""

DEEPEST = 8
"""Levels of objects and lists within one another."""

PREFILLS = frozenset(
    {"person.name", "person.number", "person.phone", "person.born_on", "person.sex"}
)
"""What ``x-prefill`` may take from the applicant's card."""

_ROOT_WORDS = frozenset({"x-sections"})
_FIELD_WORDS = frozenset({"x-title-en", "x-prefill", "x-help", "x-help-en"})
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# A repeated group that itself repeats takes time exponential in the length of a text.
_DOUBLE_REPEAT = re.compile(r"\([^()]*[+*}][^()]*\)[+*{]")
_JSON_PLACES = ("properties", "$defs", "dependentSchemas")
_JSON_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_JSON_SINGLE = ("items", "contains", "not", "if", "then", "else")


def _is_date(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_resident_number(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return read_resident_number(value).number == value
    except ResidentNumberError:
        return False


def _is_mobile(value: object) -> bool:
    return not isinstance(value, str) or _MOBILE.fullmatch(value) is not None


FORMATS = FormatChecker(formats=())
FORMATS.checkers = {
    "date": (_is_date, ()),
    "resident-number": (_is_resident_number, ()),  # GB 11643-1999, 18 characters, capital X
    "mobile": (_is_mobile, ()),  # 11 digits of the mainland
}

MESSAGES = {
    "required": mark("必填"),
    "type": mark("填写的类型不对"),
    "enum": mark("请从给出的选项中选择"),
    "const": mark("请从给出的选项中选择"),
    "oneOf": mark("请从给出的选项中选择"),
    "anyOf": mark("不符合任何一种填写方式"),
    "minLength": mark("至少填写 {limit} 个字"),
    "maxLength": mark("最多填写 {limit} 个字"),
    "minimum": mark("不得小于 {limit}"),
    "maximum": mark("不得大于 {limit}"),
    "exclusiveMinimum": mark("必须大于 {limit}"),
    "exclusiveMaximum": mark("必须小于 {limit}"),
    "multipleOf": mark("必须是 {limit} 的整数倍"),
    "minItems": mark("至少填写 {limit} 项"),
    "maxItems": mark("最多填写 {limit} 项"),
    "uniqueItems": mark("各项不得重复"),
    "pattern": mark("格式不对"),
    "additionalProperties": mark("表单中没有这一项：{limit}"),
    "date": mark("请填写真实存在的日期，如 2026-01-31"),
    "resident-number": mark("身份证号码有误，请逐位核对"),
    "mobile": mark("请填写 11 位手机号码"),
    "control": mark("含有不可见的控制字符，请删去"),
    "not_nfc": mark("文字未按 Unicode NFC 规范化"),
    "too_large": mark("填写的内容过多或层次过深"),
    "other": mark("填写有误"),
}
"""What is said of a fault, by its code. ``limit`` stands for the bound that was passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFault:
    """A fault: path as in FieldProblem, a code of MESSAGES, and the bound that was passed."""

    path: str
    code: str
    limit: str = ""


def normalised_form(data: Any) -> Any:  # noqa: ANN401 - any JSON value in, the same shape out
    """Return a form's data with every text in NFC, lines ended by LF alone, ends trimmed.

    A field that is then empty is left out: a browser sends what was not filled in as "".
    """
    if isinstance(data, str):
        plain = data.replace("\r\n", "\n").replace("\r", "\n").strip()
        return unicodedata.normalize("NFC", plain)
    if isinstance(data, Mapping):
        plain_data = {name: normalised_form(value) for name, value in data.items()}
        return {name: value for name, value in plain_data.items() if value != ""}
    if isinstance(data, list):
        return [normalised_form(value) for value in data]
    return data


def closed(schema: Any) -> Any:  # noqa: ANN401 - a schema is an object or a boolean
    """Return the schema with every object closed and every text bounded, where it is silent."""
    if not isinstance(schema, Mapping):
        return schema
    made = dict(schema)
    for place in _JSON_PLACES:
        if place in made:
            made[place] = {name: closed(part) for name, part in made[place].items()}
    for place in _JSON_LISTS:
        if place in made:
            made[place] = [closed(part) for part in made[place]]
    for place in _JSON_SINGLE:
        if place in made:
            made[place] = closed(made[place])
    if made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if made.get("type") == "string":
        made.setdefault("maxLength", TEXT_LENGTH)
    return made


def form_faults(schema: Mapping[str, Any], data: object) -> tuple[FormFault, ...]:
    """Return what is wrong with a filled-in form, sorted by path; empty if nothing.

    The schema must have passed ``form_schema_problems``. Each field has at most one fault of a
    code.
    """
    if _is_surely_right(schema, data):
        return ()
    if not _fits(data, DEEPEST) or _size(data) > LARGEST_FORM:
        return (FormFault(path="", code="too_large"),)
    validator = _validator_of(_Same(schema))
    found: dict[tuple[str, str], FormFault] = {}
    for error in validator.iter_errors(data):
        for fault in _faults_of(error):
            found.setdefault((fault.path, fault.code), fault)
    for fault in _text_faults(data, ()):
        found.setdefault((fault.path, fault.code), fault)
    return tuple(found[key] for key in sorted(found))


def _is_surely_right(schema: Mapping[str, Any], data: object) -> bool:
    """Tell whether a form has no fault, in one pass; False where that needs a closer look."""
    check = _quick_check_of(_Same(schema))
    texts: list[str] = []
    if check is None or not _gather(data, DEEPEST, texts):
        return False
    # As one text: what no part of it has, the whole has not, and a line's end is allowed.
    text = "\n".join(texts)
    return (
        len(text) <= LARGEST_FORM
        and check(data)
        and _CONTROL.search(text) is None
        and unicodedata.is_normalized("NFC", text)
    )


def _gather(data: object, levels: int, texts: list[str]) -> bool:
    """Add all names and texts, and so much for each value that ``_size`` is not above them all.

    False where data are nested too deeply.
    """
    if isinstance(data, str):
        texts.append(data)
    elif isinstance(data, Mapping):
        texts += map(str, data)
        return levels > 0 and all(_gather(value, levels - 1, texts) for value in data.values())
    elif isinstance(data, list):
        texts.append("\n" * len(data))
        return levels > 0 and all(_gather(value, levels - 1, texts) for value in data)
    else:
        texts.append(" ")
    return True


class _Same:
    """A schema, compared as the object that it is: an edition in memory never changes."""

    __slots__ = ("schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema

    def __hash__(self) -> int:
        return id(self.schema)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.schema is other.schema


@lru_cache(maxsize=256)
def _validator_of(same: _Same) -> Draft202012Validator:
    """Return the validator of a schema, made once; its threads share it, it keeps no state."""
    # An empty registry: a reference is never fetched from elsewhere.
    return Draft202012Validator(closed(same.schema), format_checker=FORMATS, registry=Registry())


@lru_cache(maxsize=256)
def _quick_check_of(same: _Same) -> Callable[[Any], bool] | None:
    formats = {name: check for name, (check, _) in FORMATS.checkers.items()}
    return quick_check(closed(same.schema), formats)


def _faults_of(error: ValidationError) -> Iterator[FormFault]:
    parts = [str(part) for part in error.absolute_path]
    keyword = str(error.validator)
    bound = cast("Any", error.validator_value)
    schema = cast("Any", error.schema)
    instance = cast("Any", error.instance)
    if keyword == "required":
        for name in bound:
            if name not in instance:
                yield FormFault(path=".".join([*parts, name]), code="required")
    elif keyword == "additionalProperties":
        for name in sorted(set(instance) - set(schema.get("properties", {}))):
            yield FormFault(path=".".join([*parts, name]), code=keyword, limit=name[:40])
    elif keyword == "format":
        yield FormFault(path=".".join(parts), code=str(bound))
    elif keyword == "minLength" and instance == "":
        yield FormFault(path=".".join(parts), code="required")
    elif keyword in MESSAGES:
        limit = str(bound) if isinstance(bound, int | float) else ""
        yield FormFault(path=".".join(parts), code=keyword, limit=limit)
    else:
        yield FormFault(path=".".join(parts), code="other")


def _text_faults(data: object, path: tuple[str, ...]) -> Iterator[FormFault]:
    if isinstance(data, str):
        if _CONTROL.search(data):
            yield FormFault(path=".".join(path), code="control")
        elif not unicodedata.is_normalized("NFC", data):
            yield FormFault(path=".".join(path), code="not_nfc")
    elif isinstance(data, Mapping):
        for name, value in data.items():
            yield from _text_faults(value, (*path, str(name)))
    elif isinstance(data, list):
        for position, value in enumerate(data):
            yield from _text_faults(value, (*path, str(position)))


def _fits(data: object, levels: int) -> bool:
    if isinstance(data, Mapping):
        return levels > 0 and all(_fits(value, levels - 1) for value in data.values())
    if isinstance(data, list):
        return levels > 0 and all(_fits(value, levels - 1) for value in data)
    return True


def _size(data: object) -> int:
    if isinstance(data, str):
        return len(data)
    if isinstance(data, Mapping):
        return sum(len(str(name)) + _size(value) for name, value in data.items())
    if isinstance(data, list):
        return len(data) + sum(_size(value) for value in data)
    return 1


def form_schema_problems(schema: Mapping[str, Any]) -> tuple[ContentProblem, ...]:
    """Check a form's schema itself: JSON Schema 2020-12, closed, titled, in sections."""
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        where = ".".join(["form_schema", *(str(part) for part in error.absolute_path)])
        return (ContentProblem(path=where, code="not_json_schema", message=error.message[:200]),)
    if schema.get("type") != "object" or not schema.get("properties"):
        return (
            ContentProblem(
                path="form_schema",
                code="not_an_object",
                message="表单必须是带 properties 的 object",
            ),
        )
    return (*_node_problems(schema, "form_schema", root=True), *_section_problems(schema))


def _node_problems(
    node: Any,  # noqa: ANN401 - a schema is an object or a boolean
    path: str,
    *,
    root: bool = False,
) -> Iterator[ContentProblem]:
    if not isinstance(node, Mapping):
        return
    yield from _word_problems(node, path, root=root)
    for place in _JSON_PLACES:
        for name, part in node.get(place, {}).items():
            yield from _node_problems(part, f"{path}.{place}.{name}")
    # Only under a plain field is a title shown; a condition repeats a field without its title.
    if node.get("type") == "object":
        yield from _field_problems(node, path)
    for place in _JSON_LISTS:
        for position, part in enumerate(node.get(place, ())):
            yield from _node_problems(part, f"{path}.{place}.{position}")
    for place in _JSON_SINGLE:
        if place in node:
            yield from _node_problems(node[place], f"{path}.{place}")


def _word_problems(node: Mapping[str, Any], path: str, *, root: bool) -> Iterator[ContentProblem]:
    known = _FIELD_WORDS | (_ROOT_WORDS if root else frozenset())
    for word in node:
        if word.startswith("x-") and word not in known:
            yield _problem(path, "unknown_word", f"不认识的扩展词 {word}")
        if word in {"$dynamicRef", "$id", "$anchor", "patternProperties", "propertyNames"}:
            yield _problem(path, "word_not_allowed", f"表单中不使用 {word}")
    if not str(node.get("$ref", "#/$defs/")).startswith("#/$defs/"):
        yield _problem(path, "reference_outside", "只能引用本表单的 $defs")
    if "format" in node and node["format"] not in FORMATS.checkers:
        yield _problem(path, "unknown_format", f"不认识的 format:{node['format']}")
    if "x-prefill" in node and node["x-prefill"] not in PREFILLS:
        yield _problem(path, "unknown_prefill", f"不认识的预填来源:{node['x-prefill']}")
    if node.get("type") == "object" and node.get("additionalProperties", False) is not False:
        yield _problem(path, "open_object", "additionalProperties 只能为 false")
    if _DOUBLE_REPEAT.search(node.get("pattern", "")):
        yield _problem(path, "slow_pattern", "pattern 中重复的分组内不得再有重复")


def _field_problems(node: Mapping[str, Any], path: str) -> Iterator[ContentProblem]:
    fields = node.get("properties", {})
    for name, field in fields.items():
        here = f"{path}.properties.{name}"
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
            yield _problem(here, "bad_name", "字段名须为小写字母、数字和下划线,不超过 40 个字符")
        if not isinstance(field, Mapping) or "$ref" in field:
            continue
        for word in ("title", "x-title-en"):
            if not field.get(word):
                yield _problem(here, "untitled", f"字段缺少 {word}")
    for name in node.get("required", ()):
        if name not in fields:
            yield _problem(path, "required_unknown", f"必填项 {name} 不在 properties 中")


def _section_problems(schema: Mapping[str, Any]) -> Iterator[ContentProblem]:
    """``x-sections``, if there, is a list of {title, title_en, fields} naming each field once."""
    if "x-sections" not in schema:
        return
    path = "form_schema.x-sections"
    named: list[str] = []
    sections = schema["x-sections"]
    for section in sections if isinstance(sections, list) else [None]:
        if not (
            isinstance(section, Mapping)
            and section.keys() == {"title", "title_en", "fields"}
            and isinstance(section["fields"], list)
        ):
            yield _problem(path, "bad_section", "每一节须有 title、title_en、fields 三项")
            return
        named += [str(name) for name in section["fields"]]
    fields = set(schema["properties"])
    for name in sorted(fields ^ set(named)):
        yield _problem(path, "section_fields", f"字段 {name} 须在且仅在一节中出现")
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield _problem(path, "section_fields", f"字段 {name} 在各节中重复")


def _problem(path: str, code: str, message: str) -> ContentProblem:
    return ContentProblem(path=path, code=code, message=message)
