"""Rows as JSON and back, whole, for those that leave one database for another.

Every column goes but those that are this database's own (a blind index, a running number): the
caller names them, and what takes their place where the row arrives.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BinaryField, DateField, DateTimeField, Field, Model, QuerySet

from tongban.kernel.wire import day, moment, plain

Json = dict[str, Any]
_PART = 500
_LIFTED = {
    "sqlite": ("DROP TRIGGER {table}_no_delete", ""),
    "postgresql": (
        "ALTER TABLE {table} DISABLE TRIGGER {table}_final",
        "ALTER TABLE {table} ENABLE TRIGGER {table}_final",
    ),
}
"""How the trigger that keeps a table's rows final is lifted and put back, by database."""


def parts_of(ids: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids in lists that one statement takes."""
    rest = iter(sorted(ids))
    while part := list(islice(rest, _PART)):
        yield part


def packed(rows: "QuerySet[Any, Any]", *, without: Collection[str] = ()) -> Iterator[Json]:
    """Yield each row as JSON, without the columns named."""
    fields = [one for one in _fields(rows.model) if one.attname not in without]
    for row in rows.iterator(chunk_size=_PART):
        yield {one.attname: _told(getattr(row, one.attname)) for one in fields}


def put(
    model: type[Model],
    rows: Iterable[Json],
    *,
    own: Callable[[Json], Json] | None = None,
) -> int:
    """Insert rows that ``packed`` told; ``own`` gives the columns that it left out.

    Return how many there were.
    """
    rest, count = iter(rows), 0
    fields = {one.attname: one for one in _fields(model)}
    while part := list(islice(rest, _PART)):
        made = []
        for row in part:
            values = {name: _read(fields[name], value) for name, value in row.items()}
            made.append(model(**values, **(own(row) if own is not None else {})))
        model._default_manager.bulk_create(made)  # noqa: SLF001 - public despite its name
        count += len(made)
    return count


def bytes_of(told: str) -> bytes:
    """Return the bytes of a column that ``packed`` told."""
    return base64.b64decode(told)


def digest_of(row: Json) -> bytes:
    """Return SHA-256 of a row as it is told."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


@contextmanager
def removable(*models: type[Model]) -> Iterator[None]:
    """Let rows be removed in the block that a trigger keeps final; in a transaction.

    For an operator's verb alone: rows that have gone to another node, whole.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if not connection.in_atomic_block:
        message = "the guard of final rows is lifted within a transaction"
        raise RuntimeError(message)
    tables = [model._meta.db_table for model in models]  # noqa: SLF001 - public despite its name
    lift, restore = _LIFTED[connection.vendor]
    with connection.cursor() as cursor:
        kept = (
            [_trigger(cursor, table) for table in tables] if connection.vendor == "sqlite" else []
        )
        for table in tables:
            cursor.execute(lift.format(table=table))
        yield
        for statement in kept or [restore.format(table=table) for table in tables]:
            cursor.execute(statement)


def _trigger(cursor: Any, table: str) -> str:  # noqa: ANN401 - a cursor of Django's
    cursor.execute(
        "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = %s", [f"{table}_no_delete"]
    )
    return str(cursor.fetchone()[0])


def _fields(model: type[Model]) -> "list[Field[Any, Any]]":
    return list(model._meta.concrete_fields)  # noqa: SLF001 - public despite its name


def _told(value: Any) -> Any:  # noqa: ANN401 - a column's value
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return plain(value) if isinstance(value, date | datetime) else value


def _read(field: "Field[Any, Any]", value: Any) -> Any:  # noqa: ANN401 - likewise
    if value is None:
        return None
    if isinstance(field, BinaryField):
        return bytes_of(value)
    if isinstance(field, DateTimeField):
        return moment(value)
    return day(value) if isinstance(field, DateField) else value
