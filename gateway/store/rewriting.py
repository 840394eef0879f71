"""Rewriting: rows of calls with all that hangs on them, written together.

Whoever changes a call states it complete, before and after; what follows for its customer, its figures and the search
is worked out here, the same for whatever changed it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, select, update

from gateway.store import figures, searching, stated
from gateway.store.contributions import Contribution, Row, contribution
from gateway.store.database import Database

REMEMBERED: Final = (
    "mirror_updated_at",
    "mirror_read_at",
    "mirror_asked_at",
    "mirror_absent_since",
    "mirror_facts",
)
"""The columns that can change without any reader seeing a difference."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rewriting:
    """What is to be written.

    ``rows`` are complete rows of calls, as they were (None where they were not there) and as they are to be;
    ``remembered`` rows of which nothing but `REMEMBERED` differs. The others replace what hangs on a call, by its
    number: the packed document (None for none), its costs, its words. ``purge``: what is replaced must not be readable
    any more.
    """

    rows: list[tuple[Row | None, Row]] = dataclasses.field(default_factory=list)
    remembered: list[Row] = dataclasses.field(default_factory=list)
    bodies: dict[int, bytes | None] = dataclasses.field(default_factory=dict, repr=False)
    costs: dict[int, Sequence[Mapping[str, Any]]] = dataclasses.field(default_factory=dict, repr=False)
    words: dict[int, AbstractSet[str]] = dataclasses.field(default_factory=dict, repr=False)
    purge: bool = False


def write(connection: Connection, database: Database, rewriting: Rewriting) -> None:
    """Write it, in the transaction of whoever holds the change sequence."""
    tables = database.tables
    added = {row["mirror_number"] for before, row in rewriting.rows if before is None}
    _put(connection, database, tables.calls, [row for _, row in rewriting.rows])
    _remember(connection, tables.calls, rewriting.remembered)
    _write_bodies(connection, database, rewriting.bodies)
    _write_costs(connection, tables.costs, rewriting.costs, added)
    if rewriting.words or rewriting.purge:
        searching.index(connection, database, rewriting.words, added=added, purge=rewriting.purge)
    _follow(connection, database, rewriting.rows)


def _put(connection: Connection, database: Database, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or replace all of those that are there."""
    if rows:
        insert = database.insert(table)
        values = {name: insert.excluded[name] for name in rows[0] if name != "mirror_number"}
        connection.execute(insert.on_conflict_do_update(index_elements=["mirror_number"], set_=values), rows)


def _remember(connection: Connection, calls: Table, rows: Sequence[Row]) -> None:
    if rows:
        which = calls.c.mirror_number == bindparam("number")
        values = [{"number": row["mirror_number"], **{name: row[name] for name in REMEMBERED}} for row in rows]
        connection.execute(update(calls).where(which).values({n: bindparam(n) for n in REMEMBERED}), values)


def _write_bodies(connection: Connection, database: Database, bodies: Mapping[int, bytes | None]) -> None:
    documents = database.tables.documents
    held = [{"mirror_number": number, "body": body} for number, body in bodies.items() if body is not None]
    _put(connection, database, documents, held)
    _remove(connection, documents, [number for number, body in bodies.items() if body is None])


def _write_costs(
    connection: Connection,
    table: Table,
    costs: Mapping[int, Sequence[Mapping[str, Any]]],
    added: AbstractSet[int],
) -> None:
    _remove(connection, table, sorted(costs.keys() - added))
    names = [column.name for column in table.columns if column.name not in ("mirror_number", "position")]
    rows = [
        {"mirror_number": number, "position": position, **{name: cost.get(name) for name in names}}
        for number, of_call in costs.items()
        for position, cost in enumerate(of_call)
    ]
    if rows:
        connection.execute(table.insert(), rows)


def _remove(connection: Connection, table: Table, numbers: Sequence[int]) -> None:
    if numbers:
        which = table.c.mirror_number == bindparam("number")
        connection.execute(delete(table).where(which), [{"number": number} for number in numbers])


def _follow(connection: Connection, database: Database, rows: Sequence[tuple[Row | None, Row]]) -> None:
    """Let customers and figures follow the calls."""
    names = stated.columns(database.tables)
    moves = [(contribution(before, names), contribution(now, names), now["mirror_change"]) for before, now in rows]
    concerned = [move for move in moves if _concerns(move[:2])]
    if concerned:
        empty = figures.adjust(connection, database, [(before, now) for before, now, _ in concerned])
        stated.restate(connection, database, concerned, empty)


def _concerns(move: tuple[Contribution | None, Contribution | None]) -> bool:
    return move != (None, None)


def held_bodies(connection: Connection, documents: Table, numbers: Sequence[int]) -> dict[int, bytes]:
    """The packed documents of these calls, by number."""
    if not numbers:
        return {}
    rows = connection.execute(select(documents).where(documents.c.mirror_number.in_(numbers)))
    return {row.mirror_number: row.body for row in rows}
