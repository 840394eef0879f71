"""Convergence: whatever becomes of the messages on their way, the mirror ends as upstream is.

A small history of calls is made up: versions whose ``updatedAt`` moves, ties, or does not move though outputs were made
anew; deletions, retention, erasures. Backfill, poll, read-through and webhooks observe it; of what they bring some is
lost, some comes twice, all of it in any order and cut into any batches. Then upstream is quiet, and every call is read
once more. After that

- the tables hold exactly what the reference in memory holds that was given the same;
- of each call that is still there, what a mirror holds that was given nothing but that last reading.

A longer run than the suite's, on SQLite: ``python -m tests.contracts.convergence --examples 5000``
"""

from __future__ import annotations

import asyncio
import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate, Search
from gateway.domain.mirrored import State, facts_to_json
from gateway.domain.observations import Observation
from gateway.ports import Batch
from gateway.store.applying import mirrored_of
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.database import Database
from gateway.store.opening import opened
from gateway.store.packing import unpack
from tests import databases
from tests.contracts.calls import (
    CATALOG,
    absence,
    call_id,
    document,
    erasure,
    notice,
    project,
    said,
    snapshot,
)
from tests.contracts.memory_store import MemoryStore

QUIET: Final = 100
"""The minute in which every call is read once more."""
_BUSY: Final = 6
KEYS: Final = ("id:ada", "id:grace")
SIGHTS: Final[Mapping[str, Predicate]] = {
    "all calls": EVERYTHING,
    "calls without an assistant": Condition("assistant_id", Comparator.IS_NULL, value=True),
    "calls with an assistant": Condition("assistant_id", Comparator.EQ, "a-1"),
}
WORDS: Final = ("hello", "world", "again")


@dataclasses.dataclass(frozen=True)
class Version:
    """What upstream has of a call from a minute on; ``updated`` is the minute that its ``updatedAt`` says."""

    since: int
    updated: int
    stated: Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Told:
    """A call upstream: its versions, and from when on it is deleted, forgotten, or erased here, if ever."""

    number: int
    created: int
    versions: tuple[Version, ...]
    fate: State = State.PRESENT
    gone: int = QUIET

    def read(self, minute: int, pick: int = 0) -> Observation:
        """What a reading in this minute brings; where there were several versions in it, any of them."""
        if minute >= self.gone and self.fate in (State.DELETED, State.FORGOTTEN):
            return absence(self.number, noticed=minute, deleted=self.fate is State.DELETED)
        return snapshot(self._document(self.versions_in(minute)[pick % len(self.versions_in(minute))]), minute)

    def versions_in(self, minute: int) -> list[Version]:
        """The versions that can be seen in a minute, the last first."""
        begun = [version for version in self.versions if version.since <= minute] or [self.versions[0]]
        return [version for version in reversed(begun) if version in (begun[-1],) or version.since == minute]

    def _document(self, version: Version) -> dict[str, Any]:
        return document(self.number, created=self.created, updated=version.updated, **version.stated)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Calls, and the batches in which observations of them arrive before everything is quiet."""

    calls: tuple[Told, ...]
    batches: tuple[tuple[Observation, ...], ...]

    @property
    def last(self) -> tuple[Observation, ...]:
        """Every call read once more, and what was erased erased."""
        erased = [erasure(call.number) for call in self.calls if call.fate is State.ERASED]
        return (*erased, *(call.read(QUIET) for call in self.calls))


def _given(**choices: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these stated, or not."""
    return st.fixed_dictionaries({}, optional=choices)


MINUTES: Final = st.integers(0, _BUSY)
STATEMENTS: Final = _given(
    status=st.sampled_from(["queued", "in-progress", "ended"]),
    cost=st.sampled_from([0, 0.1, 0.2, 7.275e-05]),
    costs=st.lists(st.builds(dict, type=st.sampled_from(["model", "odd"]), cost=st.sampled_from([1, 2])), max_size=2),
    customerId=st.sampled_from(["ada", "grace"]),
    customerName=st.sampled_from(["Ada", "Grace"]),
    plan=st.sampled_from(["free", "pro"]),
    assistantId=st.sampled_from(["a-1", "a-2"]),
    startedAt=st.just("2026-03-01T12:00:00.000Z"),
    endedAt=st.just("2026-03-01T12:00:01.500Z"),
    artifact=st.lists(st.sampled_from(WORDS), max_size=2).map(lambda words: said(" ".join(words))["artifact"]),
)
FACTS: Final = _given(
    status=st.sampled_from(["queued", "ended"]),
    cost=st.sampled_from([0.1, 0.3]),
    endedReason=st.just("hangup"),
    assistantId=st.just("a-1"),
)


