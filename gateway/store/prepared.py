"""Prepared: statements that Core has compiled once, for the driver to run with other values again and again.

Values and rows go through the same types as in SQLAlchemy's own execution.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Dialect, Select, exc
from sqlalchemy.types import TypeEngine

from gateway.store.forms import Slot

Rows: TypeAlias = Sequence[Sequence[Any]]
"""Rows of a result, each with a value for each column."""

_Given: TypeAlias = Callable[[Sequence[Any]], Any]
"""Makes a parameter out of the values of a question."""
_Read: TypeAlias = Callable[[Any], Any] | None
"""Makes what a column means out of what the driver gives; None where that is the same."""


@dataclasses.dataclass(frozen=True, slots=True)
class Prepared:
    """A statement in SQLite's words, with how its values are sent and its rows are read."""

    sql: str
    given: tuple[_Given, ...]
    read: tuple[_Read, ...]

    def rows(self, connection: sqlite3.Connection, values: Sequence[Any]) -> Rows:
        """What the driver gives for these values; a statement sees one moment, and needs no transaction for that."""
        try:
            found = connection.execute(self.sql, [given(values) for given in self.given]).fetchall()
        except sqlite3.Error as error:
            raise exc.DBAPIError(self.sql, None, error, hide_parameters=True) from error
        columns = zip(self.read, zip(*found, strict=True), strict=False)  # no row has no columns
        return list(zip(*(map(read, column) if read else column for read, column in columns), strict=True))


def prepared(statement: Select[Any], dialect: Dialect) -> Prepared:
    """A statement whose values are slots, compiled."""
    compiled = statement.compile(dialect=dialect)
    names: Iterable[str] = compiled.positiontup or ()
    return Prepared(
        sql=str(compiled),
        given=tuple(_given(compiled.binds[name], dialect) for name in names),
        read=tuple(_own(column.type, dialect).result_processor(dialect, None) for column in statement.selected_columns),
    )


def _given(bind: BindParameter[Any], dialect: Dialect) -> _Given:
    process, value = _own(bind.type, dialect).bind_processor(dialect), bind.value
    if not isinstance(value, Slot):
        constant = process(value) if process else value
        return lambda _: constant
    number = value.number
    return (lambda values: process(values[number])) if process else (lambda values: values[number])


def _own(kind: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """The type as it is in this database."""
    return kind.dialect_impl(dialect)
