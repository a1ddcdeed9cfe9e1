"""How the log kept up during the last hour, and the alarm about entries that wait too long.

The samples stand in a file of their own beside the promises, which nothing may hold up or harm:
``HOME/log/samples.sqlite3``. It may be removed; the next sample makes it anew.
"""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import DatabaseError

from tongban.evidence import sidestore
from tongban.evidence.sealing import batches, promise
from tongban.evidence.shards import log_folder
from tongban.kernel import clock

BACKLOG_ALARM = timedelta(minutes=1)
"""An entry that has waited longer for its log is worth an alarm."""
KEPT = timedelta(hours=1)
"""What is older than that is forgotten, so that the file stays small."""

_EVERY = timedelta(seconds=10)
_SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE sampled (
    at INTEGER PRIMARY KEY,
    waiting INTEGER NOT NULL,
    oldest_s REAL NOT NULL,
    size INTEGER NOT NULL
);
"""
_log = structlog.get_logger("tongban.evidence")


class Sample(NamedTuple):
    """The worst of some ten seconds: entries that waited, seconds of the oldest; and the size.

    ``size`` is that of all logs together at the end of them.
    """

    at: datetime
    waiting: int
    oldest_s: float
    size: int


class Gauge:
    """The sequencer's eye on what waits; it disturbs no turn, whatever fails."""

    def __init__(self) -> None:
        """Begin without an alarm."""
        self._alarmed = False
        self._worst = (0, 0.0)
        self._kept_at: datetime | None = None

    def look(self) -> None:
        """Look at what waits, before a turn; tell where it is too old, keep a sample if due."""
        try:
            waits = batches.backlog()
        except DatabaseError:
            return  # the turn that follows says so
        now = clock.now()
        oldest_s = 0.0 if waits.oldest is None else (now - waits.oldest).total_seconds()
        self._alarm(waits.count, oldest_s)
        self._worst = (max(self._worst[0], waits.count), max(self._worst[1], oldest_s))
        if self._kept_at is None or not timedelta(0) <= now - self._kept_at < _EVERY:
            try:
                _keep(now, *self._worst)
            except (OSError, sqlite3.Error) as error:
                _log.warning("evidence_sample_lost", error=type(error).__name__)
            self._kept_at, self._worst = now, (0, 0.0)

    def _alarm(self, waiting: int, oldest_s: float) -> None:
        """Write a line when a backlog becomes one, and when it is none any more."""
        is_late = oldest_s > BACKLOG_ALARM.total_seconds()
        if is_late and not self._alarmed:
            _log.error("evidence_backlog", waiting=waiting, oldest_s=round(oldest_s))
        elif self._alarmed and not is_late:
            _log.info("evidence_backlog_over", waiting=waiting)
        self._alarmed = is_late


def last_hour() -> tuple[Sample, ...]:
    """Return the samples of the last hour, the oldest first; sqlite3.Error, OSError as a file."""
    since = int((clock.now() - KEPT).timestamp())
    with sidestore.reading(log_folder() / "samples.sqlite3", _SCHEMA) as connection:
        rows = connection.execute(
            "SELECT at, waiting, oldest_s, size FROM sampled WHERE at > ? ORDER BY at", [since]
        ).fetchall()
    return tuple(Sample(datetime.fromtimestamp(row[0], UTC), *row[1:]) for row in rows)


def _keep(now: datetime, waiting: int, oldest_s: float) -> None:
    with promise.reading() as promises:
        size = sum(held.size for held in promises.all())
    at = int(now.timestamp())
    with sidestore.writing(log_folder() / "samples.sqlite3", _SCHEMA) as connection:
        connection.execute(
            "DELETE FROM sampled WHERE at <= ? OR at > ?", [at - int(KEPT.total_seconds()), at]
        )
        connection.execute(
            "INSERT OR REPLACE INTO sampled (at, waiting, oldest_s, size) VALUES (?, ?, ?, ?)",
            [at, waiting, oldest_s, size],
        )
