"""Identifiers of what can travel between nodes: the node's name and a UUIDv7.

>>> node_of("tz-0192f3c57c007a3e8b2f5a1d9c4e7b60")
'tz'

Never a URL, so that a moved address changes no identifier; ordered by time within a node
(RFC 9562 section 5.7), so that an index on it stays compact.
"""

import re
from datetime import datetime

import uuid_utils

_ID = re.compile(r"([a-z][a-z0-9]{0,15})-([0-9a-f]{32})")

MAX_LENGTH = 49
"""Characters of the longest id: 16 of the node, a hyphen, 32 of the UUID."""


def new_id(node: str) -> str:
    """Return a fresh id of ``node`` (1 to 16 characters, a-z first, then a-z and 0-9)."""
    made = f"{node}-{uuid_utils.uuid7().hex}"
    if not is_id(made):
        message = f"not a node name: {node!r}"
        raise ValueError(message)
    return made


def first_id(node: str, at: datetime) -> str:
    """Return what no id is before that ``node`` makes from a moment on: ids begin with their time.

    >>> from datetime import UTC
    >>> first_id("tz", datetime(2026, 1, 1, tzinfo=UTC))
    'tz-019b76daa80000000000000000000000'
    """
    return f"{node}-{int(at.timestamp() * 1000):012x}{'0' * 20}"


def is_id(text: str) -> bool:
    """Tell whether ``text`` has the form of an id."""
    return _ID.fullmatch(text) is not None


def node_of(identifier: str) -> str:
    """Return the name of the node that made ``identifier``; ValueError if it is not an id."""
    match = _ID.fullmatch(identifier)
    if match is None:
        message = f"not an id: {identifier!r}"
        raise ValueError(message)
    return match.group(1)
