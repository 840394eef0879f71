"""The flat tables hold what the mirror holds, whatever is asked of them, over either database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate, holds
from gateway.domain.ordering import Direction, Nulls, Order, Ordering, Position, in_order, position
from gateway.domain.tabular import CALLS, COSTS, CUSTOMERS, MESSAGES, STRUCTURED_OUTPUTS
from gateway.errors import BadUserInput
from gateway.ports import TableQuery
from tests.contracts.calls import absence, call_id, document, erasure, snapshot
from tests.contracts.columnar import FLAT, World
from tests.contracts.listed import orderings, predicates
from tests.contracts.test_pages import ATTRIBUTES, ROWS

pytestmark = pytest.mark.anyio

CHEAP: Final = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=15
)
FILTERS: Final = st.just(EVERYTHING) | predicates(ROWS, ATTRIBUTES)
COSTS_OF_A_CALL: Final = [
    {"type": "model", "model": {"model": "gpt"}, "cost": 0.25, "promptTokens": 10},
    {"type": "vapi", "subType": "normal", "cost": 0.05, "minutes": 1.5},
]
SPOKEN: Final = {
    "messages": [{"role": "bot", "message": "Hello?"}, {"role": "user", "message": "Hi, Ann.", "secondsFromStart": 2}],
    "structuredOutputs": {"o-1": {"name": "booked", "result": True}, "o-2": {"name": "slots", "result": [1, "two"]}},
}


def plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def told(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in row.items()} for row in rows]


async def of_mirror(world: World, predicate: Predicate) -> list[dict[str, Any]]:
    """What the reference has of the calls, in the order of their creation."""
    found = [row for row, words in world.reference.listed() if holds(predicate, row, words)]
    names = tuple(FLAT[CALLS].columns)
    return [{name: row[name] for name in names} for row in sorted(found, key=lambda r: (r["created_at"], r["id"]))]


@CHEAP
@given(calls=FILTERS)
async def test_calls_are_those_of_the_mirror(filled: World, calls: Predicate) -> None:
    columns = tuple(FLAT[CALLS].columns)
    assert told(await filled.rows(TableQuery(table=CALLS, columns=columns, calls=calls))) == await of_mirror(
        filled, calls
    )


@CHEAP
@given(within=FILTERS)
async def test_customers_are_those_of_these_calls(filled: World, within: Predicate) -> None:
    columns = tuple(FLAT[CUSTOMERS].columns)
    found = {row["customer_key"]: row for row in told(await filled.rows(_customers(columns, calls=within)))}
    expected = filled.reference.all_customers(within)
    assert found == {key: {name: row[name] for name in columns} for key, row in expected.items()}


def _customers(columns: tuple[str, ...], **asked: Any) -> TableQuery:
    return TableQuery(table=CUSTOMERS, columns=columns, **asked)


@CHEAP
@given(predicate=FILTERS, ordering=orderings([a for a in ATTRIBUTES if a != "customer_tags"]), limit=st.integers(1, 9))
async def test_pages_are_the_whole_in_its_order(
    filled: World, predicate: Predicate, ordering: Ordering, limit: int
) -> None:
    """Each begins behind the last row of the one before."""
    names = tuple(dict.fromkeys(("id", *(order.attribute for order in ordering))))
    found: list[Position] = []
    after: Position | None = None
    while True:
        query = TableQuery(table=CALLS, columns=names, where=predicate, ordering=ordering, limit=limit, after=after)
        page = [position(row, row["id"], ordering) for row in told(await filled.rows(query))]
        found += page
        if len(page) < limit:
            break
        after = page[-1]
    rows = await of_mirror(filled, predicate)
    by_id = tuple(ordering) or ()
    assert [p.id for p in found] == [p.id for p in in_order((position(r, r["id"], by_id) for r in rows), by_id)]


async def test_every_cost_is_a_row_of_its_call(world: World) -> None:
    await world.apply(snapshot(document(1, costs=COSTS_OF_A_CALL), read=1), snapshot(document(2), read=1))
    columns = ("call_id", "position", "type", "cost", "prompt_tokens", "minutes")
    assert await world.rows(TableQuery(table=COSTS, columns=columns)) == [
        dict(zip(columns, (call_id(1), 0, "model", 0.25, 10, None), strict=True)),
        dict(zip(columns, (call_id(1), 1, "vapi", 0.05, None, 1.5), strict=True)),
    ]
    await world.apply(snapshot(document(1, updated=2, costs=COSTS_OF_A_CALL[1:]), read=2))
    assert [row["type"] for row in await world.rows(TableQuery(table=COSTS, columns=columns))] == ["vapi"]
    assert await world.rows(TableQuery(table=COSTS, columns=columns, calls=Condition("id", Comparator.EQ, "x"))) == []


async def test_messages_and_structured_outputs_are_read_from_documents(world: World) -> None:
    await world.apply(snapshot(document(1, artifact=SPOKEN), read=1), snapshot(document(2), read=1))
    messages = TableQuery(table=MESSAGES, columns=("call_id", "position", "role", "message", "seconds_from_start"))
    assert [tuple(row.values()) for row in await world.rows(messages)] == [
        (call_id(1), 0, "bot", "Hello?", None),
        (call_id(1), 1, "user", "Hi, Ann.", 2.0),
    ]
    outputs = TableQuery(table=STRUCTURED_OUTPUTS, columns=("id", "name", "result"))
    assert [tuple(row.values()) for row in await world.rows(outputs)] == [
        ("o-1", "booked", "true"),
        ("o-2", "slots", '[1,"two"]'),
    ]
    of_user = TableQuery(table=MESSAGES, columns=("message",), where=Condition("role", Comparator.EQ, "user"))
    assert await world.rows(of_user) == [{"message": "Hi, Ann."}]


@pytest.mark.parametrize("table", [CALLS, COSTS, MESSAGES, STRUCTURED_OUTPUTS])
async def test_since_a_change_there_is_what_changed_and_what_is_gone(world: World, table: str) -> None:
    """Whoever puts it in the place of all rows of the same key has what there is now."""
    key = FLAT[table].key[0]
    whole = [document(number, costs=COSTS_OF_A_CALL, artifact=SPOKEN) for number in range(4)]
    await world.apply(*(snapshot(of, read=1) for of in whole))
    async with world.tables.scan(TableQuery(table=table, columns=(key,))) as scan:
        since = scan.state
    left = [document(0, updated=2, name="new"), document(9)]
    await world.apply(*(snapshot(of, read=2) for of in left), absence(1, noticed=2), erasure(2))
    found = await world.rows(TableQuery(table=table, columns=(key,), since=since))
    gone = {row[key] for row in found if row["deleted"]}
    there = {row[key] for row in found if not row["deleted"]}
    if table == CALLS:
        assert (there, gone) == ({call_id(0), call_id(9)}, {call_id(1), call_id(2)})
    else:  # a call without rows any more is told as gone, too
        assert (there, gone) == (set(), {call_id(number) for number in (0, 1, 2, 9)})
    assert all(row["change"] > since for row in found)


@pytest.mark.parametrize("table", [CALLS, COSTS, MESSAGES, STRUCTURED_OUTPUTS])
async def test_what_is_no_longer_asked_for_counts_as_gone(world: World, table: str) -> None:
    key = FLAT[table].key[0]
    made = document(1, assistantId="sales", costs=COSTS_OF_A_CALL, artifact=SPOKEN)
    await world.apply(snapshot(made, read=1))
    sales = Condition("assistant_id", Comparator.EQ, "sales")
    async with world.tables.scan(TableQuery(table=table, columns=(key,), calls=sales)) as scan:
        since = scan.state
    await world.apply(snapshot({**made, **document(1, assistantId="support", updated=2)}, read=2))
    found = await world.rows(TableQuery(table=table, columns=(key,), calls=sales, since=since))
    assert [(row[key], row["deleted"]) for row in found] == [(call_id(1), True)]


async def test_customers_change_with_their_calls(world: World) -> None:
    """The one whose call has become another's, and the one who is no more, too."""
    of = [document(number, customerId=f"c{number}", cost=1) for number in range(3)]
    await world.apply(*(snapshot(each, read=1) for each in of))
    columns = ("customer_key", "customer_call_count")
    async with world.tables.scan(_customers(columns)) as scan:
        since = scan.state
    await world.apply(snapshot(document(0, updated=2, customerId="c1"), read=2))
    found = await world.rows(_customers(columns, since=since))
    assert {row["customer_key"]: (row["customer_call_count"], row["deleted"]) for row in found} == {
        "id:c1": (2, False),
        "id:c0": (None, True),
    }