@st.composite
def calls(draw: st.DrawFn, number: int) -> Told:
    """A call with up to four versions."""
    created = draw(MINUTES)
    versions: list[Version] = []
    for since in sorted(draw(st.lists(MINUTES, min_size=1, max_size=4))):
        moves = not versions or draw(st.booleans())
        updated = since if moves else versions[-1].updated
        versions.append(Version(since, updated, draw(STATEMENTS)))
    fate = draw(st.sampled_from([State.PRESENT, State.PRESENT, State.DELETED, State.FORGOTTEN, State.ERASED]))
    return Told(number, created, tuple(versions), fate, draw(MINUTES))


@st.composite
def observations(draw: st.DrawFn, call: Told) -> Observation:
    """Something that somebody could learn of a call while it changes."""
    what = draw(st.sampled_from(["read", "read", "notice", "fate"]))
    minute = draw(MINUTES)
    if what == "notice":
        return notice(call.number, received=minute + draw(st.integers(0, 2)), sent=minute, **draw(FACTS))
    if what == "fate" and call.fate is State.ERASED:
        return erasure(call.number)
    return call.read(
        call.gone if what == "fate" and call.fate is not State.PRESENT else minute, draw(st.integers(0, 3))
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Up to three calls, and what arrives of them: any part, any of it twice, in any order, in any batches."""
    upstream = tuple(draw(calls(number)) for number in range(1, draw(st.integers(1, 3)) + 1))
    pool = [draw(observations(call)) for call in upstream for _ in range(draw(st.integers(0, 4)))]
    arrived = draw(st.lists(st.sampled_from(pool), max_size=12)) if pool else []
    batches: list[tuple[Observation, ...]] = []
    while arrived:
        size = draw(st.integers(1, len(arrived)))
        batches.append(tuple(arrived[:size]))
        arrived = arrived[size:]
    return Scenario(upstream, tuple(batches))


Tables = dict[str, Any]


async def converges(database: Database, scenario: Scenario) -> None:
    """Let it all arrive, and compare."""
    held = await _after(database, [*scenario.batches, scenario.last])
    reference = await _reference([*scenario.batches, scenario.last])
    assert await _asked(SqlCalls(database, CATALOG, project), SqlCustomers(database)) == await _asked(
        reference, reference
    )
    assert held["calls"] == rows_of_memory(reference)
    alone = await _after(database, [scenario.last])
    for call in scenario.calls:
        told = held["calls"].get(call_id(call.number), {})
        assert told.get("state", State.UNREAD) in _possible(call)
        if call.fate is State.PRESENT:
            assert told == alone["calls"][call_id(call.number)]
    if all(call.fate is State.PRESENT for call in scenario.calls):
        assert held == alone


def _possible(call: Told) -> tuple[State, ...]:
    """What a call can be in the end; of one that upstream forgot before anybody read it, nothing is known."""
    return (call.fate, State.UNREAD) if call.fate is State.FORGOTTEN else (call.fate,)


async def _after(database: Database, batches: Sequence[Sequence[Observation]]) -> Tables:
    await emptied(database)
    store = SqlCalls(database, CATALOG, project)
    for batch in batches:
        await store.apply(Batch(observations=tuple(batch)))
    return await rows_of(database)


async def _reference(batches: Sequence[Sequence[Observation]]) -> MemoryStore:
    store = MemoryStore(project, CATALOG)
    for batch in batches:
        await store.apply(Batch(observations=tuple(batch)))
    return store


async def _asked(calls: Any, customers: Any) -> Tables:
    """What readers of the ports are told."""
    ids = [call_id(number) for number in range(1, 4)]
    return {
        "read": await calls.read(ids),
        "changes": await calls.changes(0, 100),
        "last": await calls.last_change(),
        "found": {word: await calls.count(Search((word,))) for word in WORDS},
        "customers": {name: await customers.customers(KEYS, within=within) for name, within in SIGHTS.items()},
    }


async def emptied(database: Database) -> None:
    """Take everything out of a database."""
    tables = database.tables
    async with database.writing() as connection:
        for table in (tables.documents, tables.costs, tables.calls, tables.customers, tables.figures):
            await connection.execute(delete(table))
        await connection.execute(text("DELETE FROM search"))
        await connection.execute(update(tables.sequence).values(last=0))


async def rows_of(database: Database) -> Tables:
    """All rows, by what they are of; numbers of rows and changes aside."""
    tables = database.tables
    async with database.reading() as connection:
        rows = [dict(row) for row in (await connection.execute(select(tables.calls))).mappings()]
        bodies = {row.mirror_number: row.body for row in await connection.execute(select(tables.documents))}
        costs = [dict(row) for row in (await connection.execute(select(tables.costs))).mappings()]
        found = await connection.execute(text(_WORDS[database.dialect]))
        words = {row.number: frozenset(row.words.split()) for row in found}
        customers = [dict(row) for row in (await connection.execute(select(tables.customers))).mappings()]
        figures = [dict(row) for row in (await connection.execute(select(tables.figures))).mappings()]
    assert {row["mirror_number"] for row in rows} >= {*bodies, *words, *(cost["mirror_number"] for cost in costs)}
    return {
        "calls": {row["id"]: _call(row, bodies, costs, words) for row in rows},
        "customers": {row.pop("customer_key"): row for row in customers if row.pop("mirror_change")},
        "figures": sorted(figures, key=lambda row: (row["customer_key"], row["assistant_id"])),
    }


_WORDS: Final = {
    "sqlite": "SELECT rowid AS number, words FROM search",
    "postgresql": "SELECT mirror_number AS number, array_to_string(tsvector_to_array(words), ' ') AS words FROM search",
}


def _call(
    row: Mapping[str, Any], bodies: Mapping[int, bytes], costs: Sequence[dict[str, Any]], words: Mapping[int, Any]
) -> Tables:
    number, mirrored = row["mirror_number"], mirrored_of(dict(row))
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    of_call = sorted((cost for cost in costs if cost["mirror_number"] == number), key=lambda cost: cost["position"])
    return {
        "state": mirrored.state,
        "mirrored": dataclasses.replace(mirrored, facts={}),
        "facts": facts_to_json(mirrored.facts),
        "values": {name: v for name, v in values.items() if not name.startswith("mirror_")}
        if _is_read(mirrored)
        else {},
        "document": unpack(bodies[number]) if number in bodies else None,
        "costs": tuple({name: v for name, v in cost.items() if name != "mirror_number"} for cost in of_call),
        "words": words.get(number, frozenset()),
    }


def _is_read(mirrored: Any) -> bool:
    return mirrored.state is not State.UNREAD


def rows_of_memory(store: MemoryStore) -> Tables:
    """The same of the reference."""
    return {
        call_id: {
            "state": held.mirrored.state,
            "mirrored": dataclasses.replace(held.mirrored, facts={}),
            "facts": facts_to_json(held.mirrored.facts),
            "values": held.values if _is_read(held.mirrored) else {},
            "document": held.read,
            "costs": held.projection.costs,
            "words": frozenset(held.projection.words.split()),
        }
        for call_id, held in store._calls.items()
    }


def run(database_url: str, examples: int, *, derandomize: bool = True) -> None:
    """Try so many scenarios on one database."""
    with asyncio.Runner() as runner:
        database = runner.run(opened(database_url, CATALOG))

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=derandomize,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(scenarios())
        def check(scenario: Scenario) -> None:
            runner.run(converges(database, scenario))

        try:
            check()
        finally:
            runner.run(database.close())


@click.command()
@click.option("--examples", default=2000, show_default=True, help="How many scenarios to try.")
@click.option("--url", help="The database to use, which is emptied; a SQLite file of its own, if none is named.")
def main(examples: int, url: str | None) -> None:
    """Try scenarios that the suite does not."""
    with tempfile.TemporaryDirectory() as folder:
        run(url or databases.sqlite_url(Path(folder)), examples, derandomize=False)
    click.echo(f"{examples} scenarios converged.")


if __name__ == "__main__":
    main()
