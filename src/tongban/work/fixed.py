"""Statements of one shape: Django compiles each once for a database, then they are only run.

Compiling a query costs several times what running it costs, so what every submission runs is
compiled once. A read is still written as a query of the ORM, a write as a model: columns, dialect
and conversions stay Django's. All of them are for the default database, and both of our backends
know a short way for them (``rows``, ``change``, ``together``).
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BinaryField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    JSONField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.base import ModelState
from django.db.models.query import get_related_populators

_M = TypeVar("_M", bound=Model)
_AS_IT_IS = (BinaryField, BooleanField, CharField, ForeignKey, IntegerField, TextField)
"""Columns whose values both drivers take as Python has them (our keys are texts)."""

_MOST_KEPT = 1024
"""Answers that a read of shared rows keeps; past that it begins anew."""

_MARK = "\N{REPLACEMENT CHARACTER}"
"""Stands for a value while a query is compiled, with the value's position behind it."""


def select(sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
    """Run a statement of one shape, marked with ``%s``; return its rows as the driver has them."""
    return list(_database().rows(sql, parameters))


def change(sql: str, parameters: Sequence[Any] = ()) -> int:
    """Run such a statement that writes; return how many rows (unknown within ``together``)."""
    return int(_database().change(sql, parameters))


def together() -> AbstractContextManager[None]:
    """Run the writes within without waiting for each: PostgreSQL answers them at the end.

    What it refuses comes out at the end as well, so the block belongs into a transaction.
    """
    held: AbstractContextManager[None] = _database().together()
    return held


def cell_of(moment: datetime) -> Any:  # noqa: ANN401 - the driver's
    """Return a moment as the default database keeps it, for ``rows`` and ``change``."""
    return _moment(moment, _database())


def _database() -> Any:  # noqa: ANN401 - the stubs know no backend of ours
    return connections[DEFAULT_DB_ALIAS]


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]  # which parameter is which value
    converters: tuple[tuple[int, Any, Any], ...]  # column, its conversions, its expression
    names: tuple[str, ...]  # of the model's own columns, which come first
    related: tuple[Any, ...]  # Django's populators of what is selected along

    def filled(self, values: Sequence[str]) -> list[Any]:
        parameters = list(self.parameters)
        for place, value in self.places:
            parameters[place] = values[value]
        return parameters

    def converted(self, row: Sequence[Any], connection: BaseDatabaseWrapper) -> tuple[Any, ...]:
        if not self.converters:
            return tuple(row)
        cells = list(row)
        for column, convert, expression in self.converters:
            for one in convert:
                cells[column] = one(cells[column], expression, connection)
        return tuple(cells)


class Read(Generic[_M]):
    """A read whose values are texts (ids, mostly): ``make`` returns the query for them."""

    def __init__(
        self,
        model: type[_M],
        values: int,
        make: "Callable[..., QuerySet[_M, Any]]",
        *,
        shared: bool = False,
    ) -> None:
        """Take ``make`` and how many values it wants; nothing is compiled yet.

        ``shared``: for what changes a few times a year. It is asked for each time, but as long as
        the database gives the same cells, the same instances come out: nobody may change them.
        """
        self._model = model
        self._marks = [f"{_MARK}{value}" for value in range(values)]
        self._make = make
        self._compiled: dict[str, _Compiled] = {}
        self._shared = shared
        self._kept: dict[tuple[str, ...], tuple[list[Any], list[_M]]] = {}

    def rows(self, *values: str) -> list[tuple[Any, ...]]:
        """Run it and return its rows, converted as the ORM would. One statement."""
        connection = _database()
        compiled = self._of_database(connection)
        cells = connection.rows(compiled.sql, compiled.filled(values))
        return [compiled.converted(row, connection) for row in cells]

    def row(self, *values: str) -> tuple[Any, ...] | None:
        """Return the first row, None if there is none."""
        rows = self.rows(*values)
        return rows[0] if rows else None

    def instances(self, *values: str) -> list[_M]:
        """Return the rows as instances, with what ``select_related`` names. One statement."""
        connection = _database()
        compiled = self._of_database(connection)
        cells = connection.rows(compiled.sql, compiled.filled(values))
        kept = self._kept.get(values) if self._shared else None
        if kept is not None and kept[0] == cells:
            return list(kept[1])
        made = [self._instance(compiled.converted(row, connection), compiled) for row in cells]
        if self._shared:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[values] = cells, list(made)
        return made

    def instance(self, *values: str) -> _M | None:
        """Return the first row as an instance, None if there is none."""
        instances = self.instances(*values)
        return instances[0] if instances else None

    def _instance(self, row: tuple[Any, ...], compiled: _Compiled) -> _M:
        own = _instance(self._model, zip(compiled.names, row, strict=False), is_new=False)
        for one in compiled.related:
            one.populate(row, own)
        return own

    def _of_database(self, connection: BaseDatabaseWrapper) -> _Compiled:
        compiled = self._compiled.get(connection.vendor)
        if compiled is None:
            compiled = _compile(self._make(*self._marks), connection)
            self._compiled[connection.vendor] = compiled
        return compiled


def _compile(query: "QuerySet[Any, Any]", connection: BaseDatabaseWrapper) -> _Compiled:
    # The compiler's type knows neither what it selects nor its conversions.
    compiler: Any = query.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    places = tuple(
        (place, int(parameter.removeprefix(_MARK)))
        for place, parameter in enumerate(parameters)
        if isinstance(parameter, str) and parameter.startswith(_MARK)
    )
    selected = compiler.select
    converters = compiler.get_converters([expression for expression, *_ in selected])
    whole = compiler.klass_info
    return _Compiled(
        sql=sql,
        parameters=tuple(parameters),
        places=places,
        converters=tuple((column, *conversion) for column, conversion in converters.items()),
        names=tuple(selected[column][0].target.attname for column in whole["select_fields"])
        if whole
        else (),
        related=_related(whole, selected) if whole else (),
    )


