"""The same question gets the same answer at every door, to the cent."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final, TypeAlias

import duckdb
import psycopg
import pyarrow.parquet
import pytest
from pydantic import SecretStr

from gateway.domain.aggregates import Aggregate, Aggregation, Bucket, Dimension, Measure
from gateway.ports import Batch
from gateway.settings import AttributeSettings, CallSettings, CustomerSettings, MetricSettings
from tests import databases
from tests.contracts.grouped import grouped
from tests.graph.asking import BOOKED, NOW, Running, ask, running

pytestmark = pytest.mark.anyio

Answer: TypeAlias = dict[tuple[Any, ...], float | None]
"""What is measured of each group, by what its calls have in common."""

PLAN: Final = AttributeSettings(
    name="plan", type="String", keys=("plan",), description="The customer's plan.", sensitivity="public"
)
NAMED: Final = ("analysis_success", "artifact_performance_metrics_turn_latency_average", "success_rate")
"""What the views carry beside what is public."""
BERLIN: Final = "Europe/Berlin"
METRICS: Final = (
    MetricSettings(
        name="successRate", description="Successes of what was evaluated.", aggregate="rate", of="analysis_success"
    ),
    MetricSettings(
        name="spentOnSales",
        description="What the calls of sales cost.",
        aggregate="sum",
        of="cost",
        where={"assistantId": {"eq": "sales"}},
        unit="USD",
    ),
    MetricSettings(name="slowest", description="The length of long calls.", aggregate="p95", of="duration_seconds"),
    MetricSettings(
        name="silent",
        description="Calls in which nobody spoke.",
        aggregate="count",
        where={"endedReason": {"eq": "silence-timed-out"}},
    ),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and how each door has it: conditions are written by hand, so that none can follow from another."""

    measure: Measure
    by: tuple[Dimension, ...] = ()
    graphql: str = "{}"
    odata: str = ""
    sql: str = "true"


COST, DURATION, LATENCY = "cost", "duration_seconds", "artifact_performance_metrics_turn_latency_average"
PLAN_OF, ASSISTANT, REASON = Dimension("customer_plan"), Dimension("assistant_id"), Dimension("ended_reason")
DAY, WEEK, MONTH, QUARTER = (
    Dimension("created_at", bucket, BERLIN) for bucket in (Bucket.DAY, Bucket.WEEK, Bucket.MONTH, Bucket.QUARTER)
)
EXPENSIVE: Final = ("{ cost: { gte: 0.5 } }", "cost ge 0.5", "cost >= 0.5")
NOT_GOLD: Final = (
    '{ customer: { plan: { neq: "gold" } } }',
    "customer_plan ne 'gold'",
    "customer_plan IS DISTINCT FROM 'gold'",
)
IN_SPRING: Final = (
    '{ createdAt: { gte: "2026-03-28T00:00:00Z", lt: "2026-03-31T00:00:00Z" } }',
    "created_at ge 2026-03-28T00:00:00Z and created_at lt 2026-03-31T00:00:00Z",
    "created_at >= '2026-03-28T00:00:00Z' AND created_at < '2026-03-31T00:00:00Z'",
)
SILENT: Final = (
    '{ or: [{ endedReason: { in: ["silence-timed-out"] } }, { endedReason: { isNull: true } }] }',
    "ended_reason in ('silence-timed-out') or ended_reason eq null",
    "ended_reason IN ('silence-timed-out') OR ended_reason IS NULL",
)

QUESTIONS: Final[tuple[Question, ...]] = (
    Question(Measure(Aggregate.COUNT)),
    Question(Measure(Aggregate.SUM, COST)),
    Question(Measure(Aggregate.SUM, COST), (PLAN_OF,)),
    Question(Measure(Aggregate.SUM, COST), (DAY,)),
    Question(Measure(Aggregate.SUM, COST), (DAY, PLAN_OF), *IN_SPRING),
    Question(Measure(Aggregate.COUNT), (WEEK,), *NOT_GOLD),
    Question(Measure(Aggregate.COUNT), (MONTH, ASSISTANT)),
    Question(Measure(Aggregate.SUM, DURATION), (QUARTER,)),
    Question(Measure(Aggregate.AVG, DURATION), (PLAN_OF,), *EXPENSIVE),
    Question(Measure(Aggregate.MIN, COST), (ASSISTANT,)),
    Question(Measure(Aggregate.MAX, COST), (ASSISTANT,), *SILENT),
    Question(Measure(Aggregate.P50, DURATION), (PLAN_OF,)),
    Question(Measure(Aggregate.P90, LATENCY)),
    Question(Measure(Aggregate.P95, COST), (REASON,)),
    Question(Measure(Aggregate.P99, DURATION), (), *NOT_GOLD),
    Question(Measure(Aggregate.COUNT_DISTINCT, "customer_key"), (MONTH,)),
    Question(Measure(Aggregate.COUNT_DISTINCT, "assistant_id"), (), *EXPENSIVE),
    Question(Measure(Aggregate.COUNT, COST), (REASON,), *SILENT),
    Question(Measure(Aggregate.RATE, "analysis_success"), (PLAN_OF,)),
    Question(Measure(Aggregate.RATE, "analysis_success"), (DAY,), *IN_SPRING),
)


