"""Figures: how many calls each customer had, with each assistant and with all, when, how long and for how much.

They are kept by difference: what a call adds now, less what it added before. Sums are whole numbers, so the order of
calls makes none. Only the first and the last call cannot be told from a difference, where just that one has left: they
are looked up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_

from gateway.store.contributions import NO_ASSISTANT, Contribution, Row
from gateway.store.results import as_dicts
from gateway.store.tables import ALL_ASSISTANTS, Tables
from gateway.store.upserts import Upsert

Who: TypeAlias = tuple[str, str]
"""A customer's key, and an assistant or `ALL_ASSISTANTS`."""

Move: TypeAlias = tuple[Contribution | None, Contribution | None]
"""What a call added before, and what it adds now."""

_FIRST, _LAST = "customer_first_seen_at", "customer_last_call_at"
_AT_ONCE: Final = 500


@dataclasses.dataclass(slots=True)
class Difference:
    """What changes for a customer and an assistant: numbers, and the times of calls that came and that left."""

    calls: int = 0
    nano: int = 0
    milliseconds: int = 0
    came: list[dt.datetime] = dataclasses.field(default_factory=list)
    left: list[dt.datetime] = dataclasses.field(default_factory=list)

    def count(self, call: Contribution, sign: int) -> None:
        """Add a call, or take one away."""
        self.calls += sign
        self.nano += sign * call.nano
        self.milliseconds += sign * call.milliseconds
        (self.came if sign > 0 else self.left).append(call.created_at)


def differences(moves: Iterable[Move]) -> dict[Who, Difference]:
    """What the moves of calls change, for whom."""
    found: dict[Who, Difference] = {}
    for before, now in moves:
        if _figures(before) != _figures(now):
            for call, sign in ((before, -1), (now, 1)):
                _count(found, call, sign)
    return found


def _figures(call: Contribution | None) -> object:
    return call and (call.key, call.assistant, call.created_at, call.nano, call.milliseconds)


def _count(found: dict[Who, Difference], call: Contribution | None, sign: int) -> None:
    if call is not None:
        for assistant in (call.assistant, ALL_ASSISTANTS):
            found.setdefault((call.key, assistant), Difference()).count(call, sign)


def adjusted(row: Row | None, who: Who, change: Difference) -> Row:
    """The row with the difference; a first or last time that must be looked up is None."""
    known = row or {_FIRST: None, _LAST: None, "customer_call_count": 0, "total_cost_nano": 0, "total_duration_ms": 0}
    return {
        "customer_key": who[0],
        "assistant_id": who[1],
        _FIRST: _extreme(known[_FIRST], change, -1),
        _LAST: _extreme(known[_LAST], change, 1),
        "customer_call_count": known["customer_call_count"] + change.calls,
        "total_cost_nano": known["total_cost_nano"] + change.nano,
        "total_duration_ms": known["total_duration_ms"] + change.milliseconds,
    }


def _extreme(known: dt.datetime | None, change: Difference, sign: int) -> dt.datetime | None:
    """The first (``sign`` -1) or last (1) time there is now; None where it left, and nothing that came goes beyond."""
    best = (max if sign > 0 else min)(change.came, default=None)
    if known is None:
        return best
    if best is not None and (best >= known if sign > 0 else best <= known):
        return best
    return None if known in change.left else known


def adjust(connection: Connection, tables: Tables, upsert: Upsert, moves: Sequence[Move]) -> set[str]:
    """Keep the figures with calls that moved; the calls are written already. Gives the customers without calls."""
    changes = differences(moves)
    known = _known(connection, tables, sorted(changes))
    rows = [adjusted(known.get(who), who, change) for who, change in changes.items()]
    left = [row for row in rows if row["customer_call_count"] > 0]
    for row in left:
        _look_up(connection, tables, row)
    upsert.put(connection, left)
    gone = [(row["customer_key"], row["assistant_id"]) for row in rows if row["customer_call_count"] <= 0]
    _delete(connection, tables, gone)
    return {key for key, assistant in gone if assistant == ALL_ASSISTANTS}


def _known(connection: Connection, tables: Tables, who: Sequence[Who]) -> Mapping[Who, Row]:
    found: dict[Who, Row] = {}
    for at in range(0, len(who), _AT_ONCE):
        rows = connection.execute(select(tables.figures).where(_of(tables, who[at : at + _AT_ONCE])))
        found |= {(row["customer_key"], row["assistant_id"]): row for row in as_dicts(rows)}
    return found


def _of(tables: Tables, who: Sequence[Who]) -> ColumnElement[bool]:
    return tuple_(tables.figures.c.customer_key, tables.figures.c.assistant_id).in_(who)


def _look_up(connection: Connection, tables: Tables, row: Row) -> None:
    """Fill in a first or last time that only the calls can tell: one step in the index of their customer."""
    created_at = tables.calls.c.created_at
    for name in (_FIRST, _LAST):
        if row[name] is None:
            order = created_at.asc() if name == _FIRST else created_at.desc()
            question = select(created_at).where(_calls_of(tables, row)).order_by(order).limit(1)
            row[name] = connection.execute(question).scalar_one()


def _calls_of(tables: Tables, row: Row) -> ColumnElement[bool]:
    """The calls behind a row of figures.

    The assistant is compared as an expression, so that no database takes the index of all calls of the assistant.
    """
    calls, assistant = tables.calls.c, row["assistant_id"]
    of_customer: ColumnElement[bool] = calls.customer_key == row["customer_key"]
    if assistant == ALL_ASSISTANTS:
        return of_customer
    stated = func.coalesce(func.nullif(calls.assistant_id, ALL_ASSISTANTS), NO_ASSISTANT)
    return and_(of_customer, stated == assistant)


def _delete(connection: Connection, tables: Tables, gone: Sequence[Who]) -> None:
    for at in range(0, len(gone), _AT_ONCE):
        connection.execute(delete(tables.figures).where(_of(tables, gone[at : at + _AT_ONCE])))
