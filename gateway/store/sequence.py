"""Sequence: the numbers of changes, which become visible in their order.

Whoever changes calls takes the one row of the sequence first and holds it to the commit. In SQLite a writing
transaction has the whole file from its beginning; in PostgreSQL the row's lock lets one by at a time.
"""

from __future__ import annotations

from sqlalchemy import Connection, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.store.database import Database


def taken(connection: Connection, database: Database) -> int:
    """The number of the last change; nobody else makes one before this transaction ends."""
    last: int = (connection.execute(select(database.tables.sequence.c.last).with_for_update())).scalar_one()
    return last


def advance(connection: Connection, database: Database, before: int, last: int) -> None:
    """State the number of the last change, once there are new ones."""
    if last != before:
        connection.execute(update(database.tables.sequence).values(last=last))


async def seen(connection: AsyncConnection, database: Database) -> int:
    """The number of the last change that this transaction can see."""
    last: int = (await connection.execute(select(database.tables.sequence.c.last))).scalar_one()
    return last
