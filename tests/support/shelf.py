"""The region in the test databases: loaded once a run, put back after a test that emptied them.

A test of the database rolls back, so the region stays; a test with ``transaction=True`` ends in
a flush, so the next one gets both databases back from a copy made after the load.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from psycopg import sql


class Shelf:
    """A copy of both test databases as they were after the load."""

    def __init__(self, load: Callable[[], None]) -> None:
        """Load the region and keep a copy."""
        load()
        self.dirty = False
        self._sqlite: dict[str, sqlite3.Connection] = {}
        for alias in ("default", "keys"):
            if connections[alias].vendor == "sqlite":
                self._sqlite[alias] = sqlite3.connect(":memory:", check_same_thread=False)
                _copy(_sqlite_of(alias), self._sqlite[alias])
        if connections["default"].vendor == "postgresql":
            self._keep_postgresql()

    def put_back(self) -> None:
        """Make both databases again what they were after the load."""
        for alias, kept in self._sqlite.items():
            _copy(kept, _sqlite_of(alias))
        if connections["default"].vendor == "postgresql":
            name = str(connections["default"].settings_dict["NAME"])
            _make_from(source=_kept(name), target=name)
        self.dirty = False

    def close(self) -> None:
        """Drop the copy."""
        for kept in self._sqlite.values():
            kept.close()
        if connections["default"].vendor == "postgresql":
            name = _kept(str(connections["default"].settings_dict["NAME"]))
            with _server() as server:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))

    @staticmethod
    def _keep_postgresql() -> None:
        name = str(connections["default"].settings_dict["NAME"])
        _make_from(source=name, target=_kept(name))


def _kept(name: str) -> str:
    return f"{name}_region"


def _sqlite_of(alias: str) -> sqlite3.Connection:
    connections[alias].ensure_connection()
    raw = connections[alias].connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    source.backup(target)


def _make_from(*, source: str, target: str) -> None:
    connections["default"].close()
    with _server() as server:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)",
            [[source, target]],
        )
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(target)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(target), sql.Identifier(source)
            )
        )


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """Open a connection to the server itself, outside any test database."""
    given = connections["default"].settings_dict
    wanted = {name: given[name.upper()] for name in ("host", "port", "user", "password")}
    wanted = {name: value for name, value in wanted.items() if value} | given["OPTIONS"]
    with psycopg.connect(**wanted, dbname="postgres", autocommit=True) as server:
        yield server
