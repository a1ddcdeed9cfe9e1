"""The database backend: statements of one shape are prepared, and a live connection is believed.

Django binds a statement's values itself and has the server plan each anew. What ``work.fixed`` runs
is bound by the server instead, which plans it once for a connection; the ORM's own are as before.
"""

import select
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base

_Base: Any = base.DatabaseWrapper  # Django's stubs leave out the hooks that are used below

_BELIEVED_S = 5.0
"""Seconds for which a connection that answered is not asked whether it still does."""

_MOST_CURSORS = 256
"""Statements of one shape whose cursors a connection keeps; past that it begins anew."""


class DatabaseWrapper(_Base):  # type: ignore[misc]  # see above
    """A connection on which statements of one shape go a short way."""

    def __init__(self, *arguments: Any, **named: Any) -> None:  # noqa: ANN401 - Django's
        """Begin with nothing prepared."""
        super().__init__(*arguments, **named)
        self._answered_at = 0.0
        self._cursors: dict[str, psycopg.Cursor[Any]] = {}

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run a statement of one shape and return its rows."""
        if self._is_watched():
            with self._watched_cursor() as cursor:
                cursor.execute(sql, parameters)
                return list(cursor.fetchall())
        cursor = self._cursor_of(sql)
        with self.wrap_database_errors:
            return cursor.execute(sql, parameters).fetchall()

    def change(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement of one shape and return how many rows it wrote; -1 within ``together``.

        There it is known only at the end, as is what the database refuses.
        """
        if self._is_watched():
            with self._watched_cursor() as cursor:
                cursor.execute(sql, parameters)
                return int(cursor.rowcount)
        cursor = self._cursor_of(sql)
        with self.wrap_database_errors:
            return cursor.execute(sql, parameters).rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """Send the statements that follow without waiting for the answer to each (a pipeline)."""
        self.ensure_connection()
        with self.wrap_database_errors, self.connection.pipeline():
            yield

    def is_usable(self) -> bool:
        """Tell whether the server is still there; without asking it if it has just answered.

        A server that ends a connection says so or closes it, and then there is something to read.
        """
        recently = time.monotonic() - self._answered_at < _BELIEVED_S
        usable = (recently and self._is_silent()) or bool(super().is_usable())
        if usable:
            self._answered_at = time.monotonic()
        return usable

    def _is_silent(self) -> bool:
        if self.connection is None or self.connection.closed:
            return False
        waiting = select.poll()
        waiting.register(self.connection.fileno(), select.POLLIN)
        return not waiting.poll(0)

    def _is_watched(self) -> bool:
        """Tell whether a statement goes through Django's wrappers: a test or a log looks at it."""
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.needs_rollback:
            self.validate_no_broken_transaction()
        if self._thread_ident != get_ident():
            self.validate_thread_sharing()
        return bool(self.execute_wrappers or self.queries_logged)

    def _cursor_of(self, sql: str) -> "psycopg.Cursor[Any]":
        """Return the cursor of a statement: it knows how to convert what goes in and comes out."""
        cursor = self._cursors.get(sql)
        if cursor is None or cursor.connection is not self.connection:
            if len(self._cursors) >= _MOST_CURSORS:
                self._cursors.clear()
            cursor = self._cursors[sql] = psycopg.Cursor(self.connection)
        return cursor

    def _watched_cursor(self) -> Any:  # noqa: ANN401 - Django's
        return self._prepare_cursor(_Watched(self.connection))


class _Watched(psycopg.Cursor[Any]):
    """A cursor that a log can ask what it ran: of what it prepared, the driver keeps no text."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Self:  # noqa: ANN401 - psycopg's
        return super().execute(query, params, prepare=False)
