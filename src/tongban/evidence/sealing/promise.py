"""What each log has promised: the latest checkpoint that it signed, compared and swapped.

An SQLite file of its own, ``HOME/log/promised.sqlite3``: a main database that is put back from a
backup doesn't bring it back. Whoever would sign a larger tree must have seen this one, so no size
ever gets two roots, whoever else runs.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import Any

from tongban.evidence import sidestore
from tongban.evidence.core.tree import EMPTY_ROOT
from tongban.evidence.shards import log_folder

_SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE promised (
    number INTEGER PRIMARY KEY,
    shard TEXT NOT NULL UNIQUE,
    vkey TEXT NOT NULL,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    at INTEGER NOT NULL,
    note BLOB,
    published BLOB,
    cosigned BLOB,
    policy BLOB,
    closed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE noted (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TRIGGER promised_never_goes_back BEFORE UPDATE ON promised
WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root != OLD.root)
    OR NEW.shard != OLD.shard OR NEW.vkey != OLD.vkey OR NEW.closed < OLD.closed
    OR (OLD.closed AND NEW.size != OLD.size)
BEGIN SELECT RAISE(ABORT, 'a log never goes back'); END;
"""
NAME = "promised.sqlite3"

_COLUMNS = "shard, vkey, size, root, at, note, published, cosigned, policy, closed"


class Raced(Exception):  # noqa: N818 - another process was there first
    """The log has promised something else meanwhile: nothing was signed, look again."""


@dataclass(frozen=True, slots=True)
class Promise:
    """What a log last signed.

    ``note`` is its checkpoint, signed by the log alone, None before the first; ``published`` the
    latest with cosignatures, ``cosigned`` the latest that reached the quorum of ``policy``, the
    tlog-policy file of then. ``at`` is when it was signed, seconds since 1970. A ``closed`` log
    grows no more.
    """

    shard: str
    vkey: str
    size: int
    root: bytes
    at: int
    note: bytes | None
    published: bytes | None
    cosigned: bytes | None
    policy: bytes | None
    closed: bool


class Promises:
    """The open file; every method is one statement."""

    def __init__(self, connection: Connection) -> None:
        """Take the connection."""
        self._connection = connection

    def all(self) -> list[Promise]:
        """Return what every log of this node promised, the oldest log first."""
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM promised ORDER BY number")  # noqa: S608 - the columns above
        return [Promise(*[*row[:-1], bool(row[-1])]) for row in rows]

    def latest(self) -> Promise | None:
        """Return that of the log in use, None before the first."""
        return next(reversed(self.all()), None)

    def find(self, shard: str) -> Promise | None:
        """Return that of a log, None if it was never begun."""
        return next((one for one in self.all() if one.shard == shard), None)

    def of(self, shard: str) -> Promise:
        """Return that of a log; LookupError if it was never begun."""
        found = self.find(shard)
        if found is None:
            raise LookupError(shard)
        return found

    def begin(self, shard: str, vkey: str, at: int) -> None:
        """Begin a log; it is the one in use from now on."""
        self._connection.execute(
            "INSERT INTO promised (shard, vkey, size, root, at) VALUES (?, ?, 0, ?, ?)",
            [shard, vkey, EMPTY_ROOT, at],
        )

    def swap(self, held: Promise, *, size: int, root: bytes, note: bytes, at: int) -> None:
        """Promise a new checkpoint in place of ``held``; Raced where another stands there."""
        self._change(held, "SET size = ?, root = ?, note = ?, at = ?", [size, root, note, at])

    def publish(self, held: Promise, note: bytes, *, policy: bytes | None) -> None:
        """Keep a cosigned note of the promised checkpoint; Raced where it isn't that any more.

        ``policy`` is the one whose quorum it reaches, None where it reaches none.
        """
        self._change(held, "SET published = ?", [note])
        if policy is not None:
            self._change(held, "SET cosigned = ?, policy = ?", [note, policy])

    def close(self, held: Promise) -> None:
        """Close a log for good; Raced where it has grown."""
        self._change(held, "SET closed = 1", [])

    def cosigned(self, shard: str) -> dict[str, int]:
        """Return the size of a log that each witness cosigned last, of those that ever did."""
        found: dict[str, int] = json.loads(self.noted(f"cosigned/{shard}") or "{}")
        return found

    def note_cosigned(self, held: Promise, witnesses: Iterable[str]) -> None:
        """Note that these witnesses cosigned the log as it is promised."""
        sizes = self.cosigned(held.shard) | dict.fromkeys(witnesses, held.size)
        self.note(f"cosigned/{held.shard}", json.dumps(sizes))

    def noted(self, name: str) -> str | None:
        """Return what the sequencer noted under a name."""
        row = self._connection.execute("SELECT value FROM noted WHERE name = ?", [name]).fetchone()
        return None if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Note something for other processes to read."""
        self._connection.execute(
            "INSERT INTO noted (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            [name, value],
        )

    def _change(self, held: Promise, changes: str, values: list[Any]) -> None:
        cursor = self._connection.execute(
            f"UPDATE promised {changes} WHERE shard = ? AND size = ? AND root = ?",
            [*values, held.shard, held.size, held.root],
        )
        if cursor.rowcount != 1:
            raise Raced(held.shard)


@contextmanager
def reading() -> Iterator[Promises]:
    """Open the file to look, as ``sidestore.reading`` does."""
    with sidestore.reading(_path(), _SCHEMA) as connection:
        yield Promises(connection)


@contextmanager
def writing() -> Iterator[Promises]:
    """Open the file in a transaction that excludes every other writer; committed at the end."""
    with sidestore.writing(_path(), _SCHEMA) as connection:
        yield Promises(connection)


def _path() -> Path:
    return log_folder() / NAME
