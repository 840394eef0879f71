"""Upkeep: letting go of what has had its time, and filling columns that are new.

Each piece is a transaction of its own. What is still to be done is found by a condition on the rows themselves, so a
process that is killed goes on where it stopped; only filling columns remembers how far it came, as it leaves no trace.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection, delete, select, update

from gateway.domain.catalog import Catalog
from gateway.domain.mirrored import LISTED, State, facts_of_json, facts_to_json
from gateway.store import sequence
from gateway.store.applying import UNSEEN, Project, Reading, read_again, without_content
from gateway.store.calls import reading_of
from gateway.store.contributions import Row
from gateway.store.database import Database
from gateway.store.holdings import Holding
from gateway.store.ledger import WAITING
from gateway.store.packing import pack, unpack
from gateway.store.results import as_dicts
from gateway.store.rewriting import Rewriting, Writer, held_bodies

WATERMARK: Final = "refill"
"""The name under which is saved how far filling columns came, and which columns those are."""


Treat: TypeAlias = Callable[[Rewriting, Row, Row, bytes | None, Reading], None]
"""Says what becomes of a call, from its row, the row with a new change number, and its packed document."""


class SqlUpkeep:
    """Implements `gateway.ports.Upkeep`."""

    def __init__(self, database: Database, catalog: Catalog, project: Project) -> None:
        self._database = database
        self._reading = reading_of(database, catalog, project)
        self._writer = Writer(database)

    async def expire_content(self, before: dt.datetime, limit: int) -> int:
        """Let go of the content (conversation, analysis, search words) of calls that were created before this."""
        return await self._rewritten(
            lambda connection: self._held(connection, (Holding.ALL,), before, limit), _strip, purge=True
        )

    async def expire_documents(self, before: dt.datetime, limit: int) -> int:
        """Let go of the documents of calls that were created before this; their columns stay."""
        held = (Holding.ALL, Holding.WITHOUT_CONTENT)
        return await self._rewritten(lambda connection: self._held(connection, held, before, limit), _drop, purge=True)

    async def expire_ledger(self, before: dt.datetime, limit: int) -> int:
        """Let go of webhooks that were received before this and are applied or dead."""
        ledger = self._database.tables.ledger
        done = select(ledger.c.id).where(ledger.c.received_at < before, ledger.c.state != WAITING).limit(limit)
        return await self._database.write(
            lambda connection: connection.execute(delete(ledger).where(ledger.c.id.in_(done))).rowcount
        )

    async def refill(self, limit: int) -> int:
        """Read columns that are new, or were declared differently before, from the stored documents."""
        return await self._rewritten(lambda connection: self._unfilled(connection, limit), _fill, purge=False)

    async def refill_all(self) -> None:
        """Let the next refill read every column of every call anew."""
        tables = self._database.tables

        def forget(connection: Connection) -> None:
            connection.execute(update(tables.attributes).values(filled=0))
            connection.execute(delete(tables.saved).where(tables.saved.c.name == WATERMARK))

        await self._database.write(forget)

    async def _rewritten(self, choose: Callable[[Connection], Sequence[Row]], treat: Treat, *, purge: bool) -> int:
        """Treat a piece of the calls; how many they were."""

        def piece(connection: Connection) -> int:
            last = sequence.taken(connection, self._database)
            rows = choose(connection)
            writing = Rewriting(purge=purge and bool(rows))
            bodies = held_bodies(connection, self._database.tables.documents, [row["mirror_number"] for row in rows])
            change = last
            for row in rows:
                seen = row["mirror_state"] != State.UNREAD.value
                change += seen
                numbered = {**row, "mirror_change": change if seen else UNSEEN}
                treat(writing, row, numbered, bodies.get(row["mirror_number"]), self._reading)
            self._writer.write(connection, writing)
            sequence.advance(connection, self._database, last, change)
            return len(rows)

        return await self._database.write(piece)

    def _held(
        self, connection: Connection, holdings: Sequence[Holding], before: dt.datetime, limit: int
    ) -> Sequence[Row]:
        """The oldest calls of which so much is held, created before a moment."""
        calls = self._database.tables.calls
        held = calls.c.mirror_holds.in_([int(holding) for holding in holdings])
        chosen = select(calls).where(held, calls.c.created_at < before).order_by(calls.c.created_at).limit(limit)
        return as_dicts(connection.execute(chosen))

    def _unfilled(self, connection: Connection, limit: int) -> Sequence[Row]:
        """The next calls with a document, where there are columns to fill; the note of how far that is moves on."""
        columns = self._columns_to_fill(connection)
        if not columns:
            return []
        calls, documents = self._database.tables.calls, self._database.tables.documents
        behind = (calls.c.mirror_number > self._filled_to(connection, columns), documents.c.body.is_not(None))
        listed = calls.c.mirror_state.in_([state.value for state in LISTED])
        chosen = select(calls).join(documents).where(*behind, listed).order_by(calls.c.mirror_number).limit(limit)
        rows = as_dicts(connection.execute(chosen))
        self._note(connection, columns, rows)
        return rows

    def _columns_to_fill(self, connection: Connection) -> list[list[str]]:
        notes = self._database.tables.attributes.c
        rows = connection.execute(select(notes.table, notes.name).where(notes.filled == 0))
        return sorted([row.table, row.name] for row in rows)

    def _filled_to(self, connection: Connection, columns: list[list[str]]) -> int:
        """The number of the last call that was filled; 0 where other columns were being filled then."""
        saved = self._database.tables.saved
        note = connection.scalar(select(saved.c.value).where(saved.c.name == WATERMARK))
        return int(note["number"]) if note is not None and note["columns"] == columns else 0

    def _note(self, connection: Connection, columns: list[list[str]], rows: Sequence[Row]) -> None:
        """Save how far it came, or that it is done."""
        tables = self._database.tables
        if not rows:
            connection.execute(update(tables.attributes).values(filled=1))
            connection.execute(delete(tables.saved).where(tables.saved.c.name == WATERMARK))
            return
        note = {"number": rows[-1]["mirror_number"], "columns": columns}
        insert = self._database.insert(tables.saved).values(name=WATERMARK, value=note)
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": note}))


def _strip(writing: Rewriting, before: Row, row: Row, body: bytes | None, reading: Reading) -> None:
    """Content goes out of the columns, the document and what webhooks said; no word is found any more."""
    number = row["mirror_number"]
    facts = without_content(facts_of_json(row["mirror_facts"] or {}), reading.strip)
    row |= dict.fromkeys(reading.content)
    row |= {"mirror_holds": int(Holding.WITHOUT_CONTENT), "mirror_facts": facts_to_json(facts) or None}
    writing.rows.append((before, row))
    writing.words[number] = ""
    if body is not None:
        writing.bodies[number] = pack(reading.strip(unpack(body)))


def _drop(writing: Rewriting, before: Row, row: Row, body: bytes | None, reading: Reading) -> None:
    """The document goes, with what webhooks said, and with the words that were found in it."""
    number = row["mirror_number"]
    writing.rows.append((before, {**row, "mirror_holds": int(Holding.COLUMNS), "mirror_facts": None}))
    writing.words[number], writing.bodies[number] = "", None


def _fill(writing: Rewriting, before: Row, row: Row, body: bytes | None, reading: Reading) -> None:
    """The columns, costs and words are what the document says now, without what has become a secret since."""
    number, kept = row["mirror_number"], body and _redacted(body, reading)
    projection = read_again(before, kept, facts_of_json(row["mirror_facts"] or {}), reading)
    made = {**row, **reading.fit(projection.values)}
    made["created_at"] = made["created_at"] or row["created_at"]
    writing.rows.append((before, made))
    writing.costs[number], writing.words[number] = projection.costs, projection.words
    if kept != body:
        writing.bodies[number] = kept


def _redacted(body: bytes, reading: Reading) -> bytes:
    document = unpack(body)
    redacted = reading.redact(document).document
    return body if redacted == document else pack(redacted)
