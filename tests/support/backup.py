"""A node's main database, kept and put back."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from support.node import Node


class Backup:
    """A copy of the node's main database, taken when it is made and good for one restore."""

    def __init__(self, node: Node) -> None:
        self._url = node.environment.get("TONGBAN_DATABASE_URL", "")
        self._file = node.home / "tongban.sqlite3"
        self._kept = node.home / "backup.sqlite3"
        if self._url:
            self._tell("CREATE DATABASE {kept} TEMPLATE {main}")
        else:
            _copy(self._file, self._kept)

    def restore(self) -> None:
        if self._url:
            self._tell("DROP DATABASE {main}", "ALTER DATABASE {kept} RENAME TO {main}")
        else:
            _copy(self._kept, self._file)

    def _tell(self, *statements: LiteralString) -> None:
        parts = urlsplit(self._url)
        main = parts.path.lstrip("/")
        names = {"main": sql.Identifier(main), "kept": sql.Identifier(f"{main}_backup")}
        server = urlunsplit(parts._replace(path="/postgres"))
        with psycopg.connect(server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(sql.SQL(statement).format(**names))


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
