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
from gateway.store.contributions import Row, contribution
from gateway.store.database import Database
from gateway.store.upserts import Upsert

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
    words: dict[int, str] = dataclasses.field(default_factory=dict, repr=False)
    purge: bool = False


class Writer:
    """Writes to one database, in the transaction of whoever holds the change sequence."""

    def __init__(self, database: Database) -> None:
        tables = database.tables
        self._database, self._tables = database, tables
        self._stated = stated.columns(tables)
        self._calls, self._documents = Upsert(database, tables.calls), Upsert(database, tables.documents)
        self._costs, self._customers = Upsert(database, tables.costs), Upsert(database, tables.customers)
        self._figures = Upsert(database, tables.figures)

    def write(self, connection: Connection, rewriting: Rewriting) -> None:
        """Write it all, in the order in which one needs the other."""
        added = {row["mirror_number"] for before, row in rewriting.rows if before is None}
        self._calls.put(connection, [row for _, row in rewriting.rows])
        self._remember(connection, rewriting.remembered)
        self._write_bodies(connection, rewriting.bodies)
        self._write_costs(connection, rewriting.costs, added)
        if rewriting.words or rewriting.purge:
            searching.index(connection, self._database, rewriting.words, added=added, purge=rewriting.purge)
        self._follow(connection, rewriting.rows)

    def _remember(self, connection: Connection, rows: Sequence[Row]) -> None:
        if rows:
            calls = self._tables.calls
            values = [{"number": row["mirror_number"], **{name: row[name] for name in REMEMBERED}} for row in rows]
            statement = update(calls).where(calls.c.mirror_number == bindparam("number"))
            connection.execute(statement.values({name: bindparam(name) for name in REMEMBERED}), values)

    def _write_bodies(self, connection: Connection, bodies: Mapping[int, bytes | None]) -> None:
        held = {number: body for number, body in bodies.items() if body is not None}
        self._documents.put(connection, [{"mirror_number": number, "body": body} for number, body in held.items()])
        _remove(connection, self._tables.documents, sorted(bodies.keys() - held.keys()))

    def _write_costs(
        self, connection: Connection, costs: Mapping[int, Sequence[Mapping[str, Any]]], added: AbstractSet[int]
    ) -> None:
        _remove(connection, self._tables.costs, sorted(costs.keys() - added))
        rows = [{"mirror_number": number, **cost} for number, of_call in costs.items() for cost in of_call]
        self._costs.put(connection, rows)

    def _follow(self, connection: Connection, rows: Sequence[tuple[Row | None, Row]]) -> None:
        """Let customers and figures follow the calls."""
        names = self._stated
        moves = [(contribution(before, names), contribution(now, names), now["mirror_change"]) for before, now in rows]
        moves = [move for move in moves if move[:2] != (None, None)]
        if moves:
            figures_of = [(before, now) for before, now, _ in moves]
            empty = figures.adjust(connection, self._tables, self._figures, figures_of)
            stated.restate(connection, self._tables, self._customers, moves, empty)


def _remove(connection: Connection, table: Table, numbers: Sequence[int]) -> None:
    if numbers:
        which = table.c.mirror_number == bindparam("number")
        connection.execute(delete(table).where(which), [{"number": number} for number in numbers])


def held_bodies(connection: Connection, documents: Table, numbers: Sequence[int]) -> dict[int, bytes]:
    """The packed documents of these calls, by number."""
    if not numbers:
        return {}
    rows = connection.execute(select(documents).where(documents.c.mirror_number.in_(numbers)))
    return {row.mirror_number: row.body for row in rows}
