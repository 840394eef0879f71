"""Columns: what follows from the catalog, compared with what the tables have, at start.

A new attribute gets a column, noted as not filled yet where rows were there already; one of another kind than before
is dropped, with its indexes, and made anew; one that is gone is left where it is, and forgotten, so that it is
filled again should it return. Then come the indexes that are missing and, in PostgreSQL, the comments.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Connection, Index, Table, delete, exists, insert, inspect, select

from gateway.store.tables import KIND, Tables

Kinds: TypeAlias = Mapping[str, str]
"""The kinds of attributes by the names of their columns."""


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done with a table: columns to drop, to add, and to forget."""

    drop: tuple[str, ...]
    add: tuple[str, ...]
    forget: tuple[str, ...]


def plan(wanted: Kinds, noted: Kinds, there: Iterable[str]) -> Plan:
    """What makes a table what the catalog wants, in the catalog's order.

    A column that is there but not noted was forgotten: nobody has filled it since.
    """
    there = set(there)
    changed = [name for name, kind in wanted.items() if noted.get(name) != kind or name not in there]
    return Plan(
        drop=tuple(name for name in changed if name in there),
        add=tuple(changed),
        forget=tuple(name for name in noted if name not in wanted),
    )


def compare(connection: Connection, tables: Tables) -> None:
    """Give the tables the columns and indexes of their attributes, in the transaction that the connection is in."""
    operations = Operations(MigrationContext.configure(connection))
    for table in (tables.calls, tables.costs, tables.customers):
        _columns(connection, operations, table, tables.attributes)
        _indexes(connection, table)
        if connection.dialect.supports_comments:
            _comments(connection, operations, table)


def wanted(table: Table) -> dict[str, str]:
    """The kinds of a table's attributes."""
    return {column.name: column.info[KIND].value for column in table.columns if KIND in column.info}


def _columns(connection: Connection, operations: Operations, table: Table, notes: Table) -> None:
    there = [column["name"] for column in inspect(connection).get_columns(table.name)]
    todo = plan(wanted(table), _noted(connection, table, notes), there)
    if not (todo.add or todo.forget):
        return
    _drop(connection, operations, table, todo.drop)
    for name in todo.add:
        operations.add_column(table.name, _alone(table.columns[name]))
    _note(connection, table, todo, notes)


def _noted(connection: Connection, table: Table, notes: Table) -> dict[str, str]:
    rows = connection.execute(select(notes.c.name, notes.c.kind).where(notes.c.table == table.name))
    return {row.name: row.kind for row in rows}


def _note(connection: Connection, table: Table, todo: Plan, notes: Table) -> None:
    stale = [*todo.forget, *todo.add]
    connection.execute(delete(notes).where(notes.c.table == table.name, notes.c.name.in_(stale)))
    kinds, filled = wanted(table), int(_empty(connection, table))
    rows = [{"table": table.name, "name": name, "kind": kinds[name], "filled": filled} for name in todo.add]
    if rows:
        connection.execute(insert(notes), rows)


def _empty(connection: Connection, table: Table) -> bool:
    key = next(iter(table.primary_key))
    return not connection.execute(select(exists(select(key)))).scalar_one()


def _drop(connection: Connection, operations: Operations, table: Table, names: tuple[str, ...]) -> None:
    """Drop columns, their indexes first: SQLite refuses to drop a column that an index needs."""
    if not names:
        return
    for index in inspect(connection).get_indexes(table.name):
        if index["name"] and set(names) & set(index["column_names"]):
            operations.drop_index(index["name"], table.name)
    for name in names:
        operations.drop_column(table.name, name)


def _alone(column: Column[Any]) -> Column[Any]:
    """A column without its table's indexes."""
    return Column(column.name, column.type, nullable=True, comment=column.comment)


def _indexes(connection: Connection, table: Table) -> None:
    there = {index["name"] for index in inspect(connection).get_indexes(table.name)}
    for index in sorted(table.indexes, key=_name):
        if index.name not in there:
            index.create(connection)


def _name(index: Index) -> str:
    return str(index.name)


def _comments(connection: Connection, operations: Operations, table: Table) -> None:
    """Say of each attribute what it is, for whoever looks at the table by other means."""
    there = {column["name"]: column.get("comment") for column in inspect(connection).get_columns(table.name)}
    for name in wanted(table):
        column = table.columns[name]
        if there[name] != column.comment:
            operations.alter_column(table.name, name, comment=column.comment, existing_type=column.type)
