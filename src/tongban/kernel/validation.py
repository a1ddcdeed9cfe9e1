"""What messages are held against: JSON Schema 2020-12, compiled once, with formats asserted."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend

from tongban.kernel.wire import day, moment

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or isinstance(moment(value), datetime)


@_FORMATS.checks("date", raises=ValueError)
def _is_day(value: object) -> bool:
    return not isinstance(value, str) or isinstance(day(value), date)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> "re.Pattern[str]":
    """Return a pattern as ECMA-262 means it: ``$`` is the end of the text, not of its last line."""
    whole = f"{pattern[:-1]}\\Z" if pattern.endswith("$") else pattern
    return re.compile(whole)


def _pattern(
    _validator: Validator, pattern: str, value: object, _schema: object
) -> Iterator[ValidationError]:
    if isinstance(value, str) and _compiled(pattern).search(value) is None:
        yield ValidationError("another form of text")


_Form = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call] # has none


def compiled(schema: dict[str, Any]) -> Draft202012Validator:
    """Return the validator of a schema; SchemaError where it is none."""
    _Form.check_schema(schema)
    return cast("Draft202012Validator", _Form(schema, format_checker=_FORMATS))


def has_nul(value: object) -> bool:
    """Tell whether a text of a value holds U+0000.

    PostgreSQL keeps no such text, and what one node can't keep no node takes.
    """
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in name or has_nul(part) for name, part in value.items())
    return isinstance(value, list) and any(map(has_nul, value))
