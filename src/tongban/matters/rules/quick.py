"""A schema as one function that only tells whether data keep to it: a twentieth of the time.

jsonschema says what is wrong, and takes its time for it; nearly every form that is handed in has
nothing wrong. The words that our forms use are read here into plain functions with the standard's
meaning (JSON Schema 2020-12); a schema with any other word gets none, and jsonschema is asked.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

_Check = Callable[[Any], bool]
_Defs = dict[str, _Check]

_SAYS_NOTHING = frozenset(
    {"title", "description", "default", "examples", "$comment", "$schema", "$defs"}
)


class _OtherWordError(Exception):
    """A word that is left to jsonschema."""


def quick_check(schema: Any, formats: Mapping[str, _Check]) -> _Check | None:  # noqa: ANN401 - JSON
    """Return what tells whether data keep to the schema; None where only jsonschema can tell."""
    if not isinstance(schema, Mapping):
        return None
    defs: _Defs = {}
    reader = _Reader(formats, defs)
    try:
        for name, part in schema.get("$defs", {}).items():
            defs[name] = reader.read(part)
        return reader.read(schema)
    except _OtherWordError:
        return None


class _Reader:
    def __init__(self, formats: Mapping[str, _Check], defs: _Defs) -> None:
        self._formats = formats
        self._defs = defs

    def read(self, schema: Any) -> _Check:  # noqa: ANN401 - a schema is an object or a boolean
        if isinstance(schema, bool):
            return lambda _: schema
        checks = [
            self._word(word, bound, schema)
            for word, bound in schema.items()
            if not (word.startswith("x-") or word in _SAYS_NOTHING or word in _TOGETHER)
        ]
        if "if" in schema:
            checks.append(self._condition(schema))
        if any(word in schema for word in ("properties", "additionalProperties", "required")):
            checks.append(self._object(schema))
        return _all(checks)

    def _word(self, word: str, bound: Any, schema: Mapping[str, Any]) -> _Check:  # noqa: ANN401 - JSON
        if word == "$ref":
            return self._reference(bound)
        if word == "format" and bound in self._formats:
            return self._formats[bound]
        if word in _LISTS:
            return _LISTS[word]([self.read(part) for part in bound])
        if word == "not":
            refused = self.read(bound)
            return lambda data: not refused(data)
        if word == "items" and "prefixItems" not in schema:
            item = self.read(bound)
            return lambda data: not isinstance(data, list) or all(map(item, data))
        if word in _BOUNDS:
            return _BOUNDS[word](bound)
        raise _OtherWordError

    def _reference(self, bound: str) -> _Check:
        name, defs = bound.removeprefix("#/$defs/"), self._defs
        if "/" in name or "~" in name or "%" in name or name == bound:
            raise _OtherWordError
        # Looked up when it is asked: it may be read later, or be this very one.
        return lambda data: defs[name](data)  # noqa: PLW0108 - see above

    def _condition(self, schema: Mapping[str, Any]) -> _Check:
        asked = self.read(schema["if"])
        then, other = self.read(schema.get("then", True)), self.read(schema.get("else", True))
        return lambda data: then(data) if asked(data) else other(data)

    def _object(self, schema: Mapping[str, Any]) -> _Check:
        fields = {name: self.read(part) for name, part in schema.get("properties", {}).items()}
        required = tuple(schema.get("required", ()))
        others = self.read(schema.get("additionalProperties", True))

        def check(data: Any) -> bool:  # noqa: ANN401 - JSON
            if not isinstance(data, dict):
                return True
            for name, value in data.items():
                if not fields.get(name, others)(value):
                    return False
            return all(map(data.__contains__, required))

        return check


def _all(checks: list[_Check]) -> _Check:
    if len(checks) == 1:
        return checks[0]

    def holds(data: object) -> bool:
        for check in checks:  # noqa: SIM110 - a generator within ``all`` takes as long as a check
            if not check(data):
                return False
        return True

    return holds


def _any(checks: list[_Check]) -> _Check:
    return lambda data: any(check(data) for check in checks)


def _one(checks: list[_Check]) -> _Check:
    return lambda data: sum(check(data) for check in checks) == 1


def _is_number(data: object) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


def _is_integer(data: object) -> bool:
    return (isinstance(data, int) and not isinstance(data, bool)) or (
        isinstance(data, float) and data.is_integer()  # 1.0 is the integer 1
    )


_TYPES: dict[str, _Check] = {
    "object": lambda data: isinstance(data, dict),
    "array": lambda data: isinstance(data, list),
    "string": lambda data: isinstance(data, str),
    "number": _is_number,
    "integer": _is_integer,
    "boolean": lambda data: isinstance(data, bool),
    "null": lambda data: data is None,
}


def _type(bound: Any) -> _Check:  # noqa: ANN401 - one name or a list of them
    return _TYPES[bound] if isinstance(bound, str) else _any([_TYPES[name] for name in bound])


def _enum(bound: list[Any]) -> _Check:
    if any(isinstance(one, dict | list) for one in bound):
        raise _OtherWordError
    if all(isinstance(one, str) for one in bound):
        texts = frozenset(bound)
        return lambda data: isinstance(data, str) and data in texts
    return lambda data: any(_is_same(one, data) for one in bound)


def _is_same(one: object, data: object) -> bool:
    """Tell whether two are equal in JSON, where true is not 1."""
    return one is data if isinstance(one, bool) or isinstance(data, bool) else one == data


def _of_text(holds: _Check) -> _Check:
    return lambda data: not isinstance(data, str) or holds(data)


def _of_list(holds: _Check) -> _Check:
    return lambda data: not isinstance(data, list) or holds(data)


def _of_number(holds: _Check) -> _Check:
    return lambda data: not _is_number(data) or holds(data)


def _pattern(bound: str) -> _Check:
    search = re.compile(bound).search
    return _of_text(lambda data: search(data) is not None)


_TOGETHER = frozenset({"if", "then", "else", "properties", "required", "additionalProperties"})
"""Words whose meaning hangs on one another."""

_LISTS: dict[str, Callable[[list[_Check]], _Check]] = {"allOf": _all, "anyOf": _any, "oneOf": _one}

_BOUNDS: dict[str, Callable[[Any], _Check]] = {
    "type": _type,
    "enum": _enum,
    "const": lambda bound: _enum([bound]),
    "pattern": _pattern,
    "minLength": lambda bound: _of_text(lambda data: len(data) >= bound),
    "maxLength": lambda bound: _of_text(lambda data: len(data) <= bound),
    "minItems": lambda bound: _of_list(lambda data: len(data) >= bound),
    "maxItems": lambda bound: _of_list(lambda data: len(data) <= bound),
    "minimum": lambda bound: _of_number(lambda data: bool(data >= bound)),
    "maximum": lambda bound: _of_number(lambda data: bool(data <= bound)),
    "exclusiveMinimum": lambda bound: _of_number(lambda data: bool(data > bound)),
    "exclusiveMaximum": lambda bound: _of_number(lambda data: bool(data < bound)),
}
