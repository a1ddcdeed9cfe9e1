"""The names of this node's logs: one for each year, and one more for each key that was changed.

``2026`` is the log of a year, ``2026-2`` what followed it in the same year. A log's origin, the
name that its key signs under, is ``<node>/log/<shard>``; its files stand in ``HOME/log/<shard>``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

_SHARD = re.compile(r"([0-9]{4})(?:-([1-9][0-9]{0,2}))?")


def origin_of(shard: str) -> str:
    """Return the origin of this node's log of that name."""
    return f"{settings.NODE}/log/{shard}"


def shard_of(origin: str) -> str | None:
    """Return which of this node's logs has that origin; None for another node's."""
    node, between, shard = origin.rpartition("/log/")
    return shard if between and node == settings.NODE and _SHARD.fullmatch(shard) else None


def log_folder() -> Path:
    """Return where this node's logs stand."""
    return Path(settings.HOME) / "log"


def folder_of(shard: str) -> Path:
    """Return where one log's checkpoint and tiles stand; ValueError for what can't be a name."""
    if _SHARD.fullmatch(shard) is None:
        message = f"not the name of a log: {shard!r}"
        raise ValueError(message)
    return log_folder() / shard


def is_shard(name: str) -> bool:
    """Tell whether a log could have that name."""
    return _SHARD.fullmatch(name) is not None


def order(shard: str) -> tuple[int, int]:
    """Return by what the logs of a node stand in the order of their beginning.

    >>> sorted(["2026-10", "2027", "2026-2", "2026"], key=order)
    ['2026', '2026-2', '2026-10', '2027']
    """
    return year_of(shard), int(shard.partition("-")[2] or 1)


def year_of(shard: str) -> int:
    """Return the year in its name."""
    return int(shard[:4])


def follower(shard: str | None, year: int) -> str:
    """Return the name of the log that follows one: the new year's, or the next in its year.

    A clock that went back opens no log of an earlier year.

    >>> follower("2026", 2027), follower("2026", 2026), follower("2026-2", 2025)
    ('2027', '2026-2', '2026-3')
    """
    if shard is None or year > year_of(shard):
        return f"{year:04}"
    number = order(shard)[1] + 1
    return f"{year_of(shard):04}-{number}"


def traces() -> set[str]:
    """Return the logs of which this node's files know: a public key, or a private one."""
    found = {path.parent.name for path in log_folder().glob("*/vkey")}
    keys = (Path(settings.HOME) / "keys").glob("log-*.key")
    return set(filter(is_shard, found.union(path.stem.removeprefix("log-") for path in keys)))


def vkeys() -> Iterator[str]:
    """Yield the verifier keys of this node's own logs, as they were published beside the tiles."""
    for path in sorted(log_folder().glob("*/vkey")):
        if is_shard(path.parent.name):
            yield path.read_text(encoding="utf-8").strip()
