"""What every mirror must do: the reference in memory, SQLite, PostgreSQL."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate, Search
from gateway.domain.mirrored import State
from gateway.domain.observations import Observation
from gateway.domain.ordering import Direction, Order
from gateway.ports import Batch, CallStore, Change, CustomerStore, PageQuery
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.opening import opened
from tests import databases
from tests.contracts.calls import (
    CATALOG,
    absence,
    at,
    call_id,
    document,
    erasure,
    notice,
    project,
    said,
    snapshot,
    wire,
)
from tests.contracts.memory_store import MemoryStore

pytestmark = pytest.mark.anyio


class Mirror(Protocol):
    """A store and its customers."""

    calls: CallStore
    customers: CustomerStore


class _Mirror:
    def __init__(self, calls: CallStore, customers: CustomerStore) -> None:
        self.calls, self.customers = calls, customers


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Mirror]:
    """An empty mirror of each kind."""
    if request.param == "memory":
        store = MemoryStore(project, CATALOG)
        yield _Mirror(store, store)
        return
    url = databases.sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    database = await opened(url, CATALOG)
    yield _Mirror(SqlCalls(database, CATALOG, project), SqlCustomers(database))
    await database.close()


async def apply(mirror: Mirror, *observations: Observation) -> list[tuple[str, State]]:
    """Apply as one batch; the calls that visibly changed, and what they are since."""
    return [(c.call_id, c.state) for c in await mirror.calls.apply(Batch(observations=observations))]


async def values(mirror: Mirror, number: int = 1) -> dict[str, Any]:
    """What is known of a call, without what is not."""
    held = (await mirror.calls.read([call_id(number)]))[call_id(number)]
    return {name: value for name, value in held.values.items() if value is not None}


async def ids(mirror: Mirror, **query: Any) -> list[str]:
    """The ids of a list."""
    return [place.position.id for place in await mirror.calls.page(PageQuery(limit=100, **query))]


ONE = call_id(1)


async def test_a_call_that_was_read_is_there_as_it_was_read(mirror: Mirror) -> None:
    read = document(1, status="ended", cost=0.25, customerId="c-7", tags=["a", "b"], **said("hello"))
    assert await apply(mirror, snapshot(read, 1)) == [(ONE, State.PRESENT)]
    held = (await mirror.calls.read([ONE]))[ONE]
    assert held.document == read
    assert (held.state, held.change, held.provisional) == (State.PRESENT, 1, False)
    assert held.revision is not None
    assert (held.revision.updated_at, held.revision.read_at) == (at(0), at(1))
    assert {
        "id": ONE,
        "cost": 0.25,
        "status": "ended",
        "created_at": at(0),
        "customer_key": "id:c-7",
        "customer_tags": ("a", "b"),
    }.items() <= held.values.items()
    assert set(held.values) == {attribute.flat for attribute in CATALOG.mirrored()}


async def test_of_two_readings_the_one_with_the_later_change_wins_whichever_comes_first(mirror: Mirror) -> None:
    old, new = snapshot(document(updated=1, cost=1), 9), snapshot(document(updated=2, cost=2), 3)
    await apply(mirror, new)
    assert await apply(mirror, old) == []
    assert (await values(mirror))["cost"] == 2


async def test_outputs_that_were_made_anew_count_though_the_time_of_the_change_did_not_move(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(cost=1), 1))
    assert await apply(mirror, snapshot(document(cost=2), 2)) == [(ONE, State.PRESENT)]
    assert (await values(mirror))["cost"] == 2


async def test_the_same_reading_again_is_no_change(mirror: Mirror) -> None:
    read = document(cost=1)
    await apply(mirror, snapshot(read, 1))
    assert await apply(mirror, snapshot(dict(reversed(read.items())), 5)) == []
    assert await mirror.calls.last_change() == 1
    held = (await mirror.calls.read([ONE]))[ONE]
    assert held.revision is not None
    assert held.revision.read_at == at(5)


async def test_what_a_webhook_says_lies_over_the_call_until_it_is_read(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(status="in-progress"), 1))
    assert await apply(mirror, notice(received=2, status="ended", endedReason="silence-timed-out")) == [
        (ONE, State.PRESENT)
    ]
    held = (await mirror.calls.read([ONE]))[ONE]
    assert held.provisional
    assert held.document is not None
    assert (held.document["status"], held.values["ended_reason"]) == ("ended", "silence-timed-out")
    await apply(mirror, snapshot(document(status="in-progress"), 3))
    held = (await mirror.calls.read([ONE]))[ONE]
    assert (held.provisional, held.values["status"], held.values["ended_reason"]) == (False, "in-progress", None)


async def test_a_webhook_that_came_before_the_reading_says_nothing(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(status="ended"), 3))
    assert await apply(mirror, notice(received=2, status="ringing")) == []


async def test_a_reading_older_than_the_webhook_keeps_what_that_said(mirror: Mirror) -> None:
    await apply(mirror, notice(received=5, status="ended"))
    await apply(mirror, snapshot(document(status="queued"), 3))
    assert (await values(mirror))["status"] == "ended"


async def test_a_call_of_which_only_webhooks_told_is_in_no_list(mirror: Mirror) -> None:
    assert await apply(mirror, notice(received=1, status="ringing")) == []
    assert await mirror.calls.read([ONE]) == {}
    assert await ids(mirror) == []
    assert await mirror.calls.changes(0, 10) == []


async def test_of_a_deleted_call_only_the_outline_is_left(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(cost=0.5, customerId="c-7", **said("hello")), 1))
    assert await apply(mirror, absence(noticed=2)) == [(ONE, State.DELETED)]
    held = (await mirror.calls.read([ONE]))[ONE]
    assert (held.document, held.revision) == (None, None)
    outline = {"id": ONE, "status": "ended", "created_at": at(0), "updated_at": at(0), "cost": 0.5}
    assert await values(mirror) == outline
    assert await ids(mirror) == []
    assert await mirror.calls.count(Search(("hello",))) == 0
    assert await mirror.customers.customers(["id:c-7"]) == {}


async def test_a_deletion_by_mistake_is_taken_back_by_a_later_reading(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(), 1), absence(noticed=2))
    assert await apply(mirror, snapshot(document(), 2)) == []
    assert await apply(mirror, snapshot(document(), 3)) == [(ONE, State.PRESENT)]
    assert await ids(mirror) == [ONE]


async def test_what_upstream_merely_forgot_stays(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(customerId="c-7", **said("hello")), 1))
    assert await apply(mirror, absence(noticed=2, deleted=False)) == [(ONE, State.FORGOTTEN)]
    assert await ids(mirror, predicate=Search(("hello",))) == [ONE]
    assert (await mirror.customers.customers(["id:c-7"]))["id:c-7"]["customer_call_count"] == 1


async def test_a_forgotten_call_still_takes_what_was_read_before_and_comes_late(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(updated=0, cost=1), 1), absence(noticed=5, deleted=False))
    assert await apply(mirror, snapshot(document(updated=2, cost=2), 3)) == [(ONE, State.FORGOTTEN)]
    assert (await values(mirror))["cost"] == 2


async def test_an_erased_call_stays_erased_whatever_comes(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(customerId="c-7"), 1))
    assert await apply(mirror, erasure()) == [(ONE, State.ERASED)]
    assert await apply(mirror, snapshot(document(updated=9), 9), notice(received=9, cost=2), absence(noticed=9)) == []
    assert (await mirror.calls.read([ONE]))[ONE].state is State.ERASED
    assert "customer_key" not in await values(mirror)


async def test_a_call_that_was_never_seen_can_be_gone(mirror: Mirror) -> None:
    assert await apply(mirror, absence(1, noticed=1), erasure(2)) == [(ONE, State.DELETED), (call_id(2), State.ERASED)]
    assert await apply(mirror, snapshot(document(1), 0.5), snapshot(document(2), 9)) == []


async def test_several_observations_of_one_call_in_a_batch_count_in_their_order(mirror: Mirror) -> None:
    await apply(
        mirror,
        snapshot(document(updated=1, cost=1), 1),
        notice(received=2, cost=1.5),
        snapshot(document(2), 2),
        absence(noticed=3),
    )
    assert (await values(mirror))["cost"] == 1.5
    assert await mirror.calls.changes(0, 10) == [
        Change(1, ONE, State.DELETED),
        Change(2, call_id(2), State.PRESENT),
    ]


async def test_changes_give_each_call_once_with_its_last_number(mirror: Mirror) -> None:
    await apply(mirror, *(snapshot(document(number), 1) for number in (1, 2, 3)))
    await apply(mirror, snapshot(document(1, updated=1), 2), absence(2, noticed=2))
    changes = await mirror.calls.changes(0, 10)
    assert [(c.number, c.call_id) for c in changes] == [(3, call_id(3)), (4, ONE), (5, call_id(2))]
    assert await mirror.calls.changes(3, 1) == changes[1:2]
    assert await mirror.calls.changes(5, 10) == []
    assert await mirror.calls.last_change() == 5


async def test_an_empty_batch_changes_nothing(mirror: Mirror) -> None:
    assert await apply(mirror) == []
    assert await mirror.calls.last_change() == 0


async def test_lists_are_newest_first_and_show_the_number_of_the_last_change(mirror: Mirror) -> None:
    created = {1: 5, 2: 7, 3: 5}
    await apply(mirror, *(snapshot(document(number, created=minute), 9) for number, minute in created.items()))
    assert await ids(mirror) == [call_id(2), call_id(3), call_id(1)]
    first, second, third = await mirror.calls.page(PageQuery(limit=3))
    assert [place.change for place in (first, second, third)] == [2, 3, 1]
    assert await mirror.calls.page(PageQuery(limit=3, after=first.position)) == [second, third]


async def test_lists_are_narrowed_and_ordered_by_any_attribute(mirror: Mirror) -> None:
    plans = {1: "pro", 2: "free", 3: None, 4: "pro"}
    await apply(mirror, *(snapshot(document(n, cost=n, plan=plan), 1) for n, plan in plans.items()))
    pro = Condition("customer_plan", Comparator.EQ, "pro")
    assert await ids(mirror, predicate=pro, ordering=(Order("cost", Direction.DESC),)) == [call_id(4), ONE]
    assert await mirror.calls.count(pro) == 2
    assert await mirror.calls.count(EVERYTHING) == 4


async def test_a_call_is_found_by_the_words_of_what_is_said_in_it_now(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(1, **said("Grüße aus Köln")), 1), snapshot(document(2, **said("hello")), 1))
    assert await ids(mirror, predicate=Search(("köln", "grüsse"))) == [ONE]
    await apply(mirror, snapshot(document(1, updated=1, **said("hello again")), 2))
    assert await ids(mirror, predicate=Search(("köln",))) == []
    assert await ids(mirror, predicate=Search(("hello",))) == [call_id(2), ONE]
    await apply(mirror, snapshot(document(1, updated=2), 3))
    assert await ids(mirror, predicate=Search(("hello",))) == [call_id(2)]


async def test_a_call_that_does_not_say_when_it_was_created_stands_where_its_id_says(mirror: Mirror) -> None:
    timed = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    nameless = {"id": timed, "updatedAt": "2026-03-01T12:00:00.000Z"}
    unsaid = document(1, created=0, updated=3)
    del unsaid["createdAt"]
    await apply(mirror, snapshot(nameless, 1), snapshot(unsaid, 1), snapshot({"id": call_id(2)}, 1))
    created = {place.position.id: place.position.values[0] for place in await mirror.calls.page(PageQuery(limit=9))}
    assert created == {
        timed: dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC),
        ONE: at(3),
        call_id(2): dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
    }


async def customer(mirror: Mirror, key: str = "id:c-7", within: Predicate = EVERYTHING) -> dict[str, Any]:
    """What is known of a customer."""
    found = await mirror.customers.customers([key], within=within)
    return {name.removeprefix("customer_"): value for name, value in found.get(key, {}).items() if value is not None}


async def test_a_customer_is_what_the_newest_calls_say_with_the_figures_of_all(mirror: Mirror) -> None:
    await apply(
        mirror,
        snapshot(document(1, created=1, cost=0.1, customerId="c-7", customerName="Ada", plan="free"), 9),
        snapshot(document(2, created=3, cost=0.2, customerId="c-7", plan="pro", startedAt=wire(1), endedAt=wire(2)), 9),
        snapshot(document(3, created=2, customerId="c-7", plan="trial", assistantId="a"), 9),
    )
    assert await customer(mirror) == {
        "key": "id:c-7",
        "id": "c-7",
        "name": "Ada",
        "plan": "pro",
        "first_seen_at": at(1),
        "last_call_at": at(3),
        "call_count": 3,
        "total_cost": 0.3,
        "total_duration_seconds": 60.0,
    }
    with_one = await customer(mirror, within=Condition("assistant_id", Comparator.EQ, "a"))
    assert (with_one["call_count"], with_one["total_cost"], with_one["first_seen_at"]) == (1, 0, at(2))
    assert await customer(mirror, within=Condition("assistant_id", Comparator.EQ, "b")) == {}


async def test_what_only_a_deleted_call_said_of_a_customer_is_forgotten(mirror: Mirror) -> None:
    await apply(
        mirror,
        snapshot(document(1, created=1, customerId="c-7", customerName="Ada", plan="free"), 9),
        snapshot(document(2, created=2, customerId="c-7", customerName="Grace"), 9),
        snapshot(document(3, created=3, customerId="c-7", plan="pro"), 9),
    )
    await apply(mirror, absence(3, noticed=10))
    known = await customer(mirror)
    assert (known["plan"], known["name"], known["last_call_at"]) == ("free", "Grace", at(2))
    await apply(mirror, erasure(1))
    known = await customer(mirror)
    assert (known.get("plan"), known["first_seen_at"], known["call_count"]) == (None, at(2), 1)
    await apply(mirror, absence(2, noticed=11))
    assert await customer(mirror) == {}


async def test_a_call_that_turns_out_to_be_of_another_customer_moves_there(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(1, created=1, cost=1, customerId="c-7", plan="pro"), 2))
    await apply(mirror, snapshot(document(1, created=1, cost=2, updated=1, customerId="c-8", plan="free"), 3))
    assert await customer(mirror) == {}
    moved = await customer(mirror, "id:c-8")
    assert (moved["plan"], moved["total_cost"]) == ("free", 2)


async def test_a_call_of_nobody_makes_no_customer(mirror: Mirror) -> None:
    await apply(mirror, snapshot(document(1), 1))
    assert (await values(mirror))["customer_key"] == f"call:{ONE}"
    assert await mirror.customers.customer_count(EVERYTHING) == 0


async def test_figures_do_not_depend_on_the_order_in_which_calls_come_and_go(mirror: Mirror) -> None:
    costs = [0.1, 0.2, 0.3, 1e-9, 7.275e-05]
    reads = [snapshot(document(n, created=n, cost=c, customerId="c-7"), 9) for n, c in enumerate(costs, 1)]
    await apply(mirror, *reads)
    await apply(mirror, *(absence(number, noticed=10) for number in (2, 4)))
    await apply(mirror, snapshot(document(6, created=0, cost=0.2, customerId="c-7"), 11))
    known = await customer(mirror)
    assert known["total_cost"] == 0.60007275
    assert (known["first_seen_at"], known["last_call_at"], known["call_count"]) == (at(0), at(5), 4)


async def test_customers_are_listed_by_their_figures(mirror: Mirror) -> None:
    await apply(
        mirror, *(snapshot(document(n, cost=n, customerId=f"c-{n % 2}", assistantId=f"a-{n}"), 9) for n in (1, 2, 3))
    )
    by_cost = PageQuery(limit=9, ordering=(Order("customer_total_cost", Direction.DESC),))
    assert [(at.id, *at.values) for at in await mirror.customers.customer_page(by_cost)] == [
        ("id:c-1", 4),
        ("id:c-0", 2),
    ]
    mine = await mirror.customers.customer_page(by_cost, within=Condition("assistant_id", Comparator.EQ, "a-1"))
    assert [(at.id, *at.values) for at in mine] == [("id:c-1", 1)]


async def test_odd_calls_are_kept(mirror: Mirror) -> None:
    odd = document(
        1,
        status="\x00" + "long" * 5000,
        assistantId="*",
        cost=1e300,
        name="nul \x00 inside",
        customerId="c-7",
        tags=["nul \x00"],
        count=2**70,
        **said("nul\x00nul " + " ".join(f"word{number}" for number in range(60_000))),
    )
    await apply(mirror, snapshot(odd, 1))
    held = (await mirror.calls.read([ONE]))[ONE]
    assert held.document == odd
    assert await mirror.calls.count(EVERYTHING) == 1