@pytest.mark.parametrize("table", [CALLS, COSTS, CUSTOMERS])
async def test_changes_since_a_number_that_was_never_told_are_refused(filled: World, table: str) -> None:
    with pytest.raises(BadUserInput, match="since"):
        await filled.rows(TableQuery(table=table, columns=FLAT[table].key, since=10**6))


async def test_customers_that_were_gone_before_the_copy_was_made_have_to_be_loaded_again(filled: World) -> None:
    with pytest.raises(BadUserInput, match="load all of them again"):
        await filled.rows(_customers(("customer_key",), since=0))


async def test_a_scan_is_of_one_state_whatever_changes_meanwhile(world: World) -> None:
    await world.apply(*(snapshot(document(number, name="old"), read=1) for number in range(3)))
    query = TableQuery(table=CALLS, columns=("id", "name"))
    async with world.tables.scan(query) as scan:
        await world.apply(*(snapshot(document(number, updated=2, name="new"), read=2) for number in range(3)))
        assert [row["name"] for row in await world.rows(query)] == ["new"] * 3
        assert [row["name"] async for batch in scan.batches() for row in batch.to_pylist()] == ["old"] * 3
        assert await scan.count() == 3


async def test_what_is_masked_or_withheld_is_told_as_that(world: World) -> None:
    await world.apply(snapshot(document(1, customerId="c-7", cost=1.5, name="Ann Example"), read=1))
    query = TableQuery(
        table=CALLS,
        columns=("customer_id", "cost", "name"),
        masked=frozenset({"name", "customer_id"}),
        withheld=frozenset({"cost"}),
    )
    assert await world.rows(query) == [{"customer_id": "c•••", "cost": None, "name": "A•••"}]


async def test_an_empty_table_has_a_batch_with_its_columns(world: World) -> None:
    for table, flat in FLAT.items():
        async with world.tables.scan(TableQuery(table=table, columns=tuple(flat.columns))) as scan:
            batches = [batch async for batch in scan.batches()]
            assert await scan.count() == 0
        assert [batch.num_rows for batch in batches] == [0] * len(batches)
        assert batches[0].schema.names == list(flat.columns)


async def test_costs_are_in_the_order_that_is_asked_for(world: World) -> None:
    await world.apply(*(snapshot(document(n, created=n, costs=COSTS_OF_A_CALL), read=1) for n in range(3)))
    by_cost = (Order("cost", Direction.DESC, Nulls.LAST),)
    columns = ("call_id", "position", "cost")
    query = TableQuery(table=COSTS, columns=columns, ordering=by_cost, limit=2, offset=2)
    assert [row["cost"] for row in await world.rows(query)] == [0.25, 0.05]
