"""Sums out of calls: the same numbers as those that are kept by difference."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Double, literal, select

from gateway.domain.filters import EVERYTHING, Comparator, Condition
from gateway.store import contributions, sums
from tests.contracts.calls import document, snapshot
from tests.store.mirrors import Mirror, mirror_at

pytestmark = pytest.mark.anyio

UNITS = (10**9, 10**3)
HALVES = st.integers(-(10**15), 10**15).map(lambda half: half / 2)
NUMBERS = st.none() | st.floats(allow_nan=False) | st.floats(-2e6, 2e6) | HALVES | HALVES.map(lambda x: x / 1000)


@pytest.fixture
async def mirror(database_url: str) -> AsyncIterator[Mirror]:
    async with mirror_at(database_url) as made:
        yield made


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(values=st.lists(NUMBERS, min_size=1, max_size=50))
@example(values=[0.5e-9, 1.5e-9, 2.5e-9, -0.5e-9, 0.0005, 0.0015, 0.0025, -0.0025])
@example(values=[1e6, math.nextafter(1e6, 2e6), 1e12, math.nextafter(1e12, 2e12), 1e300, None])
async def test_a_number_becomes_as_many_units_as_where_figures_are_kept(
    mirror: Mirror, values: list[float | None]
) -> None:
    asked = [sums.whole(literal(value, Double()), units) for value in values for units in UNITS]
    async with mirror.database.reading() as connection:
        found = (await connection.execute(select(*asked))).one()
    assert list(found) == [contributions.whole(value, units) for value in values for units in UNITS]


async def test_calls_with_odd_numbers_come_to_what_is_kept_of_them(mirror: Mirror) -> None:
    costs = (1e300, -0.25, 0.1, 0.2, 2.5e-9, 999_999.999999999, None)
    told = [document(n, customerId="a", **({} if cost is None else {"cost": cost})) for n, cost in enumerate(costs)]
    await mirror.apply(*(snapshot(each, read=1) for each in told))
    ended = Condition("status", Comparator.EQ, "ended")
    kept = await mirror.customers.customers(["id:a"], within=EVERYTHING)
    assert kept["id:a"]["customer_call_count"] == len(costs)
    assert await mirror.customers.customers(["id:a"], within=ended) == kept
