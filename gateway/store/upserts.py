"""Upserts: many whole rows of a table put in at once.

SQLAlchemy writes the statement and knows how each type is kept; the rows are handed to the driver directly. A call has
a hundred columns: looking at each parameter of each row on the way costs more than all that the database does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, Dialect, Table

from gateway.store.database import Database

Row: TypeAlias = Mapping[str, Any]
Keep: TypeAlias = Callable[[Any], Any]


@dataclasses.dataclass(frozen=True, slots=True)
class _Statement:
    """A statement as the driver takes it; ``columns`` are its parameters in their order, with what makes them fit."""

    text: str
    positional: bool
    columns: tuple[tuple[str, Keep | None], ...]

    def parameters(self, row: Row) -> Any:
        """A row as the driver takes it."""
        values = [_fit(row[name], keep) for name, keep in self.columns]
        return tuple(values) if self.positional else dict(zip((name for name, _ in self.columns), values, strict=True))


def _fit(value: Any, keep: Keep | None) -> Any:
    return value if keep is None or value is None else keep(value)


class Upsert:
    """Inserts rows of a table, or replaces those that are there, by their primary key."""

    def __init__(self, database: Database, table: Table) -> None:
        insert = database.insert(table)
        key = [column.name for column in table.primary_key]
        values = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in key}
        self._names = [column.name for column in table.columns]
        self._table = table
        self._insert = insert.on_conflict_do_update(index_elements=key, set_=values)
        self._statements: dict[str, _Statement] = {}

    def put(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Put them in; every column is stated."""
        if rows:
            statement = self._statement(connection.dialect)
            connection.exec_driver_sql(statement.text, list(map(statement.parameters, rows)))

    def _statement(self, dialect: Dialect) -> _Statement:
        """The statement, written once for the driver that is used."""
        key = f"{dialect.name}+{dialect.driver}"
        if key not in self._statements:
            self._statements[key] = self._written(dialect)
        return self._statements[key]

    def _written(self, dialect: Dialect) -> _Statement:
        compiled = self._insert.compile(dialect=dialect, column_keys=self._names)
        names = compiled.positiontup if compiled.positional else self._names
        return _Statement(str(compiled), compiled.positional, tuple((n, self._keep(n, dialect)) for n in names))

    def _keep(self, name: str, dialect: Dialect) -> Keep | None:
        kind = self._table.columns[name].type.dialect_impl(dialect)
        keep: Keep | None = kind.bind_processor(dialect)
        return keep
