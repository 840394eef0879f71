"""Customers: one by the key, several by theirs, or page by page."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Final

import pytest

from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Catalog
from gateway.domain.customer import Places
from gateway.domain.customers import Customer
from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate
from gateway.domain.ordering import Direction, Order, Ordering
from gateway.domain.principal import ANONYMOUS
from gateway.errors import BadUserInput
from gateway.ports import Batch
from gateway.services.customers import CustomerPage, Customers
from gateway.services.lists import ListRequest
from tests.contracts.calls import CATALOG, at, document, project, snapshot
from tests.contracts.memory_store import MemoryStore

pytestmark = pytest.mark.anyio

DEAREST: Final[Ordering] = (Order("customer_total_cost", Direction.DESC),)


async def _store(catalog: Catalog = CATALOG) -> MemoryStore:
    """Ada with two calls, Grace with one, and one call of nobody."""
    store = MemoryStore(project, catalog)
    calls = [
        document(1, created=1, customerId="ada", customerName="Ada", cost=0.5),
        document(2, created=2, customerId="ada", plan="pro", cost=0.25),
        document(3, created=3, customerId="grace", customerName="Grace", cost=1.0),
        document(4, created=4, cost=9.0),
    ]
    await store.apply(Batch(observations=tuple(snapshot(call, 10) for call in calls)))
    return store


async def _customers(catalog: Catalog = CATALOG) -> Customers:
    return Customers(store=await _store(catalog), catalog=catalog, clock=lambda: at(10), largest_page=100)


async def _page(
    customers: Customers, predicate: Predicate = EVERYTHING, ordering: Ordering = DEAREST, **stated: Any
) -> CustomerPage:
    return await customers.page(ANONYMOUS, _request(predicate, ordering, **stated))


def _request(predicate: Predicate = EVERYTHING, ordering: Ordering = DEAREST, **stated: Any) -> ListRequest:
    return ListRequest(predicate=lambda _: predicate, ordering=ordering, stated="digest", usual=20, **stated)


def _keys(page: CustomerPage) -> list[str]:
    return [edge.customer.key for edge in page.edges]


async def test_a_customer_is_what_the_newest_calls_say_and_the_figures_of_all() -> None:
    """Each attribute on its own, a team's own among them."""
    (ada,) = await (await _customers()).get(ANONYMOUS, ["id:ada"])
    assert ada == Customer(
        key="id:ada",
        customer_id="ada",
        name="Ada",
        configured={"plan": "pro"},
        first_seen_at=at(1),
        last_call_at=at(2),
        call_count=2,
        total_cost=0.75,
        total_duration_seconds=0.0,
    )


async def test_several_come_in_the_order_of_their_keys_and_nobody_is_none() -> None:
    """Asked for twice, answered twice."""
    found = await (await _customers()).get(ANONYMOUS, ["id:grace", "id:nobody", "id:ada", "id:grace"])
    assert [each and each.name for each in found] == ["Grace", None, "Ada", "Grace"]


async def test_a_key_that_is_anothers_alias_leads_to_that_customer() -> None:
    """Also by way of a third."""
    alias = {"tel~1": "id:old", "id:old": "id:ada"}
    customers = await _customers(catalogs.build({}, Places(alias=alias)))
    found = await customers.get(ANONYMOUS, ["tel~1", "id:old", "id:ada"])
    assert [each and each.key for each in found] == ["id:ada"] * 3


async def test_a_call_of_nobody_is_no_customer() -> None:
    """Whoever is known by nothing but one call is in no list and has no profile."""
    customers = await _customers()
    assert await customers.get(ANONYMOUS, [f"call:{document(4)['id']}"]) == [None]
    assert await customers.count(ANONYMOUS, _request()) == 2


async def test_a_page_and_the_next_and_back() -> None:
    """By what they cost, the dearest first."""
    customers = await _customers()
    first = await _page(customers, first=1)
    assert (_keys(first), first.has_next, first.has_previous) == (["id:grace"], True, False)
    second = await _page(customers, first=1, after=first.edges[0].cursor)
    assert (_keys(second), second.has_next, second.has_previous) == (["id:ada"], False, True)
    back = await _page(customers, last=1, before=second.edges[0].cursor)
    assert (_keys(back), back.has_next, back.has_previous) == (["id:grace"], True, False)


async def test_a_filter_by_figures() -> None:
    """Lists and counts see the same customers."""
    customers = await _customers()
    often = Condition("customer_call_count", Comparator.GTE, 2)
    page = await _page(customers, often)
    assert _keys(page) == ["id:ada"]
    assert await customers.count(ANONYMOUS, _request(often)) == 1


async def test_a_page_has_a_largest_size() -> None:
    """A size out of range is refused by name."""
    with pytest.raises(BadUserInput, match="from 1 to 100"):
        await _page(await _customers(), first=101)


async def test_a_cursor_keeps_the_moment_of_the_first_page() -> None:
    """The filter is made once more for each page, always of that moment."""
    moments = list[dt.datetime]()

    def since(now: dt.datetime) -> Predicate:
        moments.append(now)
        return EVERYTHING

    now = [at(10)]
    customers = Customers(store=await _store(), catalog=CATALOG, clock=lambda: now[0], largest_page=100)
    request = ListRequest(predicate=since, ordering=DEAREST, stated="digest", usual=1)
    page = await customers.page(ANONYMOUS, request)
    now[0] = at(99)
    await customers.page(ANONYMOUS, dataclasses.replace(request, after=page.edges[0].cursor))
    assert moments == [at(10), at(10)]
