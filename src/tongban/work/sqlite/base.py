"""The database backend: a writer takes its turn before BEGIN IMMEDIATE, and ends it after.

One queue for each database file, whatever connection or alias writes to it. Databases in memory,
DEFERRED transactions and single statements outside a transaction don't queue.

Others wait for a turn to end, so a statement's way to SQLite is short here: what Django asks and
rewrites anew at each statement is asked once.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path
from threading import get_ident
from typing import Any
from urllib.parse import unquote, urlsplit

from django.db.backends.sqlite3 import base
from django.db.backends.utils import CursorWrapper

from tongban.work.fair_lock import Turn, lock_of

_WRITING = {"IMMEDIATE", "EXCLUSIVE"}
_PYTHONS_TIMEOUT = 5.0


_Base: Any = base.DatabaseWrapper  # Django's stubs leave out the hooks that are used below
_Cursor: Any = base.SQLiteCursorWrapper


@lru_cache(maxsize=1024)
def _question_marks(query: str) -> str:
    """Return a query with SQLite's own marks, as Django rewrites it at each run."""
    return str(base.FORMAT_QMARK_REGEX.sub("?", query)).replace("%%", "%")


class _Statement(_Cursor):  # type: ignore[misc]  # see above
    """A cursor that remembers how a query is written for SQLite."""

    def convert_query(self, query: str, *, param_names: list[str] | None = None) -> str:
        if param_names is None:
            return _question_marks(query)
        return str(super().convert_query(query, param_names=param_names))


class DatabaseWrapper(_Base):  # type: ignore[misc]  # see above
    """A connection that holds a turn from before BEGIN until after COMMIT, ROLLBACK or close.

    A turn that doesn't come within ``OPTIONS["timeout"]`` seconds is OperationalError "database
    is locked", as SQLite itself would answer.
    """

    _turn: Turn | None = None

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a statement of one shape and return its rows."""
        if self._is_watched():
            with self.cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        with self.wrap_database_errors:
            found: list[Any] = self.connection.execute(_question_marks(sql), parameters).fetchall()
            return found

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement of one shape and return how many rows it wrote."""
        if self._is_watched():
            with self.cursor() as cursor:
                cursor.execute(sql, parameters)
                return int(cursor.rowcount)
        with self.wrap_database_errors:
            return int(self.connection.execute(_question_marks(sql), parameters).rowcount)

    def together(self) -> AbstractContextManager[None]:
        """Send statements one by one all the same: there is no server to wait for."""
        return nullcontext()

    def _is_watched(self) -> bool:
        """Tell whether a statement goes through Django's wrappers: a test or a log looks at it."""
        if self.connection is None:
            self.connect()
        if self.needs_rollback:
            self.validate_no_broken_transaction()
        if self._thread_ident != get_ident():
            self.validate_thread_sharing()
        return bool(self.execute_wrappers or self.queries_logged)

    def create_cursor(self, name: str | None = None) -> Any:  # noqa: ANN401, ARG002 - Django's
        """Return SQLite's own cursor, which remembers how queries are written for it."""
        return self.connection.cursor(factory=_Statement)

    def _cursor(self, name: str | None = None) -> Any:  # noqa: ANN401 - Django's
        if self.connection is None or self.queries_logged:
            return super()._cursor(name)
        # A file needs no check of its health, and a cursor that is only made raises nothing.
        self.validate_thread_sharing()
        return CursorWrapper(self.create_cursor(), self)

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            self.change(f"BEGIN {self.transaction_mode or ''}")
        except BaseException:
            # An interrupt right behind BEGIN: Django doesn't know of the transaction.
            if self.connection.in_transaction:
                self.connection.rollback()
            self._end_turn()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            self._end_turn_if_over()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._end_turn_if_over()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._end_turn()

    def _take_turn(self) -> None:
        if self.transaction_mode not in _WRITING or self.is_in_memory_db():
            return
        timeout = float(self.settings_dict["OPTIONS"].get("timeout", _PYTHONS_TIMEOUT))
        self._turn = lock_of(_file_of(self.settings_dict["NAME"])).acquire(timeout)
        if self._turn is None:
            with self.wrap_database_errors:
                message = "database is locked"
                raise sqlite3.OperationalError(message)

    def _end_turn_if_over(self) -> None:
        """End the turn unless the transaction goes on, as after a COMMIT that failed."""
        if self.connection is None or not self.connection.in_transaction:
            self._end_turn()

    def _end_turn(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.release()


@lru_cache
def _file_of(name: Any) -> Path:  # noqa: ANN401 - Django takes str and Path
    """Return the file that a NAME names; SQLite takes ``file:`` addresses too."""
    text = str(name)
    return Path(unquote(urlsplit(text).path) if text.startswith("file:") else text)