def document(chance: random.Random, number: int) -> dict[str, Any]:
    """A call, some of which say little; many of them around the night on which the clocks are moved."""
    spring = dt.datetime(2026, 3, 28, 20, tzinfo=dt.UTC) + chance.random() * dt.timedelta(hours=30)
    year = dt.datetime(2025, 6, 1, tzinfo=dt.UTC) + chance.random() * dt.timedelta(days=300)
    created = chance.choice([spring, year])
    ended = created + dt.timedelta(seconds=round(chance.expovariate(1 / 90), 3))
    stated: dict[str, Any] = {
        "id": f"00000000-0000-4000-8000-{number:012d}",
        "createdAt": written(created),
        "updatedAt": written(ended),
        "status": "ended",
        "startedAt": written(created),
        "endedAt": written(ended),
        "cost": round(chance.random(), 4),
        "assistantId": chance.choice(["sales", "support"]),
        "endedReason": chance.choice(["customer-ended-call", "silence-timed-out"]),
        "analysis": {"successEvaluation": chance.choice(["true", "false", "8"])},
        "artifact": {"performanceMetrics": {"turnLatencyAverage": round(chance.random() * 2000, 2)}},
    }
    for name in ("endedAt", "cost", "assistantId", "endedReason", "analysis", "artifact"):
        if chance.random() < 0.1:
            del stated[name]
    metadata = {"customerId": f"c{chance.randrange(20)}", "plan": chance.choice(["gold", "free", None])}
    return {**stated, "metadata": {name: value for name, value in metadata.items() if value is not None}}


