"""What is told of many calls at once is what plain Python finds in them, whatever is asked, over either database."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from gateway.domain.aggregates import (
    PERCENTILES,
    Aggregate,
    Aggregation,
    Bucket,
    Dimension,
    Group,
    GroupOrder,
    Having,
    Measure,
)
from gateway.domain.filters import EVERYTHING, Comparator, Condition
from gateway.errors import BadUserInput
from gateway.store.columnar.copy import HELD
from tests.contracts.calls import NOON, absence, document, erasure, snapshot
from tests.contracts.columnar import World
from tests.contracts.listed import predicates
from tests.contracts.test_pages import ATTRIBUTES, ROWS

pytestmark = pytest.mark.anyio


_ZONES: Final = ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati")
_NUMBERS: Final = (Aggregate.SUM, Aggregate.MIN, Aggregate.MAX, Aggregate.AVG, *PERCENTILES)
_dimensions = st.lists(
    st.builds(Dimension, st.sampled_from(["assistant_id", "ended_reason", "customer_plan", "type"]))
    | st.builds(Dimension, st.just("created_at"), st.sampled_from(Bucket), st.sampled_from(_ZONES))
    | st.builds(Dimension, st.just("started_at"), st.just(Bucket.HOUR), st.sampled_from(_ZONES)),
    max_size=3,
).map(tuple)
_filters = st.just(EVERYTHING) | predicates(ROWS, ATTRIBUTES)
_counts = st.builds(Measure, st.just(Aggregate.COUNT), st.none() | st.just("cost"), _filters)
_measures = (
    _counts
    | st.builds(Measure, st.just(Aggregate.COUNT_DISTINCT), st.sampled_from(["customer_key", "assistant_id"]), _filters)
    | st.builds(Measure, st.sampled_from(_NUMBERS), st.sampled_from(["cost", "duration_seconds"]), _filters)
)
_exact = _counts | st.builds(Measure, st.just(Aggregate.SUM), st.just("cost"))


def _aggregations(dimensions: tuple[Dimension, ...]) -> st.SearchStrategy[Aggregation]:
    by = _exact | st.sampled_from(range(len(dimensions))) if dimensions else _exact
    compared = st.sampled_from([Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE])
    return st.builds(
        Aggregation,
        where=_filters,
        dimensions=st.just(dimensions),
        measures=st.lists(_measures, max_size=3).map(tuple),
        having=st.lists(st.builds(Having, _counts, compared, st.sampled_from([1.0, 2.0, 4.0])), max_size=1).map(tuple),
        order=st.lists(st.builds(GroupOrder, by, st.booleans()), max_size=2).map(tuple),
        limit=st.just(1000),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=40)
@given(asked=_dimensions.flatmap(_aggregations))
async def test_groups_are_those_that_plain_python_finds(filled: World, asked: Aggregation) -> None:
    found = await filled.groups.groups(asked)
    expected = await filled.expected(asked)
    assert [group.keys for group in found.groups] == [group.keys for group in expected]
    for told, known in zip(found.groups, expected, strict=True):
        assert _numbers(told) == pytest.approx(_numbers(known), nan_ok=True)


def _numbers(group: Group) -> list[float]:
    return [float("nan") if value is None else float(value) for value in group.values]


COSTS: Final = Aggregation(
    dimensions=(Dimension("assistant_id"),),
    measures=(Measure(Aggregate.COUNT), Measure(Aggregate.SUM, "cost")),
    limit=10,
)


async def _told(world: World, state: int | None = None) -> dict[Any, tuple[Any, ...]]:
    found = await world.groups.groups(COSTS, state=state)
    return {group.keys[0]: group.values for group in found.groups}


async def test_what_has_changed_by_the_time_of_asking_counts(world: World) -> None:
    """New, changed and deleted calls, without anybody having to wait."""
    await world.apply(*(snapshot(document(number, assistantId="sales", cost=1), read=1) for number in range(3)))
    assert await _told(world) == {"sales": (3, 3)}
    await world.apply(
        snapshot(document(0, assistantId="support", cost=2, updated=2), read=2),
        snapshot(document(7, assistantId="sales", cost=0.5), read=2),
        absence(1, noticed=2),
    )
    assert await _told(world) == {"sales": (2, 1.5), "support": (1, 2)}


async def test_a_state_that_was_told_can_be_asked_for_until_it_is_let_go_of(world: World) -> None:
    """So a dashboard of several questions adds up; a quarter of an hour later nobody can ask for it any more."""
    await world.apply(*(snapshot(document(number, assistantId="sales", cost=1), read=1) for number in range(3)))
    first = (await world.groups.groups(COSTS)).state
    await world.apply(snapshot(document(0, assistantId="support", cost=2, updated=2), read=2))
    assert await _told(world) == {"sales": (2, 2), "support": (1, 2)}
    assert await _told(world, state=first) == {"sales": (3, 3)}
    world.now += HELD
    await world.apply(snapshot(document(0, assistantId="support", cost=3, updated=3), read=3))
    await _told(world)
    world.now += HELD
    await world.apply(snapshot(document(0, assistantId="support", cost=4, updated=4), read=4))
    await _told(world)
    with pytest.raises(BadUserInput, match="asOf"):
        await _told(world, state=first)


@pytest.mark.parametrize("state", [-1, 10**6])
async def test_a_state_that_nobody_was_told_is_refused(filled: World, state: int) -> None:
    with pytest.raises(BadUserInput, match="asOf"):
        await _told(filled, state=state)


async def test_of_a_forgotten_customer_no_version_is_left(world: World) -> None:
    """Not even for those who ask for a state in which there was one."""
    await world.apply(snapshot(document(1, assistantId="sales", cost=1), read=1))
    first = (await world.groups.groups(COSTS)).state
    await world.apply(erasure(1))
    assert await _told(world) == {}
    assert await _told(world, state=first) == {}


async def test_of_what_is_gone_no_byte_is_left_in_files(world: World) -> None:
    """DuckDB frees blocks without overwriting them; whoever reads meanwhile reads on."""
    canary = "Canary Islands Incorporated " * 20
    kept = [snapshot(document(number, assistantId="sales", cost=1), read=1) for number in range(2, 40)]
    await world.apply(snapshot(document(1, assistantId="sales", name=canary, cost=1), read=1), *kept)
    state = (await world.groups.groups(COSTS)).state
    await world.copy.close()
    world.reopen()
    assert any(canary[:28].encode() in file.read_bytes() for file in world.folder.iterdir())
    await world.apply(erasure(1))
    assert await _told(world) == {"sales": (38, 38)}
    async with world.copy.connected() as session:
        await world.copy.purge()
        assert await session.ask(lambda _, connection: connection.execute("SELECT count(*) FROM calls").fetchall()) == [
            (38,)
        ]
    assert await _told(world) == await _told(world, state=state) == {"sales": (38, 38)}
    await world.copy.close()
    world.reopen()
    assert not any(b"Canary" in file.read_bytes() for file in world.folder.iterdir())
    assert await _told(world) == {"sales": (38, 38)}


async def test_what_an_earlier_process_has_left_goes_where_nobody_has_asked_yet(world: World) -> None:
    await world.apply(snapshot(document(1, assistantId="sales", cost=1), read=1))
    await _told(world)
    await world.copy.close()
    world.reopen()
    await world.copy.purge()
    assert list(world.folder.iterdir()) == []
    assert await _told(world) == {"sales": (1, 1)}


def _restore(connection: Connection) -> None:
    """As from a backup of the first moment."""
    for table in ("documents", "costs"):
        connection.execute(text(f"DELETE FROM {table} WHERE mirror_number > 1"))  # noqa: S608  # names of ours
    connection.execute(text("DELETE FROM calls WHERE mirror_number > 1"))
    connection.execute(text("UPDATE calls SET mirror_change = 1"))
    connection.execute(text("UPDATE sequence SET last = 1"))


async def test_the_copy_of_a_mirror_that_was_restored_is_made_anew(world: World) -> None:
    """Its changes have lower numbers than the copy has seen."""
    await world.apply(*(snapshot(document(number, assistantId="sales", cost=1), read=1) for number in range(3)))
    assert await _told(world) == {"sales": (3, 3)}
    await world.store._database.write(_restore)
    assert await _told(world) == {"sales": (1, 1)}


async def test_a_copy_that_is_damaged_or_of_other_attributes_is_made_anew(world: World) -> None:
    """It is never the only home of anything."""
    await world.apply(snapshot(document(1, assistantId="sales", cost=1), read=1))
    world.folder.mkdir()
    (world.folder / "columnar-000001.duckdb").write_bytes(b"this is no database" * 1000)
    assert await _told(world) == {"sales": (1, 1)}


async def test_a_copy_is_used_again_after_a_restart(world: World) -> None:
    await world.apply(snapshot(document(1, assistantId="sales", cost=1), read=1))
    copy = world.opened()
    state = copy.follow(NOON)
    copy.close()
    again = world.opened()
    assert again.state == state > 0
    again.close()


async def test_more_groups_than_were_asked_for_are_told_of(filled: World) -> None:
    found = await filled.groups.groups(dataclasses.replace(COSTS, limit=1))
    assert (len(found.groups), found.has_more) == (1, True)


async def test_numbers_that_sqlite_sees_late_are_numbers(world: World) -> None:
    """A column without a value in all the rows that come first is still of its type."""
    await world.apply(*(snapshot(document(number), read=1) for number in range(20)))
    await world.apply(snapshot(document(30, name="Ann", cost=0.25, tags=["vip"]), read=1))
    named = Condition("name", Comparator.EQ, "Ann")
    found = await world.groups.groups(dataclasses.replace(COSTS, where=named))
    assert [group.values for group in found.groups] == [(1, 0.25)]
