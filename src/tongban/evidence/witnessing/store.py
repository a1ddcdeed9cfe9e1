"""What the witness remembers, in an SQLite file of its own: not in the database, not in its backup.

One transaction writes at a time, from the comparison to the commit, before anybody is answered.
"""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tongban.evidence import sidestore
from tongban.evidence.core.witness import Remembered
from tongban.evidence.witnessing.known import witness_folder

_SCHEMA = """
PRAGMA journal_mode=WAL;
CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), vkey TEXT NOT NULL);
CREATE TABLE held (
    origin TEXT PRIMARY KEY,
    origin_hash TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    timestamp INTEGER NOT NULL,
    note BLOB NOT NULL
);
CREATE TRIGGER held_never_goes_back BEFORE UPDATE ON held
WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root != OLD.root)
BEGIN SELECT RAISE(ABORT, 'a witness never goes back'); END;
"""
NAME = "witness.sqlite3"


class Held(NamedTuple):
    """The latest checkpoint of an origin that was cosigned.

    ``note`` carries the good signatures of its log and the cosignature that was handed out.
    """

    origin: str
    size: int
    root: bytes
    timestamp: int
    note: bytes

    @property
    def remembered(self) -> Remembered:
        """What a decision asks for."""
        return Remembered(self.size, self.root)


class Store:
    """An open store; every method is one statement."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection."""
        self._connection = connection

    def vkey(self) -> str | None:
        """Return the verifier key of the witness whose memory this is; None before the first."""
        row = self._connection.execute("SELECT vkey FROM identity").fetchone()
        return None if row is None else str(row[0])

    def belong_to(self, vkey: str) -> None:
        """Bind the memory to a witness, for good."""
        self._connection.execute("INSERT INTO identity (one, vkey) VALUES (1, ?)", [vkey])

    def held(self, origin: str) -> Held | None:
        """Return the latest cosigned checkpoint of an origin."""
        return self._one("origin", origin)

    def held_by_hash(self, origin_hash: str) -> Held | None:
        """Return the same by the lowercase hexadecimal SHA-256 of the origin."""
        return self._one("origin_hash", origin_hash)

    def hold(self, held: Held) -> None:
        """Remember a checkpoint; sqlite3.IntegrityError for one that goes back."""
        self._connection.execute(
            "INSERT INTO held (origin, origin_hash, size, root, timestamp, note) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET size = excluded.size, "
            "root = excluded.root, timestamp = excluded.timestamp, note = excluded.note",
            [held.origin, origin_hash(held.origin), *held[1:]],
        )

    def _one(self, column: str, value: str) -> Held | None:
        row = self._connection.execute(
            f"SELECT origin, size, root, timestamp, note FROM held WHERE {column} = ?",  # noqa: S608 - one of two names above
            [value],
        ).fetchone()
        return None if row is None else Held(*row)


def origin_hash(origin: str) -> str:
    """Return how a monitor asks for an origin (tlog-witness, Monitor Retrieval Mechanism)."""
    return hashlib.sha256(origin.encode()).hexdigest()


@contextmanager
def reading() -> Iterator[Store]:
    """Open the store to look, as ``sidestore.reading`` does."""
    with sidestore.reading(_path(), _SCHEMA) as connection:
        yield Store(connection)


@contextmanager
def writing() -> Iterator[Store]:
    """Open the store in a transaction that excludes every other writer; committed at the end."""
    with sidestore.writing(_path(), _SCHEMA) as connection:
        yield Store(connection)


def _path() -> Path:
    return witness_folder() / NAME
