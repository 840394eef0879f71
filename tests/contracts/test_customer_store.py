"""What every store of customers must do: the reference in memory, SQLite, PostgreSQL."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Not, Predicate, Search, holds
from gateway.domain.ordering import Direction, Order, Ordering, Position, in_order, position, reverse
from gateway.ports import Batch, CustomerStore, PageQuery
from tests.contracts.calls import CATALOG, at, document, project, snapshot, wire
from tests.contracts.conftest import Mirror
from tests.contracts.listed import observations, orderings, predicates
from tests.contracts.memory_store import MemoryStore

pytestmark = pytest.mark.anyio

OBSERVED = observations()
ATTRIBUTES = (
    *("customer_key", "customer_id", "customer_name", "customer_plan", "customer_tags", "customer_first_seen_at"),
    *("customer_last_call_at", "customer_call_count", "customer_total_cost", "customer_total_duration_seconds"),
)
OF_CALLS = (
    *("customer_key", "customer_key_trust", "assistant_id", "type", "created_at", "ended_reason", "cost"),
    *("customer_name", "customer_plan", "customer_tags"),
)
BY_COST: Ordering = (Order("customer_total_cost", Direction.DESC),)


def _observed() -> MemoryStore:
    """The reference, with the calls that all are asked about."""
    oracle = MemoryStore(project, CATALOG)
    asyncio.run(oracle.apply(Batch(observations=OBSERVED)))
    return oracle


ORACLE = _observed()
ROWS = ORACLE.all_customers()
"""All customers; what is asked for is made of their values, which must be known before the first test runs."""
CALLS = [held.values for held in asyncio.run(ORACLE.read([each.call_id for each in OBSERVED])).values()]
KEYS = (*ROWS, "call:1", "nobody", "", "\0")
ASSISTANTS = ("sales", "support", "", "*", "nobody's")


def _is(attribute: str, value: Any) -> Condition:
    return Condition(attribute, Comparator.EQ, value)


def _in(attribute: str, *values: Any) -> Condition:
    return Condition(attribute, Comparator.IN, values)


NO_ASSISTANT: Final = Condition("assistant_id", Comparator.IS_NULL, value=True)
TWO = tuple(ROWS)[:2]
SIGHTS: Final[Mapping[str, Predicate]] = {
    "all calls": EVERYTHING,
    "calls with an assistant": _is("assistant_id", "sales"),
    "calls with an assistant, as a principal is bound": AllOf((_in("assistant_id", "sales"),)),
    "calls with an assistant that is not there": _is("assistant_id", "nobody's"),
    "calls with several assistants": _in("assistant_id", "sales", "support"),
    "calls without an assistant": NO_ASSISTANT,
    "calls with no assistant at all": _in("assistant_id"),
    "calls with an assistant of a name that figures are kept under": _in("assistant_id", "*", ""),
    "calls with assistants that exclude each other": AllOf((_is("assistant_id", "a"), _is("assistant_id", "sales"))),
    "calls of some customers": _in("customer_key", *TWO, "nobody"),
    "calls of no customer at all": _in("customer_key"),
    "calls of more customers than one counts": _in("customer_key", *TWO, *map(str, range(600))),
    "calls of some customers with an assistant": AllOf((_in("customer_key", *TWO), _is("assistant_id", "sales"))),
    "calls of some customers with assistants": AllOf(
        (_in("customer_key", *TWO), AllOf((_in("assistant_id", "sales", "support"), EVERYTHING)))
    ),
    "calls of some customers of which a server said so": AllOf(
        (_in("customer_key", *TWO), _is("customer_key_trust", "server"))
    ),
    "calls of anybody else": Not(_in("customer_key", *TWO)),
    "calls in which something was said": Search(("refund",)),
    "calls in which something was said, with an assistant": AllOf((Search(("refund",)), _is("assistant_id", "sales"))),
}


def sights() -> st.SearchStrategy[Predicate]:
    """Any condition on calls; half of them are such as principals are bound by."""
    keys = st.lists(st.sampled_from(KEYS), max_size=4).map(lambda values: _in("customer_key", *values))
    assistants = st.lists(st.sampled_from(ASSISTANTS), max_size=3).map(lambda values: _in("assistant_id", *values))
    trust = st.just(_is("customer_key_trust", "server"))
    bound = st.lists(keys | assistants | trust, max_size=3).map(tuple).map(AllOf)
    return bound | predicates(CALLS, OF_CALLS)


@pytest.fixture
async def customers(mirror: Mirror) -> CustomerStore:
    await mirror.calls.apply(Batch(observations=OBSERVED))
    return mirror.customers


async def _walk(
    customers: CustomerStore, limit: int, within: Predicate, after: Position | None = None, **query: Any
) -> list[Position]:
    found: list[Position] = []
    while page := await customers.customer_page(PageQuery(limit=limit, after=after, **query), within=within):
        found += page
        after = found[-1]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(
    within=st.just(EVERYTHING) | sights(),
    predicate=st.just(EVERYTHING) | predicates(ROWS.values(), ATTRIBUTES),
    ordering=orderings(ATTRIBUTES[:4] + ATTRIBUTES[5:]),
    limit=st.integers(1, 4),
)
async def test_a_list_reads_the_same_forwards_and_backwards_and_counts_as_many(
    customers: CustomerStore, within: Predicate, predicate: Predicate, ordering: Ordering, limit: int
) -> None:
    rows = ORACLE.all_customers(within)
    assert await customers.customers(KEYS, within=within) == rows
    chosen = (position(row, key, ordering) for key, row in rows.items() if holds(predicate, row))
    expected = list(in_order(chosen, ordering))
    assert await _walk(customers, limit, within, predicate=predicate, ordering=ordering) == expected
    assert await customers.customer_count(predicate, within=within) == len(expected)
    if expected:
        back = await _walk(customers, limit, within, expected[-1], predicate=predicate, ordering=reverse(ordering))
        assert back == expected[:-1][::-1]


async def test_customers_are_told_with_attributes_and_figures_of_the_calls_that_somebody_sees(
    customers: CustomerStore,
) -> None:
    by_name = PageQuery(ordering=(Order("customer_name"),), limit=100)
    for sight, within in SIGHTS.items():
        rows = ORACLE.all_customers(within)
        assert await customers.customers(KEYS, within=within) == rows, sight
        assert await customers.customer_count(EVERYTHING, within=within) == len(rows), sight
        named = [(found.id, *found.values) for found in await customers.customer_page(by_name, within=within)]
        assert sorted(named) == sorted((key, row["customer_name"]) for key, row in rows.items()), sight


async def test_who_has_no_call_that_somebody_sees_is_not_there(mirror: Mirror) -> None:
    called = document(1, customerId="a", assistantId="sales", cost=0.25)
    await mirror.calls.apply(Batch(observations=(snapshot(called, read=1),)))
    query, sales, support = PageQuery(ordering=BY_COST, limit=10), _is("assistant_id", "sales"), _is("type", "webCall")
    assert [p.values for p in await mirror.customers.customer_page(query, within=sales)] == [(0.25,)]
    assert await mirror.customers.customer_page(query, within=support) == []
    assert await mirror.customers.customer_count(EVERYTHING, within=support) == 0


@pytest.mark.parametrize(
    "within", [_is("assistant_id", "sales"), _in("assistant_id", "sales", "b"), _is("ended_reason", "n")]
)
async def test_nothing_of_a_customer_comes_out_of_a_call_that_somebody_does_not_see(
    mirror: Mirror, within: Predicate
) -> None:
    seen: dict[str, Any] = {"assistantId": "sales", "endedReason": "n", "customerId": "a"}
    told = (
        document(1, created=1, cost=1, customerName="Ada", plan="free", **seen),
        document(2, created=2, cost=2, customerName="Grace", **seen),
        document(3, created=3, cost=4, customerId="a", customerName="Secret", plan="pro", tags=["vip"]),
        document(4, created=0, cost=8, customerId="a", assistantId="support", startedAt=wire(0), endedAt=wire(1)),
    )
    await mirror.calls.apply(Batch(observations=tuple(snapshot(each, read=9) for each in told)))
    (row,) = (await mirror.customers.customers(["id:a"], within=within)).values()
    assert {name: value for name, value in row.items() if value is not None} == {
        "customer_key": "id:a",
        "customer_id": "a",
        "customer_name": "Grace",
        "customer_plan": "free",
        "customer_first_seen_at": at(1),
        "customer_last_call_at": at(2),
        "customer_call_count": 2,
        "customer_total_cost": 3.0,
        "customer_total_duration_seconds": 0.0,
    }
    for guessed in (_is("customer_name", "Secret"), Condition("customer_total_cost", Comparator.GT, 3.0)):
        assert await mirror.customers.customer_count(guessed, within=within) == 0


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
