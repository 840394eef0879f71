"""What every store of customers must do: the reference in memory, SQLite, PostgreSQL."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate, Search, holds
from gateway.domain.ordering import Direction, Order, Ordering, Position, in_order, position, reverse
from gateway.ports import Batch, CustomerStore, PageQuery
from tests.contracts.calls import CATALOG, at, document, project, snapshot
from tests.contracts.conftest import Mirror
from tests.contracts.listed import observations, orderings, predicates
from tests.contracts.memory_store import MemoryStore

pytestmark = pytest.mark.anyio

OBSERVED = observations()
ATTRIBUTES = (
    *("customer_key", "customer_id", "customer_name", "customer_plan", "customer_first_seen_at"),
    *("customer_last_call_at", "customer_call_count", "customer_total_cost", "customer_total_duration_seconds"),
)
ASSISTANTS = (None, "sales", "support", "", "nobody's")
BY_COST: Ordering = (Order("customer_total_cost", Direction.DESC),)


async def _rows(assistant_id: str | None) -> Mapping[str, Mapping[str, Any]]:
    """All customers, as the reference has them."""
    oracle = MemoryStore(project, CATALOG)
    await oracle.apply(Batch(observations=OBSERVED))
    query = PageQuery(ordering=BY_COST, limit=100)
    keys = [found.id for found in await oracle.customer_page(query, assistant_id=assistant_id)]
    return await oracle.customers(keys, assistant_id=assistant_id)


ROWS = asyncio.run(_rows(None))
"""All customers; what is asked for is made of their values, which must be known before the first test runs."""


@pytest.fixture
async def customers(mirror: Mirror) -> CustomerStore:
    await mirror.calls.apply(Batch(observations=OBSERVED))
    return mirror.customers


async def _walk(
    customers: CustomerStore, limit: int, assistant_id: str | None, after: Position | None = None, **query: Any
) -> list[Position]:
    found: list[Position] = []
    while page := await customers.customer_page(
        PageQuery(limit=limit, after=after, **query), assistant_id=assistant_id
    ):
        found += page
        after = found[-1]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(
    assistant_id=st.sampled_from(ASSISTANTS),
    predicate=st.just(EVERYTHING) | predicates(ROWS.values(), ATTRIBUTES),
    ordering=orderings(ATTRIBUTES),
    limit=st.integers(1, 4),
)
async def test_a_list_reads_the_same_forwards_and_backwards_and_counts_as_many(
    customers: CustomerStore, assistant_id: str | None, predicate: Predicate, ordering: Ordering, limit: int
) -> None:
    rows = await _rows(assistant_id)
    chosen = (position(row, key, ordering) for key, row in rows.items() if holds(predicate, row))
    expected = list(in_order(chosen, ordering))
    assert await _walk(customers, limit, assistant_id, predicate=predicate, ordering=ordering) == expected
    assert await customers.customer_count(predicate, assistant_id=assistant_id) == len(expected)
    if expected:
        back = await _walk(
            customers, limit, assistant_id, expected[-1], predicate=predicate, ordering=reverse(ordering)
        )
        assert back == expected[:-1][::-1]


@pytest.mark.parametrize("assistant_id", ASSISTANTS)
async def test_customers_are_told_with_their_attributes_and_figures(
    customers: CustomerStore, assistant_id: str | None
) -> None:
    assert await customers.customers(list(ROWS), assistant_id=assistant_id) == await _rows(assistant_id)


async def test_who_never_called_an_assistant_is_not_there_for_it(mirror: Mirror) -> None:
    called = document(1, customerId="a", assistantId="sales", cost=0.25)
    await mirror.calls.apply(Batch(observations=(snapshot(called, read=1),)))
    query = PageQuery(ordering=BY_COST, limit=10)
    assert [p.values for p in await mirror.customers.customer_page(query, assistant_id="sales")] == [(0.25,)]
    assert await mirror.customers.customer_page(query, assistant_id="support") == []
    assert await mirror.customers.customer_count(EVERYTHING, assistant_id="support") == 0


async def test_keys_of_nobody_lead_to_nobody(mirror: Mirror) -> None:
    assert await mirror.customers.customers([]) == {}
    assert await mirror.customers.customers(["nobody", "\0", "half \ud800"]) == {}


async def test_words_are_found_in_calls_and_not_in_customers(customers: CustomerStore) -> None:
    assert await customers.customer_count(Search(("refund",))) == 0


@pytest.mark.parametrize("nudge", [-1, 0, 1])
async def test_a_bound_on_money_is_exact_to_the_last_bit(mirror: Mirror, nudge: int) -> None:
    costs = (0.1, 0.2, 0.7)
    called = tuple(snapshot(document(n, customerId="a", cost=cost), read=1) for n, cost in enumerate(costs))
    await mirror.calls.apply(Batch(observations=called))
    (row,) = (await mirror.customers.customers(list(await _keys(mirror)))).values()
    assert row["customer_total_cost"] == 1.0
    assert row["customer_first_seen_at"] == at(0)
    bound = math.nextafter(1.0, nudge * math.inf) if nudge else 1.0
    for comparator, compare in (
        (Comparator.GT, float.__gt__),
        (Comparator.LTE, float.__le__),
        (Comparator.EQ, float.__eq__),
    ):
        found = await mirror.customers.customer_count(Condition("customer_total_cost", comparator, bound))
        assert found == compare(1.0, bound)


async def _keys(mirror: Mirror) -> list[str]:
    return [p.id for p in await mirror.customers.customer_page(PageQuery(ordering=BY_COST, limit=100))]
