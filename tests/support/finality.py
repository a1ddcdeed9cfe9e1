"""Lets a test with real transactions end in Django's flush, which SQLite does row by row.

The triggers that make rows final would refuse it, so they are off for the flush alone. PostgreSQL
flushes by TRUNCATE, which no row trigger sees.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connections
from django.test import TransactionTestCase

_TRIGGERS = {
    "default": ("cases_caseevent_no_delete", "cases_documentofrecord_no_delete"),
    "keys": ("vault_destroyedperson_no_delete",),
}
_FLUSH = "_fixture_teardown"  # Django's own name, which its type stubs leave out
_flush = getattr(TransactionTestCase, _FLUSH)


@contextmanager
def _triggers_off(alias: str) -> Iterator[None]:
    if connections[alias].vendor != "sqlite":
        yield
        return
    names = ", ".join(f"'{name}'" for name in _TRIGGERS[alias])
    with connections[alias].cursor() as cursor:
        cursor.execute(f"SELECT name, sql FROM sqlite_master WHERE name IN ({names})")  # noqa: S608 - the names above
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in found:
            cursor.execute(sql)


def _flush_with_triggers_off(case: TransactionTestCase) -> None:
    with ExitStack() as stack:
        for alias in _TRIGGERS.keys() & set(case.databases):
            stack.enter_context(_triggers_off(alias))
        _flush(case)


setattr(TransactionTestCase, _FLUSH, _flush_with_triggers_off)