def _related(whole: Any, selected: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the compiler's own
    return tuple(get_related_populators(whole, selected, DEFAULT_DB_ALIAS))  # type: ignore[call-arg] # the stubs know a later Django


class Write(Generic[_M]):
    """Inserts and updates of rows of a model whose key is set beforehand."""

    def __init__(self, model: type[_M]) -> None:
        """Take the model."""
        meta = model._meta  # noqa: SLF001 - a public interface despite its name
        self._model = model
        self._fields = {field.attname: field for field in meta.concrete_fields}
        self._values = attrgetter(*self._fields)
        conversions = {name: _conversion(field) for name, field in self._fields.items()}
        self._converted = {name: one for name, one in conversions.items() if one is not None}
        self._odd = [
            (place, self._converted[name])
            for place, name in enumerate(self._fields)
            if name in self._converted
        ]
        self._given = {
            name: field.get_default()
            for name, field in self._fields.items()
            if field.null or (field.has_default() and not callable(field.default))
        }
        self._key = next(name for name, field in self._fields.items() if field.primary_key)
        self._rest = [name for name in self._fields if name != self._key]
        self._table = _quoted(meta.db_table)
        names = ", ".join(_quoted(field.column) for field in self._fields.values())
        self._marks = f"({', '.join(['%s'] * len(self._fields))})"
        # Names of the model's own table and columns, no input.
        self._insert = f"INSERT INTO {self._table} ({names}) VALUES "  # noqa: S608 - see above
        self._inserts: dict[int, str] = {}  # the same text object each time is found sooner
        self._updates: dict[tuple[str, ...], str] = {}

    def made(self, **cells: Any) -> _M:  # noqa: ANN401 - any cell
        """Return a new row as an instance, by the names of its attributes.

        TypeError if one is left out that may not be null and has no default. The model's own way
        to make an instance takes several times as long.
        """
        filled = {**self._given, **cells}
        if filled.keys() != self._fields.keys():
            odd = sorted(filled.keys() ^ self._fields.keys())
            message = f"not the columns of {self._model.__name__}: {odd}"
            raise TypeError(message)
        return _instance(self._model, filled.items(), is_new=True)

    def insert(self, *rows: _M) -> None:
        """Insert the rows. One statement; none for no rows."""
        if rows:
            connection = _database()
            parameters = []
            for row in rows:
                cells = list(self._values(row))
                for place, convert in self._odd:
                    if cells[place] is not None:
                        cells[place] = convert(cells[place], connection)
                parameters += cells
            connection.change(self._insert_of(len(rows)), parameters)

    def update(self, row: _M, was: Mapping[str, Any]) -> None:
        """Write what has changed in a row that is there. One statement; none for no change.

        ``was`` is ``vars`` of the row as it was read. A column that keeps its value costs no
        index and no foreign key a look.
        """
        now = vars(row)
        changed = tuple(name for name in self._rest if now[name] != was[name])
        if changed:
            connection = _database()
            cells = [now[name] for name in (*changed, self._key)]
            for place, name in enumerate(changed):
                if name in self._converted and cells[place] is not None:
                    cells[place] = self._converted[name](cells[place], connection)
            connection.change(self._update_of(changed), cells)

    def _insert_of(self, rows: int) -> str:
        known = self._inserts.get(rows)
        if known is None:
            known = self._inserts[rows] = self._insert + ", ".join([self._marks] * rows)
        return known

    def _update_of(self, changed: tuple[str, ...]) -> str:
        known = self._updates.get(changed)
        if known is None:
            changes = ", ".join(f"{_quoted(self._fields[name].column)} = %s" for name in changed)
            key = _quoted(self._fields[self._key].column)
            known = f"UPDATE {self._table} SET {changes} WHERE {key} = %s"  # noqa: S608 - as above
            self._updates[changed] = known
        return known


def _instance(model: type[_M], cells: Iterable[tuple[str, Any]], *, is_new: bool) -> _M:
    """Return an instance with these attributes, as Django leaves it; no signal is sent."""
    made = model.__new__(model)
    made._state = ModelState()  # noqa: SLF001 - what Django sets first
    made._state.adding = is_new  # noqa: SLF001 - likewise
    made._state.db = None if is_new else DEFAULT_DB_ALIAS  # noqa: SLF001 - likewise
    vars(made).update(cells)
    return made


_Conversion = Callable[[Any, BaseDatabaseWrapper], Any]


def _conversion(field: "Field[Any, Any]") -> _Conversion | None:
    """Return what makes a cell of a value that isn't null; None where the value is the cell."""
    if isinstance(field, _AS_IT_IS):
        return None
    if isinstance(field, DateTimeField):
        return _moment
    if isinstance(field, DateField):
        return lambda value, connection: connection.ops.adapt_datefield_value(value)
    if isinstance(field, JSONField) and field.encoder is None:
        return lambda value, _: json.dumps(value)  # both databases read a text as JSON
    return field.get_db_prep_save


def _moment(value: datetime, connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - the driver's
    if connection.vendor == "sqlite" and value.tzinfo is UTC is connection.timezone:
        return value.replace(tzinfo=None).isoformat(" ")  # as Django does it, only sooner
    return connection.ops.adapt_datetimefield_value(value)  # aware, as our clock gives them


def _quoted(name: str | None) -> str:
    """Quote a name as both SQLite and PostgreSQL do."""
    return f'"{name}"'
