"""Checks each file against its JSON Schema (schema/*.json) and words what is wrong."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource

from tongban.kernel.errors import mark
from tongban.regions.errors import Problem
from tongban.regions.files import File, Folder

_TYPES = {
    "string": "文字",
    "integer": "整数",
    "number": "数",
    "boolean": "true 或 false",
    "array": "列表",
    "object": "键值",
    "null": "null",
}

_MOST_SHOWN = 20
"""Problems of one file that are told; the rest are mostly their consequences."""


def shape_problems(folder: Folder) -> list[Problem]:
    """Return what breaks a schema, file by file, at most 20 of each file."""
    return [problem for file in folder.files for problem in _file_problems(file)]


@cache
def _schema(name: str) -> dict[str, Any]:
    text = files("tongban.regions").joinpath("schema", f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def _validator(kind: str) -> Draft202012Validator:
    common: Resource[Any] = Resource.from_contents(_schema("common"))
    # Only what is registered here can be referred to: nothing is fetched.
    registry: Registry[Any] = Registry().with_resource("common.json", common)
    checker = FormatChecker(formats=["date"])
    return Draft202012Validator(_schema(kind), registry=registry, format_checker=checker)


def _file_problems(file: File) -> Iterator[Problem]:
    errors = sorted(_validator(file.kind).iter_errors(file.content), key=lambda e: e.json_path)
    for error in errors[:_MOST_SHOWN]:
        what, todo, fields = _worded(_fault(error))
        path = _written(error.absolute_path)
        yield Problem(file=file.name, path=path, what=what, todo=todo, fields=fields)


def _written(parts: Iterable[str | int]) -> str:
    """Return ``offices[1].run_by[0]`` for the parts offices, 1, run_by, 0."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return path.removeprefix(".")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """What jsonschema says: the keyword, its value in the schema, the value in the file."""

    keyword: str
    rule: Any
    value: Any
    schema: Any
    message: str


def _fault(error: ValidationError) -> _Fault:
    return _Fault(
        keyword=str(error.validator),
        rule=error.validator_value,
        value=error.instance,
        schema=error.schema,
        message=error.message,
    )


Worded = tuple[str, str, dict[str, str | int]]


def _worded(fault: _Fault) -> Worded:
    return _WORDS.get(fault.keyword, _otherwise)(fault)


def _required(fault: _Fault) -> Worded:
    missing = [name for name in fault.rule if name not in fault.value]
    # jsonschema yields an error for each missing name; its message begins with that name.
    named = next((name for name in missing if fault.message.startswith(repr(name))), missing[0])
    return mark("缺少 {name}。"), mark("请补上这一项。"), {"name": named}


def _unknown(fault: _Fault) -> Worded:
    known = sorted(fault.schema.get("properties", {}))
    extra = sorted(set(fault.value) - set(known))
    return (
        mark("不认识 {names}。"),
        mark("请检查拼写；可用的有：{known}。"),
        {"names": "、".join(extra), "known": "、".join(known)},
    )


def _type(fault: _Fault) -> Worded:
    wanted = fault.rule
    names = [wanted] if isinstance(wanted, str) else wanted
    return (
        mark("应为{wanted}。"),
        mark("请改正；代码、编号一类的数字要加引号。"),
        {"wanted": "或".join(_TYPES[name] for name in names)},
    )


def _enum(fault: _Fault) -> Worded:
    allowed = "、".join(str(value) for value in fault.rule)
    return mark("不是允许的值。"), mark("请改为其中之一：{allowed}。"), {"allowed": allowed}


def _const(fault: _Fault) -> Worded:
    wanted = json.dumps(fault.rule, ensure_ascii=False)
    return mark("不是允许的值。"), mark("应为 {wanted}。"), {"wanted": wanted}


def _pattern(fault: _Fault) -> Worded:
    return (
        mark("格式不对。"),
        mark("应符合 {pattern}。"),
        {"pattern": str(fault.rule)},
    )


def _date(_: _Fault) -> Worded:
    return mark("没有这一天。"), mark("请写成 2026-01-31 这样的日期。"), {}


def _any_of(fault: _Fault) -> Worded:
    if any(option.get("required") == ["source"] for option in fault.rule):
        return (
            mark("没有注明来源，也没有标为样例。"),
            mark("请写 source，或者写 sample: true。"),
            {},
        )
    return mark("不是允许的值。"), mark("请对照 README.md 改正；没有时写 null。"), {}


def _contains(fault: _Fault) -> Worded:
    return mark("缺少 {value}。"), mark("请补上它。"), {"value": str(fault.rule["const"])}


def _not(_: _Fault) -> Worded:
    return mark("这里不能有这一项。"), mark("请删去。"), {}


def _otherwise(fault: _Fault) -> Worded:
    rule = f"{fault.keyword} {json.dumps(fault.rule, ensure_ascii=False)}"
    return mark("不符合规则 {rule}。"), mark("请改正。"), {"rule": rule}


_WORDS: Mapping[str, Callable[[_Fault], Worded]] = {
    "required": _required,
    "additionalProperties": _unknown,
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "format": _date,
    "anyOf": _any_of,
    "not": _not,
    "contains": _contains,
}
