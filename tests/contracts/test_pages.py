"""What every mirror's lists of calls must do, whatever is asked: the reference in memory, SQLite, PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.filters import EVERYTHING, Predicate
from gateway.domain.ordering import Ordering, Position, in_order, position, reverse
from gateway.ports import Batch, CallStore, PageQuery
from tests.contracts.calls import CATALOG, project
from tests.contracts.conftest import Mirror
from tests.contracts.listed import observations, orderings, predicates
from tests.contracts.memory_store import MemoryStore

pytestmark = pytest.mark.anyio

OBSERVED = observations()
ROWS = [observed.projection.values for observed in OBSERVED if hasattr(observed, "projection")]
ATTRIBUTES = (
    *("created_at", "assistant_id", "ended_reason", "cost", "duration_seconds"),
    *("customer_key", "customer_name", "customer_plan", "status"),
)


@pytest.fixture
async def calls(mirror: Mirror) -> CallStore:
    await mirror.calls.apply(Batch(observations=OBSERVED))
    return mirror.calls


async def _expected(predicate: Predicate, ordering: Ordering) -> list[Position]:
    """The whole list, as the reference has it."""
    oracle = MemoryStore(project, CATALOG)
    await oracle.apply(Batch(observations=OBSERVED))
    found = await oracle.page(PageQuery(predicate=predicate, limit=1000))
    stored = await oracle.read([place.position.id for place in found])
    return list(in_order((position(s.values, s.call_id, ordering) for s in stored.values()), ordering))


async def _walk(calls: CallStore, limit: int, after: Position | None = None, **query: Any) -> list[Position]:
    found: list[Position] = []
    while places := await calls.page(PageQuery(limit=limit, after=after, **query)):
        found += [place.position for place in places]
        after = found[-1]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(
    predicate=st.just(EVERYTHING) | predicates(ROWS, ATTRIBUTES),
    ordering=orderings(ATTRIBUTES),
    limit=st.integers(3, 9),
)
async def test_a_list_reads_the_same_forwards_and_backwards_and_counts_as_many(
    calls: CallStore, predicate: Predicate, ordering: Ordering, limit: int
) -> None:
    expected = await _expected(predicate, ordering)
    assert await _walk(calls, limit, predicate=predicate, ordering=ordering) == expected
    assert await calls.count(predicate) == len(expected)
    if expected:
        middle = expected[len(expected) // 2]
        before = await _walk(calls, limit, middle, predicate=predicate, ordering=reverse(ordering))
        assert before == expected[: len(expected) // 2][::-1]


async def test_a_place_tells_the_last_change_of_the_call_that_stands_there(calls: CallStore) -> None:
    places = await calls.page(PageQuery(limit=100))
    stored = await calls.read([place.position.id for place in places])
    assert [place.change for place in places] == [stored[place.position.id].change for place in places]
