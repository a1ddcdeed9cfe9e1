"""The moment it is now, in UTC; a test or a simulation may hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_held: list[datetime] = []


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _held[-1] if _held else datetime.now(UTC)


@contextmanager
def held_at(moment: datetime) -> Iterator[None]:
    """Hold the clock of this process (all its threads) at ``moment``, which must be aware."""
    if moment.utcoffset() != timedelta(0):
        message = "a held moment must be in UTC"
        raise ValueError(message)
    _held.append(moment)
    try:
        yield
    finally:
        _held.pop()
