"""Lets a test with real transactions end in Django's flush, which SQLite does row by row.

The triggers that make rows final would refuse it, so they are off for the flush alone. PostgreSQL
flushes by TRUNCATE, which no row trigger sees.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.test import TransactionTestCase

_TRIGGERS = ("cases_caseevent_no_delete", "cases_documentofrecord_no_delete")
_FLUSH = "_fixture_teardown"  # Django's own name, which its type stubs leave out
_flush = getattr(TransactionTestCase, _FLUSH)


@contextmanager
def _trigger_off() -> Iterator[None]:
    if connections["default"].vendor != "sqlite":
        yield
        return
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE name IN (%s, %s)", _TRIGGERS)
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in found:
            cursor.execute(sql)


def _flush_with_trigger_off(case: TransactionTestCase) -> None:
    with _trigger_off():
        _flush(case)


setattr(TransactionTestCase, _FLUSH, _flush_with_trigger_off)
