"""``python -m benchmarks.store``: what questions to a large mirror in SQLite cost, and what writing large calls costs.

Fills a file with calls of 2 kB (their documents packed, a hundred thousand customers for a million calls, words for the
search, an indexed attribute of a team's own), beside `apply` since that would take an hour, and asks what lists ask.
Then writes calls of 130 kB through `apply`. Needs 3 GB of disk for a million calls; the folder is removed in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime as dt
import json
import random
import sqlite3
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.reading import talkative
from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Catalog
from gateway.domain.configured import Configured
from gateway.domain.decode import decoder
from gateway.domain.filters import EVERYTHING, AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.domain.observations import Snapshot
from gateway.domain.ordering import NEWEST_FIRST, Direction, Order, Ordering, Position, reverse
from gateway.domain.projection import projector
from gateway.domain.redaction import redact
from gateway.errors import StoreTimeout
from gateway.ports import Batch, CallStore, CustomerStore, PageQuery
from gateway.services.preparing import Preparing
from gateway.simulator.app import create
from gateway.simulator.listing import Filters
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.database import Database
from gateway.store.opening import opened
from gateway.store.packing import digest, pack
from gateway.store.tables import ALL_ASSISTANTS, tables

PAGE: Final = 100
AT_ONCE: Final = 10_000
NOW: Final = 1_790_000_000_000_000
"""When the newest call was created, in microseconds since 1970."""
BETWEEN: Final = 40_000_000
"""Microseconds between two calls."""
LARGE: Final = 100_000
"""Documents of the simulator that are longer are taken for large; the longest have 140 kB."""
REASONS: Final = ("customer-ended-call", "assistant-ended-call", "silence-timed-out", "voicemail")
PLANS: Final = ("free", "pro", "team", "enterprise", None)
BY_COST: Final[Ordering] = (Order("customer_total_cost", Direction.DESC),)

Question = Callable[[], Awaitable[object]]


def catalog() -> Catalog:
    """A catalog with an indexed attribute of a team's own."""
    use = ("filter", "sort", "group", "export", "index")
    return catalogs.build({"customer": [Configured(name="plan", type="String", description="The plan.", use=use)]})


# Filling


class Calls:
    """Calls as rows, newest first, made up from one seed."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._chance = random.Random(1)  # noqa: S311  # what is said matters to nobody
        self._customers = [f"c_{self._chance.getrandbits(128):032x}" for _ in range(max(10, count // 10))]
        self._assistants = [self._id() for _ in range(20)]
        self._words = ["".join(self._chance.choices("abcdefghijklmnoprstuvw", k=6)) for _ in range(8000)]
        self.bodies = [pack(self._document()) for _ in range(500)]

    def _id(self) -> str:
        return str(uuid.UUID(int=self._chance.getrandbits(128)))

    def _document(self) -> dict[str, Any]:
        return {"id": self._id(), "transcript": " ".join(self._chance.choices(self._words, k=280))}

    def words(self, number: int) -> str:
        """The words of a call's text: one that every other call has, one that few have, and some of all."""
        known = ["common"] if number % 2 else []
        rare = ["rare"] if number % 50_000 == 0 else []
        return " ".join(sorted({*known, *rare, *self._chance.choices(self._words, k=60)}))

    def row(self, number: int) -> dict[str, Any]:
        """The columns that a call of a web page has."""
        chance = self._chance
        at, call_id = NOW - number * BETWEEN + chance.randrange(1000) * 1000, self._id()
        customer, seconds = int(len(self._customers) * chance.random() ** 2), round(chance.expovariate(1 / 120), 3)
        storage, price = f"https://storage.vapi.ai/{call_id}-{at // 1000}", chance.random() / 3
        return {
            "mirror_number": number,
            "id": call_id,
            "mirror_change": number,
            "mirror_state": "present",
            "mirror_updated_at": at + 10**8,
            "mirror_read_at": NOW,
            "mirror_asked_at": NOW,
            "mirror_digest": chance.randbytes(16),
            "mirror_holds": 2,
            "org_id": self._assistants[0],
            "type": "webCall",
            "status": "ended" if number % 10_000 else "queued",
            "ended_reason": chance.choice(REASONS),
            "ended_reason_category": "COMPLETED",
            "created_at": at,
            "updated_at": at + 10**8,
            "started_at": at + 10**6,
            "ended_at": at + 10**6 + int(seconds * 10**6),
            "duration_seconds": seconds,
            "cost": round(price * 3, 4),
            "cost_breakdown_total": round(price * 3, 4),
            **{f"cost_breakdown_{part}": round(price, 4) for part in ("stt", "llm", "tts", "vapi")},
            "cost_breakdown_llm_prompt_tokens": chance.randrange(9000),
            "cost_breakdown_llm_completion_tokens": chance.randrange(900),
            "cost_breakdown_tts_characters": chance.randrange(4000),
            "customer_key": self._customers[customer],
            "customer_id": str(customer),
            "customer_name": f"Customer {customer}",
            "customer_email": f"customer{customer}@example.com",
            "customer_plan": PLANS[customer % len(PLANS)],
            "assistant_id": chance.choice(self._assistants),
            "transport_provider": "daily",
            "analysis_success_evaluation": "true",
            **dict.fromkeys(("artifact_recording_url", "artifact_recording_mono_combined_url"), f"{storage}-mono.wav"),
            **dict.fromkeys(
                ("artifact_stereo_recording_url", "artifact_recording_stereo_url"), f"{storage}-stereo.wav"
            ),
            "artifact_performance_metrics_turn_latency_average": chance.random() * 2000,
        }


