"""Small SQLite files beside the main database: neither in it, nor in its backup.

One transaction writes at a time, from the comparison to the commit; a commit is on the disk
(``synchronous=FULL`` in WAL mode) before anybody is told.
"""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_TIMEOUT_S = 1.5
"""Seconds to wait for another writer: less than a log waits for its witnesses."""


@contextmanager
def reading(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Open the file to look; sqlite3.Error or OSError where that can't be done.

    Where there is none, an empty one in memory stands for it, and none is made.
    """
    if not path.exists():
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
            empty.executescript(schema)
            yield empty
        return
    with _connected(path) as connection:
        yield connection


@contextmanager
def writing(path: Path, schema: str) -> Iterator[sqlite3.Connection]:
    """Open the file in a transaction that excludes every other writer; committed at the end."""
    if not path.exists():
        _make(path, schema)
    with _connected(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=_TIMEOUT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection
    finally:
        connection.close()


def _make(path: Path, schema: str) -> None:
    """Make an empty file beside, then link it into place: the first of several makers wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    os.close(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
            connection.executescript(schema)
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
