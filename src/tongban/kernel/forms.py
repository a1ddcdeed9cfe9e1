"""Forms of values in messages, as JSON Schema (2020-12): what ``wire`` and ``Acting`` write.

Plain data: an app puts the schema of its messages together of these. Patterns are those of
ECMA-262, so that others' readers mean the same by them.
"""

from collections.abc import Collection, Iterable
from enum import IntEnum, StrEnum
from typing import Any

from tongban.kernel.acting import ActorKind, Assurance, Channel, Presence
from tongban.kernel.ids import MAX_LENGTH

Form = dict[str, Any]

LARGEST = 2**31 - 1
"""Of a whole number that a column holds."""


def text(most: int, *, least: int = 1) -> Form:
    """Return the form of a text of so many characters."""
    return {"type": "string", "minLength": least, "maxLength": most}


def matching(pattern: str) -> Form:
    """Return the form of a text that a pattern matches from end to end."""
    return {"type": "string", "pattern": f"^{pattern}$"}


def number(least: int = 0, most: int = LARGEST) -> Form:
    """Return the form of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most}


def one_of(values: Iterable[str | StrEnum]) -> Form:
    """Return the form of a text that is one of a few."""
    return {"type": "string", "enum": [str(one) for one in values]}


def level(values: Iterable[IntEnum]) -> Form:
    """Return the form of a number that is one of a few."""
    return {"type": "integer", "enum": [int(one) for one in values]}


def many(form: Form, most: int, *, least: int = 0) -> Form:
    """Return the form of a list."""
    return {"type": "array", "items": form, "minItems": least, "maxItems": most}


def closed(fields: dict[str, Form], *, optional: Collection[str] = ()) -> Form:
    """Return the form of an object with these fields and no others; all but some must be there."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def mapped(names: Form, values: Form, most: int) -> Form:
    """Return the form of an object whose names are data."""
    return {
        "type": "object",
        "propertyNames": names,
        "additionalProperties": values,
        "maxProperties": most,
    }


def or_none(form: Form) -> Form:
    """Return a form that null has too."""
    if "enum" in form:
        return {**form, "type": [form["type"], "null"], "enum": [*form["enum"], None]}
    return {**form, "type": [form["type"], "null"]}


NODE = matching("[a-z][a-z0-9]{0,15}")
ID = matching("[a-z][a-z0-9]{0,15}-[0-9a-f]{32}")
"""An id of what can travel."""
NAME = text(MAX_LENGTH)
"""An id that may be reference data's: an agency's, an office's, a post's."""
HEX_32 = matching("[0-9a-f]{64}")
"""Thirty-two bytes: a digest, a salt."""
MOMENT = {
    **matching(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"),
    "format": "date-time",
}
DAY = {**matching("20[0-9]{2}-[0-9]{2}-[0-9]{2}"), "format": "date"}
YES_OR_NO = {"type": "boolean"}

ACTING = closed(
    {
        "actor_kind": one_of(ActorKind),
        "actor_id": NAME,
        "channel": one_of(Channel),
        "post_id": or_none(NAME),
        "on_behalf_of": or_none(NAME),
        "mandate_id": or_none(NAME),
        "presence": one_of(Presence),
        "assurance": level(Assurance),
    }
)
