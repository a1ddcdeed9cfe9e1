"""Statements of one shape: Django compiles each once for a database, then they are only run.

Compiling a query costs several times what running it costs, so what every submission runs is
compiled once. A read is still written as a query of the ORM, a write as a model: columns, dialect
and conversions stay Django's. All of them are for the default database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    Field,
    ForeignKey,
    IntegerField,
    Model,
    QuerySet,
    TextField,
)
from django.db.models.query import get_related_populators

_M = TypeVar("_M", bound=Model)
_AS_IT_IS = (BooleanField, CharField, ForeignKey, IntegerField, TextField)
"""Columns whose values both drivers take as Python has them (our keys are texts)."""

_MOST_KEPT = 1024
"""Answers that a read of shared rows keeps; past that it begins anew."""

_MARK = "\N{REPLACEMENT CHARACTER}"
"""Stands for a value while a query is compiled, with the value's position behind it."""


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
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._of_database(connection)
        cells = self._cells(values, compiled, connection)
        return [compiled.converted(row, connection) for row in cells]

    def row(self, *values: str) -> tuple[Any, ...] | None:
        """Return the first row, None if there is none."""
        rows = self.rows(*values)
        return rows[0] if rows else None

    def instances(self, *values: str) -> list[_M]:
        """Return the rows as instances, with what ``select_related`` names. One statement."""
        connection = connections[DEFAULT_DB_ALIAS]
        compiled = self._of_database(connection)
        cells = self._cells(values, compiled, connection)
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

    @staticmethod
    def _cells(
        values: Sequence[str], compiled: _Compiled, connection: BaseDatabaseWrapper
    ) -> list[Any]:
        """Return the rows as the driver gives them."""
        with connection.cursor() as cursor:
            cursor.execute(compiled.sql, compiled.filled(values))
            return list(cursor.fetchall())

    def _instance(self, row: tuple[Any, ...], compiled: _Compiled) -> _M:
        own = self._model.from_db(DEFAULT_DB_ALIAS, compiled.names, row[: len(compiled.names)])
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
        self._fields = meta.concrete_fields
        self._values = attrgetter(*(field.attname for field in self._fields))
        self._odd = [
            (place, field)
            for place, field in enumerate(self._fields)
            if not isinstance(field, _AS_IT_IS)
        ]
        self._key = next(field for field in self._fields if field.primary_key)
        self._rest = [field for field in self._fields if not field.primary_key]
        table = _quoted(meta.db_table)
        names = ", ".join(_quoted(field.column) for field in self._fields)
        self._marks = f"({', '.join(['%s'] * len(self._fields))})"
        # Names of the model's own table and columns, no input.
        self._insert = f"INSERT INTO {table} ({names}) VALUES "  # noqa: S608 - see above
        self._update = f"UPDATE {table} SET "  # noqa: S608 - likewise
        self._of_key = f" WHERE {_quoted(self._key.column)} = %s"

    def insert(self, *rows: _M) -> None:
        """Insert the rows. One statement; none for no rows."""
        if rows:
            connection = connections[DEFAULT_DB_ALIAS]
            parameters = []
            for row in rows:
                cells = list(self._values(row))
                for place, field in self._odd:
                    cells[place] = _cell(cells[place], field, connection)
                parameters += cells
            with connection.cursor() as cursor:
                cursor.execute(self._insert + ", ".join([self._marks] * len(rows)), parameters)

    def update(self, row: _M, was: Mapping[str, Any]) -> None:
        """Write what has changed in a row that is there. One statement; none for no change.

        ``was`` is ``vars`` of the row as it was read. A column that keeps its value costs no
        index and no foreign key a look.
        """
        now = vars(row)
        changed = [field for field in self._rest if now[field.attname] != was[field.attname]]
        if changed:
            changes = ", ".join(f"{_quoted(field.column)} = %s" for field in changed)
            sql = f"{self._update}{changes}{self._of_key}"
            connection = connections[DEFAULT_DB_ALIAS]
            cells = [
                _cell(now[field.attname], field, connection) for field in (*changed, self._key)
            ]
            with connection.cursor() as cursor:
                cursor.execute(sql, cells)


def _cell(value: Any, field: "Field[Any, Any]", connection: BaseDatabaseWrapper) -> Any:  # noqa: ANN401 - any cell
    if value is None or isinstance(field, _AS_IT_IS):
        return value
    if isinstance(field, DateTimeField) and type(value) is datetime:
        return connection.ops.adapt_datetimefield_value(value)  # aware, as our clock gives them
    return field.get_db_prep_save(value, connection)


def _quoted(name: str | None) -> str:
    """Quote a name as both SQLite and PostgreSQL do."""
    return f'"{name}"'
