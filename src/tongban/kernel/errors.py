"""Refusals: errors that a person meets, each with a stable code, what happened, what to do.

An app's ``errors.py`` declares them as subclasses; the channels translate and show them by one
mapping from ``kind`` to HTTP. Anything that is not a Refusal is a defect and fails loudly.

>>> class Stale(Refusal):
...     code = "cases.stale"
...     what = mark("页面已过期:这个办件已由 {who} 更新。")
...     todo = mark("请刷新后再试。")
...     kind = Kind.CONFLICT
>>> Stale(who="王敏").fields
{'who': '王敏'}
"""

from enum import StrEnum
from typing import ClassVar


class Kind(StrEnum):
    """What sort of refusal; channels map it to an HTTP status, and nothing else does."""

    INVALID = "invalid"  # the request itself is malformed or incomplete
    LOGIN = "login"  # nobody is logged in, or not surely enough
    FORBIDDEN = "forbidden"  # known, but without the right
    NOT_FOUND = "not_found"  # not there, or not for this person's eyes
    CONFLICT = "conflict"  # somebody else was faster, or the state has moved on
    RULE = "rule"  # the law or an agreement does not allow it
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"  # a kind of file that is not taken
    UNAVAILABLE = "unavailable"  # a part of the system does not answer now


def mark(text: str) -> str:
    """Mark a literal for translation and return it unchanged; the channel translates it."""
    return text


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not a malfunction
    """Base of all refusals. ``what`` and ``todo`` are Chinese templates over ``fields``.

    Fields carry no personal data: they may reach a log.
    """

    code: ClassVar[str]
    what: ClassVar[str]
    todo: ClassVar[str]
    kind: ClassVar[Kind]

    def __init__(self, **fields: str | int) -> None:
        """Keep the values that the two templates name."""
        self.fields = fields
        super().__init__(f"{self.code}: {self.what.format(**fields)}")


def all_refusals() -> list[type[Refusal]]:
    """Return every declared refusal with a code, sorted by code (of the modules imported)."""
    found: dict[str, type[Refusal]] = {}
    waiting = list(Refusal.__subclasses__())
    while waiting:
        refusal = waiting.pop()
        waiting.extend(refusal.__subclasses__())
        if hasattr(refusal, "code"):
            found[refusal.code] = refusal
    return [found[code] for code in sorted(found)]
