"""Upserts: many whole rows of a table put in at once.

SQLAlchemy writes the statement and knows how each type is kept; the rows are handed to the driver directly. A call has
a hundred columns: looking at each parameter of each row on the way costs more than all that the database does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Table

from gateway.store.database import Database

Row: TypeAlias = Mapping[str, Any]
Keep: TypeAlias = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as the driver takes it; ``names`` are its parameters in their order, ``keep`` what makes some fit."""

    text: str
    positional: bool
    names: tuple[str, ...]
    keep: tuple[tuple[int, Keep], ...]

    def parameters(self, rows: Iterable[Row]) -> Iterator[Any]:
        """The rows as the driver takes them."""
        read = itemgetter(*self.names)
        for row in rows:
            values = list(read(row))
            for at, keep in self.keep:
                if values[at] is not None:
                    values[at] = keep(values[at])
            yield tuple(values) if self.positional else dict(zip(self.names, values, strict=True))


class Upsert:
    """Inserts rows of a table, or replaces those that are there, by their primary key."""

    def __init__(self, database: Database, table: Table) -> None:
        insert = database.insert(table)
        key = [column.name for column in table.primary_key]
        values = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
        self._names = tuple(column.name for column in table.columns)
        self._table = table
        self._insert = insert.on_conflict_do_update(index_elements=key, set_=values)
        self._statements: dict[str, _Statement] = {}

    def put(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Put them in; every column is stated."""
        if rows:
            statement = self._statement(connection.dialect)
            connection.exec_driver_sql(statement.text, list(statement.parameters(rows)))

    def _statement(self, dialect: Dialect) -> _Statement:
        """The statement, written once for the driver that is used."""
        key = f"{dialect.name}+{dialect.driver}"
        if key not in self._statements:
            self._statements[key] = self._written(dialect)
        return self._statements[key]

    def _written(self, dialect: Dialect) -> _Statement:
        compiled = self._insert.compile(dialect=dialect, column_keys=self._names)
        names = tuple(compiled.positiontup or ()) if compiled.positional else self._names
        kinds = [self._table.columns[name].type.dialect_impl(dialect) for name in names]
        keep = [(at, kind.bind_processor(dialect)) for at, kind in enumerate(kinds)]
        fits = tuple((at, processor) for at, processor in keep if processor is not None)
        return _Statement(str(compiled), compiled.positional, names, fits)
