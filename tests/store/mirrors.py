"""A mirror in a database of the test's own, with everything that works on it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import select

from gateway.domain.catalog import Catalog
from gateway.domain.observations import Observation
from gateway.ports import Batch, Change, Stored
from gateway.store.applying import Project
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.database import Database
from gateway.store.ledger import SqlLedger
from gateway.store.opening import opened
from gateway.store.sync import SqlSync
from gateway.store.upkeep import SqlUpkeep
from tests.contracts.calls import CATALOG, call_id, project


@dataclasses.dataclass(frozen=True)
class Mirror:
    """The ports of one database."""

    database: Database
    calls: SqlCalls
    customers: SqlCustomers
    ledger: SqlLedger
    sync: SqlSync
    upkeep: SqlUpkeep

    async def apply(self, *observations: Observation, **rest: Any) -> Sequence[Change]:
        """Apply a batch."""
        return await self.calls.apply(Batch(observations=observations, **rest))

    async def call(self, number: int = 1) -> Stored:
        """A call as readers get it."""
        return (await self.calls.read([call_id(number)]))[call_id(number)]

    async def rows(self, table: str) -> list[dict[str, Any]]:
        """Everything in a table."""
        of = self.database.tables.metadata.tables[table]
        async with self.database.reading() as connection:
            return [dict(row) for row in (await connection.execute(select(of))).mappings()]


@contextlib.asynccontextmanager
async def mirror_at(url: str, catalog: Catalog = CATALOG, project: Project = project) -> AsyncIterator[Mirror]:
    """The mirror under a URL, closed afterwards."""
    database = await opened(url, catalog)
    try:
        yield Mirror(
            database,
            SqlCalls(database, catalog, project),
            SqlCustomers(database),
            SqlLedger(database),
            SqlSync(database),
            SqlUpkeep(database, catalog, project),
        )
    finally:
        await database.close()
