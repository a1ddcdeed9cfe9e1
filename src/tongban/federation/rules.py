"""What nodes agree on: names, sizes, how messages are numbered, when one is tried again."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

MOST_DATA = 1024 * 1024
"""Bytes of a message's data as canonical JSON."""
MOST_ENVELOPE = 4 * 1024 * 1024
"""Characters of an envelope: data of the greatest size, signed, then encrypted."""
MOST_BODY = 16 * 1024 * 1024
"""Bytes of one request to the inbox."""
MOST_FILE = 32 * 1024 * 1024
"""Bytes of a file on its way, sealed; a document has 20 MiB at most."""
BATCH = 50
"""Messages of one request at most."""
MOST_LANES = 1000
"""Lanes of one answer about numbers."""
MOST_ANSWERED = 4 * 1024 * 1024
"""Characters of messages that one answer gives back; sealed twice, they fit into a request."""
SKEW = timedelta(minutes=10)
"""How far two nodes' clocks may lie apart."""
CALL_LASTS = timedelta(minutes=5)
"""How long the signature of a request counts; clocks may lie apart besides."""
GIVEN_UP_AFTER = timedelta(days=7)
"""A message that found no answer for so long is given up, and named until someone looks."""
GIVEN_UP_TRIES = 300
"""And for so many tries: a node that was switched off itself, or a revived message, has them."""
MOST_REFUSALS = 5
"""Tries of a message that the other node can't read or doesn't accept as ours."""

SILENT_AFTER = timedelta(hours=1)
"""A node of which nothing was heard for so long is silent: people are told, and since when."""

_FIRST, _LONGEST = 1.0, 300.0


_TYPE = re.compile(r"cn\.tongban\.([a-z0-9._-]{1,40})\.v([1-9][0-9]{0,3})")


def type_of(kind: str, version: int) -> str:
    """Return the CloudEvents ``type`` of a major version of a kind of message.

    >>> type_of("case.told", 1)
    'cn.tongban.case.told.v1'
    """
    return f"cn.tongban.{kind}.v{version}"


def kind_of(event_type: str) -> tuple[str, int]:
    """Return kind and major version of a ``type``; version 0 where it isn't one of ours.

    >>> kind_of("cn.tongban.case.told.v1"), kind_of("cn.tongban.other")
    (('case.told', 1), ('other', 0))
    """
    found = _TYPE.fullmatch(event_type)
    if found is None:
        return event_type.removeprefix("cn.tongban.")[:40], 0
    return found.group(1), int(found.group(2))


def retry_after(attempts: int, spread: float) -> timedelta:
    """Return how long to wait after so many attempts: doubled each time, at most five minutes.

    ``spread`` in [0, 1) scatters it over the upper half, so that nodes don't come all at once.

    >>> retry_after(1, 0.0), retry_after(20, 0.0)
    (datetime.timedelta(microseconds=500000), datetime.timedelta(seconds=150))
    """
    whole = min(_FIRST * 2 ** min(attempts - 1, 16), _LONGEST)
    return timedelta(seconds=whole * (0.5 + spread / 2))


def fetching_wait(attempts: int) -> timedelta:
    """Return when to ask again whether the files of a message have come.

    >>> fetching_wait(0), fetching_wait(20)
    (datetime.timedelta(microseconds=200000), datetime.timedelta(seconds=20))
    """
    return timedelta(seconds=min(0.2 * 2 ** min(attempts, 10), 20.0))


def retry_refused(refusals: int, spread: float) -> timedelta:
    """Return how long to wait after so many refusals to read or believe: there are few tries.

    >>> retry_refused(1, 0.0), retry_refused(4, 0.0)
    (datetime.timedelta(seconds=30), datetime.timedelta(seconds=240))
    """
    return timedelta(seconds=60 * 2 ** (refusals - 1) * (0.5 + spread / 2))


def narrowest(path: Sequence[str], claims: Mapping[str, str]) -> str | None:
    """Return who hosts a place: the claim of the place itself or of the nearest above it.

    ``path`` runs from the place up; ``claims`` maps places to nodes.

    >>> narrowest(["131028", "131000", "130000"], {"130000": "hebei", "131028": "dachang"})
    'dachang'
    """
    return next((claims[place] for place in path if place in claims), None)


def is_in_force(since: datetime, until: datetime | None, at: datetime) -> bool:
    """Tell whether a key may sign at a moment of the other node's clock."""
    # Differences, not sums: a stranger's moments may lie at the ends of the calendar.
    return since - at <= SKEW and (until is None or at - until <= SKEW)
