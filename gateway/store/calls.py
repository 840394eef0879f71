"""Calls: the mirror of all calls, in SQLite or PostgreSQL.

One transaction applies a batch. It takes the one row of the change sequence first and holds it to the commit, so that
change numbers appear in their order, and nobody else writes calls meanwhile; then it reads what is known of the calls,
decides (`gateway.store.applying`), and writes (`gateway.store.rewriting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, delete, exists, func, null, select, update

from gateway.domain.catalog import Catalog
from gateway.domain.content import content_columns, without_content
from gateway.domain.filters import Predicate
from gateway.domain.mirrored import GONE, State, overlaid
from gateway.domain.observations import Observation
from gateway.domain.redaction import redactor
from gateway.ports import Batch, Change, PageQuery, Place, Stored
from gateway.store import pages, sequence, sync
from gateway.store.applying import (
    OWN,
    UNSEEN,
    Project,
    Reading,
    cases,
    fulfilled,
    mirrored_of,
    rewriting,
)
from gateway.store.contributions import Row
from gateway.store.database import Database
from gateway.store.forms import Slots, form_of
from gateway.store.ledger import APPLIED
from gateway.store.listing import page_of
from gateway.store.packing import text_bytes, unpack
from gateway.store.predicates import one_of
from gateway.store.prepared import Rows
from gateway.store.results import as_dicts
from gateway.store.rewriting import Rewriting, Writer, held_bodies
from gateway.store.storable import fitting

_GONE: Final = tuple(state.value for state in GONE)


def reading_of(database: Database, catalog: Catalog, project: Project) -> Reading:
    """How documents become rows of this database."""
    return Reading(
        redact=redactor(catalog.secret_keys),
        project=project,
        fit=fitting(database.tables.calls, but=frozenset(OWN)),
        strip=without_content(catalog),
        content=content_columns(catalog),
    )


class SqlCalls:
    """Implements `gateway.ports.CallStore`; a list or a count is interrupted after ``patience`` seconds."""

    def __init__(
        self, database: Database, catalog: Catalog, project: Project, *, patience: float | None = None
    ) -> None:
        self._database = database
        self._patience = patience
        self._reading = reading_of(database, catalog, project)
        self._writer = Writer(database)

    async def apply(self, batch: Batch) -> Sequence[Change]:
        """Put what was learned together with what is known, durably and as a whole; the visible changes, in order."""
        return await self._database.write(lambda connection: self._apply(connection, batch))

    def _apply(self, connection: Connection, batch: Batch) -> Sequence[Change]:
        last = sequence.taken(connection, self._database)
        rows = self._rows(connection, {each.call_id for each in batch.observations})
        writing = self._decided(connection, batch.observations, rows, last)
        self._writer.write(connection, writing)
        changes = _changes(writing)
        sequence.advance(connection, self._database, last, last + len(changes))
        self._mark(connection, batch, rows)
        self._empty(connection, [*rows.values(), *(row for _, row in writing.rows)])
        self._settle(connection, batch.settled)
        return changes

    def _rows(self, connection: Connection, call_ids: Iterable[str]) -> dict[str, Row]:
        calls = self._database.tables.calls
        wanted = sorted(call_ids)
        if not wanted:
            return {}
        rows = connection.execute(select(calls).where(calls.c.id.in_(wanted)))
        return {row["id"]: row for row in as_dicts(rows)}

    def _decided(
        self, connection: Connection, observations: Iterable[Observation], rows: Mapping[str, Row], last: int
    ) -> Rewriting:
        tables, found = self._database.tables, cases(observations, rows)
        again = [each.row["mirror_number"] for each in found if each.reads_again and each.row is not None]
        bodies = held_bodies(connection, tables.documents, again)
        newest = 0
        if any(each.row is None for each in found):
            newest = connection.scalar(select(func.coalesce(func.max(tables.calls.c.mirror_number), 0))) or 0
        return rewriting(found, bodies, self._reading, last_change=last, last_number=newest)

    def _mark(self, connection: Connection, batch: Batch, rows: Mapping[str, Row]) -> None:
        """Add marks, and take away those that are done."""
        marks = self._database.tables.marks
        if batch.marks:
            connection.execute(sync.remember(self._database), sync.rows(batch.marks))
        done = [{"of_call": call_id, "until": until} for call_id, until in fulfilled(batch.observations, rows).items()]
        if done:
            which = (marks.c.call_id == bindparam("of_call"), marks.c.due_at <= bindparam("until"))
            connection.execute(delete(marks).where(*which), done)

    def _empty(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Empty and settle all entries of the ledger that are of calls that are gone."""
        ledger = self._database.tables.ledger
        if gone := sorted({row["id"] for row in rows if row["mirror_state"] in _GONE}):
            of_them = ledger.c.call_id.in_(gone)
            connection.execute(update(ledger).where(of_them).values(state=APPLIED, body=null(), reason=null()))

    def _settle(self, connection: Connection, entries: Sequence[int]) -> None:
        """Settle entries of the ledger, and empty those of calls that are gone, whatever they said."""
        calls, ledger = self._database.tables.calls.c, self._database.tables.ledger
        if entries:
            is_gone = exists().where(calls.id == ledger.c.call_id, calls.mirror_state.in_(_GONE))
            kept = case((is_gone, null()), else_=ledger.c.body)
            settled = update(ledger).where(ledger.c.id.in_(entries))
            connection.execute(settled.values(state=APPLIED, body=kept, reason=null()))

    async def read(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """The calls of these ids that are known (deleted ones too, those that were never read not)."""
        return await self._database.ask(form_of(tuple(call_ids), Slots.of_many), self._whole, self._told)

    async def recall(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """The same, for whoever makes calls of them: a row's hundred columns are read where there is no document."""
        form = form_of(tuple(call_ids), Slots.of_many)
        found = await self._database.ask(form, self._outline, self._outlined)
        bare = [each.call_id for each in found.values() if each.document is None]
        return {**found, **await self.read(bare)} if bare else found

    def _whole(self, call_ids: tuple[Any, ...]) -> Select[Any]:
        return self._held(call_ids, list(self._database.tables.calls.columns))

    def _outline(self, call_ids: tuple[Any, ...]) -> Select[Any]:
        return self._held(call_ids, [self._database.tables.calls.c[name] for name in OWN])

    def _held(self, call_ids: tuple[Any, ...], columns: Sequence[ColumnElement[Any]]) -> Select[Any]:
        calls, documents = self._database.tables.calls, self._database.tables.documents
        question = select(*columns, documents.c.body).select_from(calls.outerjoin(documents))
        return question.where(one_of(calls.c.id, call_ids), calls.c.mirror_state != State.UNREAD.value)

    def _told(self, rows: Rows) -> Mapping[str, Stored]:
        return _stored(self._database.tables.calls.columns.keys(), rows)

    def _outlined(self, rows: Rows) -> Mapping[str, Stored]:
        return _stored(OWN, rows)

    async def page(self, query: PageQuery) -> Sequence[Place]:
        """A piece of a list of calls."""
        form = form_of(query, Slots.of_page)
        if form.emptied is not None:
            return await self._database.ask(form, self._page_of, pages.places, self._patience)
        async with self._database.reading(self._patience) as connection:
            return await pages.page(connection, self._database.tables, query)

    def _page_of(self, query: PageQuery) -> Select[Any]:
        return page_of(pages.calls(self._database.tables, self._database.dialect), query)

    async def count(self, predicate: Predicate) -> int:
        """How many calls there are for which it holds."""
        async with self._database.reading(self._patience) as connection:
            return await pages.count(connection, self._database.tables, predicate)

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """What changed behind this number: the last change of each call, in order; deletions and erasures too."""
        calls = self._database.tables.calls.c
        question = select(calls.mirror_change, calls.id, calls.mirror_state)
        behind = calls.mirror_change > max(after, UNSEEN)
        async with self._database.reading() as connection:
            rows = await connection.execute(question.where(behind).order_by(calls.mirror_change).limit(limit))
            return [Change(number, call_id, State(state)) for number, call_id, state in rows]

    async def last_change(self) -> int:
        """The number of the last change; 0 before the first."""
        async with self._database.reading() as connection:
            return await sequence.seen(connection, self._database)


def _changes(writing: Rewriting) -> list[Change]:
    """The changes that readers can see."""
    numbered = ((row["mirror_change"], row["id"], State(row["mirror_state"])) for _, row in writing.rows)
    return [Change(*each) for each in numbered if each[0] != UNSEEN]


def _stored(columns: Iterable[str], rows: Rows) -> Mapping[str, Stored]:
    """The calls of rows that have these columns, and the packed document behind them."""
    names = (*columns, "body")
    found = (stored(dict(zip(names, row, strict=True))) for row in rows)
    return {each.call_id: each for each in found}


def stored(row: Row) -> Stored:
    """A call as it is given to readers, from its row and its document."""
    mirrored, body = mirrored_of(row), row["body"]
    document = overlaid(unpack(body), mirrored.facts) if body is not None else None
    size = text_bytes(body) if body is not None else 0
    own = {"body", *OWN} - {"id"}
    return Stored(
        call_id=mirrored.call_id,
        change=row["mirror_change"],
        state=mirrored.state,
        revision=mirrored.revision,
        provisional=bool(mirrored.facts),
        text_bytes=size,
        document=document,
        values={name: _given(value) for name, value in row.items() if name not in own},
    )


def _given(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