def written(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As everywhere; one event loop for all questions, since they share a gateway."""
    return "asyncio"


@pytest.fixture(scope="module")
async def there(anyio_backend: str, postgres_server: str) -> AsyncIterator[Running]:
    """A gateway over a PostgreSQL with three hundred calls, and its views."""
    chance = random.Random(6)
    with databases.database(postgres_server) as url:
        async with running(
            filled=False,
            database_url=SecretStr(url),
            customer=CustomerSettings(attributes=(PLAN,)),
            call=CallSettings(attributes=(BOOKED,)),
            bi_attributes=NAMED,
            metrics=METRICS,
        ) as gateway:
            mirror = gateway.parts.mirror
            snapshots = [mirror.prepare(document(chance, number), NOW) for number in range(300)]
            await mirror.calls.apply(Batch(observations=tuple(snapshots)))
            yield gateway


async def by_graphql(there: Running, asked: Question) -> Answer:
    measure = asked.measure
    of = f"of: {measure.attribute.upper()}" if measure.attribute else ""
    field = {Aggregate.RATE: f"rate({of}) {{ value }}"}.get(measure.aggregate)
    field = field or f"{measure.aggregate.value}{f'({of})' if of else ''}"
    by = ", ".join(
        f"{{ attribute: {d.attribute.upper()} }}"
        if d.bucket is None
        else f'{{ time: {d.attribute.upper()}, bucket: {d.bucket.name}, timezone: "{d.timezone}" }}'
        for d in asked.by
    )
    groups_of = f"groups {{ keys {{ value }} value: {field} }}"
    query = f"{{ callStats(where: {asked.graphql}, groupBy: [{by}], first: 1000) {{ {groups_of} }} }}"
    answer = await ask(there.client, query)
    assert "errors" not in answer, answer
    groups = answer["data"]["callStats"]["groups"]
    return {
        tuple(key["value"] for key in group["keys"]): group["value"]["value"]
        if isinstance(group["value"], dict)
        else group["value"]
        for group in groups
    }


async def by_odata(there: Running, asked: Question) -> Answer:
    """Filtered there, as Power BI folds it; grouped by plain Python."""
    names = {"id", *(d.attribute for d in asked.by), *([asked.measure.attribute] if asked.measure.attribute else [])}
    url: str | None = "/odata/calls"
    given = {"$select": ",".join(sorted(names)), **({"$filter": asked.odata} if asked.odata else {})}
    rows: list[dict[str, Any]] = []
    while url is not None:
        page = await there.client.get(url, params=given or None, headers={"Prefer": "odata.maxpagesize=70"})
        assert page.status_code == 200, page.text
        rows += page.json()["value"]
        url, given = page.json().get("@odata.nextLink"), {}
    for row in rows:
        if "created_at" in row:
            row["created_at"] = dt.datetime.fromisoformat(row["created_at"])
    groups = grouped(
        Aggregation(dimensions=asked.by, measures=(asked.measure,), limit=10**6), [(r, frozenset()) for r in rows]
    )
    return {tuple(map(plain, group.keys)): group.values[0] for group in groups}


async def by_export(there: Running, asked: Question) -> Answer:
    """The whole table in Parquet, asked by DuckDB."""
    answer = await there.client.get("/export/calls.parquet")
    calls = pyarrow.parquet.read_table(io.BytesIO(answer.content))
    connection = duckdb.connect()
    connection.register("calls", calls)
    rows = connection.sql(sql(asked, "calls", "quantile_cont({of}, {share})")).to_arrow_table()
    return answered([tuple(row.values()) for row in rows.to_pylist()])


async def by_sql(there: Running, asked: Question) -> Answer:
    """The view in PostgreSQL."""
    statement = sql(asked, "bi.calls", "percentile_cont({share}) WITHIN GROUP (ORDER BY {of})")
    url = there.parts.mirror.url.replace("postgresql+psycopg://", "postgresql://")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        rows = await (await connection.execute(statement)).fetchall()
    return answered(rows)


def sql(asked: Question, table: str, percentile: str) -> str:
    """The question as an analyst writes it."""
    of = asked.measure.attribute or "*"
    keys = [
        d.attribute
        if d.bucket is None
        else f"CAST(date_trunc('{d.bucket.value}', {d.attribute} AT TIME ZONE '{d.timezone}') AS DATE)"
        for d in asked.by
    ]
    shares = {Aggregate.P50: 0.5, Aggregate.P90: 0.9, Aggregate.P95: 0.95, Aggregate.P99: 0.99}
    aggregate = asked.measure.aggregate
    value = {
        Aggregate.COUNT_DISTINCT: f"count(DISTINCT {of})",
        Aggregate.RATE: f"avg(CAST({of} AS INTEGER))",
        **{each: percentile.format(of=of, share=share) for each, share in shares.items()},
    }.get(aggregate, f"{aggregate.value}({of})")
    columns = ", ".join([*(f"{key} AS key_{at}" for at, key in enumerate(keys)), f"{value} AS value"])
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    return f"SELECT {columns} FROM {table} WHERE {asked.sql}{group}"  # noqa: S608  # made of this file alone


def answered(rows: Sequence[tuple[Any, ...]]) -> Answer:
    return {tuple(map(plain, row[:-1])): row[-1] for row in rows}


def plain(key: Any) -> Any:
    return key.isoformat() if isinstance(key, dt.date) else key


Door: TypeAlias = Callable[[Running, Question], Any]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
@pytest.mark.parametrize("door", [by_odata, by_export, by_sql])
async def test_every_door_says_what_graphql_says(there: Running, door: Door, number: int) -> None:
    expected = await by_graphql(there, QUESTIONS[number])
    told = await door(there, QUESTIONS[number])
    assert len(expected) > 0
    assert set(told) == set(expected)
    for key, value in expected.items():
        found = told[key]
        assert (found is None) == (value is None), key
        assert value is None or float(found) == pytest.approx(value, rel=1e-9, abs=1e-9), key


def test_there_are_twenty_questions() -> None:
    assert len(QUESTIONS) == 20


FLAT: Final = ("success_rate", "spent_on_sales", "slowest", "silent")


async def metrics_by_graphql(there: Running) -> dict[str, tuple[Any, ...]]:
    fields = " ".join(f"{name}: metric(name: {name.upper()})" for name in FLAT)
    query = (
        f"{{ callStats(groupBy: [{{ time: CREATED_AT }}], first: 1000) {{ groups {{ keys {{ value }} {fields} }} }} }}"
    )
    answer = await ask(there.client, query)
    groups = answer["data"]["callStats"]["groups"]
    return {group["keys"][0]["value"]: tuple(group[name] for name in FLAT) for group in groups}


async def metrics_by_odata(there: Running) -> dict[str, tuple[Any, ...]]:
    answer = await there.client.get("/odata/daily_metrics")
    return {row["day"][:10]: tuple(row[name] for name in FLAT) for row in answer.json()["value"]}


async def metrics_by_export(there: Running) -> dict[str, tuple[Any, ...]]:
    answer = await there.client.get("/export/daily_metrics.parquet")
    rows = pyarrow.parquet.read_table(io.BytesIO(answer.content)).to_pylist()
    return {row["day"].date().isoformat(): tuple(row[name] for name in FLAT) for row in rows}


async def metrics_by_sql(there: Running) -> dict[str, tuple[Any, ...]]:
    url = there.parts.mirror.url.replace("postgresql+psycopg://", "postgresql://")
    async with await psycopg.AsyncConnection.connect(url) as connection:
        statement = f"SELECT day, {', '.join(FLAT)} FROM bi.daily_metrics"  # noqa: S608  # made of this file alone
        rows = await (await connection.execute(statement)).fetchall()
    return {row[0].astimezone(dt.UTC).date().isoformat(): tuple(row[1:]) for row in rows}


@pytest.mark.parametrize("door", [metrics_by_odata, metrics_by_export, metrics_by_sql])
async def test_a_metric_is_declared_once_and_says_the_same_everywhere(there: Running, door: Any) -> None:
    expected, told = await metrics_by_graphql(there), await door(there)
    assert len(expected) > 100
    assert set(told) == set(expected)
    for day, values in expected.items():
        assert [value is None for value in told[day]] == [value is None for value in values]
        stated = [(found, known) for found, known in zip(told[day], values, strict=True) if known is not None]
        assert [float(found) for found, _ in stated] == pytest.approx([known for _, known in stated])