def fill(file: Path, calls: Calls, of: Catalog) -> None:
    """Put calls, documents, words, customers and figures into the tables; indexes are made in the end, as is fast."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -200000")
    connection.execute("BEGIN")
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'calls' AND sql IS NOT NULL"
    indexes = connection.execute(made).fetchall()
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    _put_calls(connection, calls, [column.name for column in tables(of).calls.columns])
    for _, sql in indexes:
        connection.execute(sql)
    _put_customers(connection)
    connection.execute("UPDATE sequence SET last = ?", (calls.count,))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _put_calls(connection: sqlite3.Connection, calls: Calls, columns: Sequence[str]) -> None:
    names, places = ", ".join(columns), ", ".join("?" * len(columns))
    insert = f"INSERT INTO calls ({names}) VALUES ({places})"  # noqa: S608  # names of ours
    for first in range(1, calls.count + 1, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, calls.count + 1))
        rows = map(calls.row, numbers)
        connection.executemany(insert, ([row.get(name) for name in columns] for row in rows))
        bodies = ((number, calls.bodies[number % len(calls.bodies)]) for number in numbers)
        connection.executemany("INSERT INTO documents (mirror_number, body) VALUES (?, ?)", bodies)
        words = ((number, calls.words(number)) for number in numbers)
        connection.executemany("INSERT INTO search (rowid, words) VALUES (?, ?)", words)


def _put_customers(connection: sqlite3.Connection) -> None:
    sums = """min(created_at), max(created_at), count(*), CAST(round(sum(cost) * 1e9) AS INTEGER),
              CAST(round(sum(duration_seconds) * 1e3) AS INTEGER)"""
    for assistant, by in ((f"'{ALL_ASSISTANTS}'", ""), ("assistant_id", ", assistant_id")):
        connection.execute(
            f"INSERT INTO figures SELECT customer_key, {assistant}, {sums} FROM calls GROUP BY customer_key{by}"  # noqa: S608
        )
    stated = "customer_id, customer_name, customer_email, customer_plan"
    connection.execute(
        f"INSERT INTO customers (customer_key, mirror_change, mirror_sources, {stated})"  # noqa: S608  # names of ours
        f" SELECT customer_key, max(mirror_change), '{{}}', {stated} FROM calls GROUP BY customer_key"
    )


# Asking


@dataclasses.dataclass(frozen=True, slots=True)
class Asked:
    """A mirror that is asked, and places in it."""

    calls: CallStore
    customers: CustomerStore
    keys: Sequence[str]
    assistants: Sequence[str]
    deep: Sequence[Position]
    deep_customers: Sequence[Position]


def _is(attribute: str, value: Any) -> Condition:
    return Condition(attribute, Comparator.EQ, value)


def _in(attribute: str, values: Sequence[Any]) -> Condition:
    return Condition(attribute, Comparator.IN, tuple(values))


def served_by_an_index(asked: Asked) -> Mapping[str, Sequence[Question]]:
    """Questions that may take 5 ms."""

    def page(predicate: Predicate = EVERYTHING, **more: Any) -> Question:
        return lambda: asked.calls.page(PageQuery(predicate=predicate, limit=PAGE, **more))

    def customers(within: Predicate = EVERYTHING, **more: Any) -> Question:
        return lambda: asked.customers.customer_page(PageQuery(ordering=BY_COST, limit=PAGE, **more), within=within)

    plans = [_is("customer_plan", plan) for plan in PLANS if plan]
    return {
        "newest calls": [page()],
        "a customer's newest calls": [page(_is("customer_key", key)) for key in asked.keys],
        "a customer's, with a status": [
            page(AllOf((_is("customer_key", key), _is("status", "ended")))) for key in asked.keys
        ],
        "newest calls of a plan": [page(plan) for plan in plans],
        "half the mirror deep": [page(after=position) for position in asked.deep],
        "half the mirror deep, backwards": [page(after=p, ordering=reverse(NEWEST_FIRST)) for p in asked.deep],
        "half the mirror deep in a plan": [page(plan, after=asked.deep[0]) for plan in plans],
        "customers by total cost": [customers()],
        "customers by total cost, half of them deep": [customers(after=p) for p in asked.deep_customers],
        "a hundred customers by key": [lambda: asked.customers.customers(asked.keys[:PAGE])],
        "customers of an assistant by total cost": [customers(_is("assistant_id", a)) for a in asked.assistants],
        "customers of some keys by total cost": [customers(_in("customer_key", asked.keys[:PAGE]))],
    }


def served_by_reading(asked: Asked) -> Mapping[str, Sequence[Question]]:
    """Questions that read much, and may take 500 ms."""

    def page(predicate: Predicate = EVERYTHING, ordering: Ordering = NEWEST_FIRST) -> Question:
        return lambda: asked.calls.page(PageQuery(predicate=predicate, ordering=ordering, limit=PAGE))

    def count(predicate: Predicate) -> Question:
        return lambda: asked.calls.count(predicate)

    nobody, dear = _is("customer_name", "nobody"), Condition("cost", Comparator.GT, 0.999)
    part = Condition("customer_email", Comparator.CONTAINS, "nobody")
    one, two = _is("assistant_id", asked.assistants[0]), _in("assistant_id", asked.assistants[:2])
    by = {name: (Order(name, Direction.DESC),) for name in ("cost", "duration_seconds", "ended_reason")}
    slow = "artifact_performance_metrics_turn_latency_average"
    return {
        "a name that nobody has": [page(nobody)],
        "a part of an address that nobody has": [page(part)],
        "of a plan, a name that nobody has": [page(AllOf((_is("customer_plan", "team"), nobody)))],
        "one of three things, none of them indexed": [
            page(AnyOf((nobody, part, Not(Condition("cost", Comparator.LT, 9)))))
        ],
        "by cost": [page(ordering=by["cost"])],
        "by duration, those that cost most": [page(dear, by["duration_seconds"])],
        "by reason, then cost": [page(ordering=(*by["ended_reason"], *by["cost"]))],
        "by latency, the last of the columns": [page(ordering=(Order(slow, Direction.DESC),))],
        "count all": [count(EVERYTHING)],
        "count a plan": [count(_is("customer_plan", "team"))],
        "count by cost": [count(Condition("cost", Comparator.GT, 0.5))],
        "a rare word": [page(Search(("rare",)))],
        "a word of every other call": [page(Search(("common",)))],
        "both": [page(Search(("rare", "common")))],
        "a common word, counted": [count(Search(("common",)))],
        "a common word, of a customer": [
            page(AllOf((Search(("common",)), _is("customer_key", k)))) for k in asked.keys[:3]
        ],
        "customers by name": [
            lambda: asked.customers.customer_page(PageQuery(ordering=(Order("customer_name"),), limit=PAGE))
        ],
        "customers of two assistants by total cost": [
            lambda: asked.customers.customer_page(PageQuery(ordering=BY_COST, limit=PAGE), within=two)
        ],
        "a hundred customers, out of an assistant's calls": [
            lambda: asked.customers.customers(asked.keys[:PAGE], within=one)
        ],
        "three customers, out of calls of a type": [
            lambda: asked.customers.customers(asked.keys[:3], within=_is("type", "webCall"))
        ],
    }


async def time_all(title: str, questions: Mapping[str, Sequence[Question]], *, times: int) -> None:
    """One line for each question: milliseconds, the first asking left out; and of the processor, all threads together.

    Where others work on the machine, only the last says much.
    """
    print(f"\n{title:<48}{'p50 ms':>10}{'p95':>10}{'max':>10}{'cpu':>10}")  # noqa: T201  # a command that prints
    for name, asked in questions.items():
        await asked[0]()
        busy = time.process_time()
        spent = sorted([await _milliseconds(asked[number % len(asked)]) for number in range(times)])
        busy = (time.process_time() - busy) * 1000 / times
        p95 = spent[min(len(spent) - 1, int(len(spent) * 0.95))]
        figures = (statistics.median(spent), p95, spent[-1], busy)
        print(f"{name:<48}" + "".join(f"{each:>10.2f}" for each in figures), flush=True)  # noqa: T201


async def _milliseconds(question: Question) -> float:
    started = time.perf_counter()
    await question()
    return (time.perf_counter() - started) * 1000


async def interruption(database: Database) -> None:
    """How long after its patience is over a question that would take long ends."""
    after = []
    for _ in range(10):
        started = time.perf_counter()
        try:
            async with database.reading(patience=0.05) as connection:
                await connection.exec_driver_sql("SELECT count(*) FROM calls a, calls b WHERE a.cost < b.cost")
        except StoreTimeout:
            after.append((time.perf_counter() - started - 0.05) * 1000)
    print(f"\ninterrupted {len(after)} of 10 times, {max(after):.1f} ms too late at most")  # noqa: T201


async def ask(file: Path, calls: Calls, of: Catalog) -> None:
    """Fill a file, ask everything, and say how large it is."""
    database = await opened(f"sqlite:///{file}", of)
    await database.close()
    started = time.perf_counter()
    fill(file, calls, of)
    each = _size(file) / calls.count
    print(f"\n{calls.count:,} calls, filled in {time.perf_counter() - started:.0f} s, {each:,.0f} bytes each")  # noqa: T201
    database = await opened(f"sqlite:///{file}", of)
    try:
        asked = await _asked(database, of, calls.count)
        await time_all("at most 5 ms", served_by_an_index(asked), times=200)
        await time_all("at most 500 ms", served_by_reading(asked), times=9)
        await interruption(database)
    finally:
        await database.close()


def _size(file: Path) -> int:
    return file.stat().st_size


async def _asked(database: Database, of: Catalog, count: int) -> Asked:
    """The mirror, some customers, and rows half way down its lists."""
    half = "SELECT created_at, id, customer_key FROM calls ORDER BY created_at DESC, id DESC LIMIT 200 OFFSET :half"
    dear = """SELECT total_cost_nano, customer_key FROM figures WHERE assistant_id = '*'
              ORDER BY total_cost_nano DESC, customer_key DESC LIMIT 20 OFFSET :half"""
    async with database.reading() as connection:
        rows = (await connection.exec_driver_sql(half, {"half": count // 2})).all()
        assistants = (await connection.exec_driver_sql("SELECT DISTINCT assistant_id FROM calls LIMIT 3")).all()
        customers = (await connection.exec_driver_sql(dear, {"half": max(10, count // 10) // 2})).all()
    epoch, microsecond = dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.timedelta(microseconds=1)
    return Asked(
        calls=SqlCalls(database, of, lambda _: _never()),
        customers=SqlCustomers(database),
        keys=[row.customer_key for row in rows],
        assistants=[row.assistant_id for row in assistants],
        deep=[Position((epoch + row.created_at * microsecond,), row.id) for row in rows[:20]],
        deep_customers=[Position((row.total_cost_nano / 10**9,), row.customer_key) for row in customers],
    )


def _never() -> Any:
    raise NotImplementedError


# Writing


def large(count: int, of: Catalog) -> Iterator[Snapshot]:
    """Calls of about 130 kB, prepared: some two dozen different ones, each many times under ids of its own."""
    documents = create(seed=7, calls=3000, live=0).state.simulator.list(Filters(limit=1000))
    found = [document for document in documents if len(json.dumps(document)) > LARGE]
    found.append(talkative(documents, 130_000))
    size = statistics.mean(len(json.dumps(document)) for document in found)
    print(f"\n{count:,} calls of {size / 1000:.0f} kB, of {len(found)} kinds")  # noqa: T201
    decode, project = decoder(of, b"benchmark", lists=False), projector(of)
    prepare = Preparing(decode=decode, project=project, pack=pack, digest=digest)
    read_at = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
    kinds = [prepare.kept(redact(document).document, read_at)[0] for document in found]
    for number in range(count):
        yield _numbered(kinds[number % len(kinds)], number)


def _numbered(snapshot: Snapshot, number: int) -> Snapshot:
    """The same call under another id, of another customer, at another time."""
    call_id = str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))
    created_at = dt.datetime(2026, 10, 1, tzinfo=dt.UTC) - number * dt.timedelta(seconds=40)
    own = {"id": call_id, "created_at": created_at, "customer_key": f"c_{number * 7919 % 2003:032x}"}
    projection = dataclasses.replace(snapshot.projection, values={**snapshot.projection.values, **own})
    return dataclasses.replace(snapshot, call_id=call_id, projection=projection)


async def write(file: Path, count: int, of: Catalog, *, at_once: int) -> None:
    """What a large call costs to write, redacted, decoded and packed already, and on the disk."""
    database = await opened(f"sqlite:///{file}", of)
    try:
        calls = SqlCalls(database, of, lambda _: _never())
        pending: list[Snapshot] = []
        spent: list[float] = []
        for snapshot in large(count, of):
            pending.append(snapshot)
            if len(pending) == at_once:
                batch = Batch(observations=tuple(pending))
                spent.append(await _milliseconds(lambda batch=batch: calls.apply(batch)))  # type: ignore[misc]
                pending.clear()
        each, slowest = sum(spent) / len(spent) / at_once, max(spent) / at_once
        print(f"{each:.2f} ms per call in batches of {at_once}, {slowest:.2f} in the slowest")  # noqa: T201
    finally:
        await database.close()
    print(f"{_size(file) / count:,.0f} bytes on disk per call")  # noqa: T201


async def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="*", default=[100_000, 1_000_000], help="sizes of mirrors to ask")
    parser.add_argument("--large", type=int, default=20_000, help="how many calls of 130 kB to write")
    parser.add_argument("--batch", type=int, default=100, help="how many of them at once")
    given = parser.parse_args()
    of = catalog()
    for count in given.calls:
        with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder:
            await ask(Path(folder) / "mirror.db", Calls(count), of)
    if given.large:
        with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder:
            await write(Path(folder) / "mirror.db", given.large, of, at_once=given.batch)


if __name__ == "__main__":
    asyncio.run(main())
