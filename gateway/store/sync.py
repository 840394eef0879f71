"""What keeping the mirror complete needs to remember: leases, saved values, coverage, marks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, delete, insert, select

from gateway.domain.coverage import Interval, merged
from gateway.domain.marks import Mark, Reason
from gateway.store.database import Database


class SqlSync:
    """Implements `gateway.ports.SyncState`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tables = database.tables

    async def lease(self, name: str, holder: str, now: dt.datetime, until: dt.datetime) -> bool:
        """Whether ``holder`` has the lease until then: it had it, or nobody has any more."""
        async with self._database.writing() as connection:
            taken = await connection.execute(self._take(name, holder, now, until))
            return taken.one_or_none() is not None

    def _take(self, name: str, holder: str, now: dt.datetime, until: dt.datetime) -> Executable:
        """One statement that compares and sets, so that of two who try at once one alone gets the lease."""
        leases = self._tables.leases
        wanted = self._database.insert(leases).values(name=name, holder=holder, until=until)
        free = (leases.c.holder == holder) | (leases.c.until <= now)
        taken: Executable = wanted.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"holder": wanted.excluded.holder, "until": wanted.excluded.until},
            where=free,
        ).returning(leases.c.name)
        return taken

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back, if one has it."""
        leases = self._tables.leases
        async with self._database.writing() as connection:
            await connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))

    async def load(self, name: str) -> Any:
        """What was saved under a name: plain JSON; None where nothing was."""
        saved = self._tables.saved
        async with self._database.reading() as connection:
            return await connection.scalar(select(saved.c.value).where(saved.c.name == name))

    async def save(self, name: str, value: Any) -> None:
        """Save plain JSON under a name."""
        saved = self._tables.saved
        wanted = self._database.insert(saved).values(name=name, value=value)
        over = wanted.on_conflict_do_update(index_elements=[saved.c.name], set_={"value": wanted.excluded.value})
        async with self._database.writing() as connection:
            await connection.execute(over)

    async def cover(self, interval: Interval) -> None:
        """Remember that every call of this stretch is held."""
        table = self._tables.coverage
        async with self._database.writing() as connection:
            # Two processes that read, merge and write at once would lose a stretch: the sequence's row lets one by.
            await connection.execute(select(self._tables.sequence).with_for_update())
            known = map(_interval, await connection.execute(select(table)))
            stretches = merged([*known, interval])
            await connection.execute(delete(table))
            if stretches:
                await connection.execute(insert(table), [{"start": each.start, "end": each.end} for each in stretches])

    async def coverage(self) -> Sequence[Interval]:
        """The stretches of which every call is held, merged, oldest first."""
        async with self._database.reading() as connection:
            return merged(map(_interval, await connection.execute(select(self._tables.coverage))))

    async def mark(self, marks: Sequence[Mark]) -> None:
        """Remember calls that are to be read again."""
        if marks:
            async with self._database.writing() as connection:
                await connection.execute(remember(self._database), rows(marks))

    async def due(self, now: dt.datetime, limit: int) -> Sequence[Mark]:
        """The marks whose moment has come, the longest due first."""
        table = self._tables.marks
        come = select(table).where(table.c.due_at <= now)
        async with self._database.reading() as connection:
            ordered = come.order_by(table.c.due_at, table.c.call_id, table.c.reason).limit(limit)
            return [_mark(row) for row in await connection.execute(ordered)]

    async def unmark(self, marks: Sequence[Mark]) -> None:
        """Forget these marks; one that has been put off since is another."""
        table = self._tables.marks
        these = delete(table).where(
            table.c.call_id == bindparam("of_call"),
            table.c.reason == bindparam("why"),
            table.c.due_at <= bindparam("due"),
        )
        if marks:
            async with self._database.writing() as connection:
                given = [{"of_call": m.call_id, "why": m.reason.value, "due": m.due_at} for m in marks]
                await connection.execute(these, given)


def remember(database: Database) -> Executable:
    """The statement that keeps marks (`rows`): of two of a call and reason, the later."""
    marks = database.tables.marks
    wanted = database.insert(marks)
    kept: Executable = wanted.on_conflict_do_update(
        index_elements=[marks.c.call_id, marks.c.reason],
        set_={"due_at": wanted.excluded.due_at, "attempts": wanted.excluded.attempts},
        where=marks.c.due_at <= wanted.excluded.due_at,
    )
    return kept


def rows(marks: Iterable[Mark]) -> list[dict[str, Any]]:
    """Marks as rows of their table."""
    return [
        {"call_id": mark.call_id, "reason": mark.reason.value, "due_at": mark.due_at, "attempts": mark.attempts}
        for mark in marks
    ]


def _interval(row: Row[Any]) -> Interval:
    return Interval(row.start, row.end)


def _mark(row: Row[Any]) -> Mark:
    return Mark(row.call_id, Reason(row.reason), row.due_at, row.attempts)
