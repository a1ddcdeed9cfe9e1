"""What a test may do to rows that triggers make final, and nobody else may.

SQLite's flush after a test with real transactions deletes row by row, so the triggers are off for
the flush alone; PostgreSQL flushes by TRUNCATE, which no row trigger sees. ``operator`` plays
someone with full rights over the database, who takes the triggers off and puts them back.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connections
from django.test import TransactionTestCase

_FLUSH = "_fixture_teardown"  # Django's own name, which its type stubs leave out
_flush = getattr(TransactionTestCase, _FLUSH)


@contextmanager
def operator(alias: str = "default") -> Iterator[None]:
    """Take off every trigger that makes rows final, then put it back."""
    connection = connections[alias]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")  # no trigger fires
            yield
            cursor.execute("SET session_replication_role = origin")
        else:
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
                " AND (name LIKE '%_no_delete' OR name LIKE '%_no_update' OR name LIKE '%_final')"
            )
            found = cursor.fetchall()
            for name, _ in found:
                cursor.execute(f"DROP TRIGGER {name}")
            yield
            for _, sql in found:
                cursor.execute(sql)


def _flush_by_operator(case: TransactionTestCase) -> None:
    with ExitStack() as stack:
        for alias in set(case.databases):
            if connections[alias].vendor == "sqlite":
                stack.enter_context(operator(alias))
        _flush(case)


setattr(TransactionTestCase, _FLUSH, _flush_by_operator)
