"""The ledger: webhooks, kept durably before they are answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update

from gateway.ports import Delivery, Entry
from gateway.store.database import Database
from gateway.store.together import Together

WAITING: Final = "waiting"
APPLIED: Final = "applied"
DEAD: Final = "dead"

_PER_COMMIT: Final = 256
"""Deliveries at most in one commit: more would only make the first of them wait."""


class SqlLedger:
    """Implements `gateway.ports.Ledger`. An entry whose body was purged is only counted any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._table = database.tables.ledger
        self._together = Together(self._write, at_most=_PER_COMMIT)

    @property
    def commits(self) -> int:
        """How many commits kept what was kept so far: several deliveries share one where they come at once."""
        return self._together.writes

    async def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them; when this returns they survive whatever happens to the process."""
        if deliveries:
            await self._together.add(deliveries)

    async def _write(self, deliveries: Sequence[Delivery]) -> None:
        rows = list(map(_row, deliveries))
        await self._database.write(lambda connection: connection.execute(insert(self._table), rows).close())

    async def waiting(self, limit: int) -> Sequence[Entry]:
        """Entries that are to be applied, in the order of their arrival."""
        return await self._in(WAITING, limit)

    async def dead(self, limit: int) -> Sequence[Entry]:
        """Dead letters, oldest first."""
        return await self._in(DEAD, limit)

    async def _in(self, state: str, limit: int) -> Sequence[Entry]:
        c = self._table.c
        wanted = select(self._table).where(c.state == state, c.body.is_not(None)).order_by(c.id).limit(limit)
        async with self._database.reading() as connection:
            return [_entry(row) for row in await connection.execute(wanted)]

    async def bury(self, entry_id: int, reason: str) -> None:
        """Make an entry a dead letter."""
        c = self._table.c
        buried = {"state": DEAD, "reason": reason, "attempts": c.attempts + 1}
        async with self._database.writing() as connection:
            await connection.execute(update(self._table).where(c.id == entry_id).values(buried))

    async def revive(self, entry_ids: Sequence[int]) -> int:
        """Let dead letters be applied again; how many there were."""
        c = self._table.c
        dead = update(self._table).where(c.id.in_(entry_ids), c.state == DEAD, c.body.is_not(None))
        async with self._database.writing() as connection:
            return (await connection.execute(dead.values(state=WAITING, reason=None))).rowcount

    async def tally(self) -> Mapping[str, int]:
        """How many were received, by type, as far as the ledger reaches back."""
        kind = self._table.c.type
        counted = select(kind, func.count().label("number")).group_by(kind)
        async with self._database.reading() as connection:
            return {row.type: row.number for row in await connection.execute(counted)}

    async def last_received(self) -> dt.datetime | None:
        """When the last one came."""
        async with self._database.reading() as connection:
            last: dt.datetime | None = await connection.scalar(select(func.max(self._table.c.received_at)))
        return last


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "received_at": delivery.received_at,
        "type": delivery.type,
        "call_id": delivery.call_id,
        "state": WAITING,
        "attempts": 0,
        "body": delivery.body,
    }


def _entry(row: Row[Any]) -> Entry:
    delivery = Delivery(received_at=row.received_at, type=row.type, call_id=row.call_id, body=row.body)
    return Entry(id=row.id, delivery=delivery, attempts=row.attempts, reason=row.reason)
