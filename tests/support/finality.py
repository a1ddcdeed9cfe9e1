"""Lets a test with real transactions end in Django's flush, which SQLite does row by row.

The trigger that makes events final would refuse it, so it is off for the flush alone. PostgreSQL
flushes by TRUNCATE, which no row trigger sees.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.test import TransactionTestCase

_TRIGGER = "cases_caseevent_no_delete"
_FLUSH = "_fixture_teardown"  # Django's own name, which its type stubs leave out
_flush = getattr(TransactionTestCase, _FLUSH)


@contextmanager
def _trigger_off() -> Iterator[None]:
    if connections["default"].vendor != "sqlite":
        yield
        return
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [_TRIGGER])
        found = cursor.fetchone()
        if found is not None:
            cursor.execute(f"DROP TRIGGER {_TRIGGER}")
        yield
        if found is not None:
            cursor.execute(found[0])


def _flush_with_trigger_off(case: TransactionTestCase) -> None:
    with _trigger_off():
        _flush(case)


setattr(TransactionTestCase, _FLUSH, _flush_with_trigger_off)
