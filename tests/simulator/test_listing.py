"""GET /call: order, limit, filters, refusals."""

from __future__ import annotations

import asyncio
import functools
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from gateway.simulator.app import create
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import ANCHOR, Clock, client_of

pytestmark = pytest.mark.anyio

BOUNDS = tuple(f"{field}{bound}" for field in ("createdAt", "updatedAt") for bound in ("Gt", "Lt", "Ge", "Le"))


async def test_a_list_is_newest_first(client: httpx.AsyncClient) -> None:
    rows = (await client.get("/call", params={"limit": 1000})).json()
    created = [row["createdAt"] for row in rows]
    assert len(rows) == 1000
    assert created == sorted(created, reverse=True)


async def test_a_list_has_100_rows_when_no_limit_is_given(client: httpx.AsyncClient) -> None:
    assert len((await client.get("/call")).json()) == 100


async def test_a_limit_of_0_is_an_empty_list(client: httpx.AsyncClient) -> None:
    assert (await client.get("/call", params={"limit": 0})).json() == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=1001", "limit must not be greater than 1000"),
        ("limit=-1", "limit must not be less than 0"),
        ("limit=many", "limit must be a number conforming to the specified constraints"),
        ("status=ended", "property status should not exist"),
        ("createdAtGt=yesterday", "createdAtGt must be a valid ISO 8601 date string"),
    ],
)
async def test_a_wrong_query_is_refused_by_name(client: httpx.AsyncClient, query: str, message: str) -> None:
    answer = await client.get(f"/call?{query}")
    assert answer.status_code == 400
    assert answer.json() == {"message": [message], "error": "Bad Request", "statusCode": 400}


async def test_the_same_world_at_the_same_time_is_the_same_json(clock: Clock, client: httpx.AsyncClient) -> None:
    twin = create(seed=7, calls=1200, live=2, clock=clock, anchor=ANCHOR)
    async with client_of(twin) as other:
        assert (await other.get("/call")).content == (await client.get("/call")).content


async def test_a_strict_cursor_loses_the_ties_of_a_millisecond(client: httpx.AsyncClient) -> None:
    """The hole of Vapi's paging: the page after a row of a batch skips the rest of the batch."""
    rows = (await client.get("/call", params={"limit": 1000})).json()
    tied = next(a for a, b in pairwise(rows) if a["createdAt"] == b["createdAt"])
    twins = [row["id"] for row in rows if row["createdAt"] == tied["createdAt"]]
    strict = (await client.get("/call", params={"createdAtLt": tied["createdAt"], "limit": 10})).json()
    inclusive = (await client.get("/call", params={"createdAtLe": tied["createdAt"], "limit": 200})).json()
    assert not {row["id"] for row in strict} & set(twins)
    assert [row["id"] for row in inclusive][: len(twins)] == twins


async def test_list_rows_have_no_presigned_urls(client: httpx.AsyncClient) -> None:
    rows = (await client.get("/call")).json()
    assert not any(key.startswith("presigned") for row in rows for key in row["artifact"] or {})


async def test_a_filter_by_id_gives_that_call(client: httpx.AsyncClient, simulator: Simulator) -> None:
    identifier = simulator.sample("phone")
    rows = (await client.get("/call", params={"id": identifier})).json()
    assert [row["id"] for row in rows] == [identifier]


async def test_an_unknown_assistant_has_no_calls(client: httpx.AsyncClient) -> None:
    assert (await client.get("/call", params={"assistantId": "00000000-0000-4000-8000-000000000000"})).json() == []


async def test_assistants_squads_and_phone_numbers_of_calls_resolve(simulator: Simulator) -> None:
    ours = simulator.world.organisation
    async with client_of(create(seed=7, calls=300, clock=simulator.clock, anchor=ANCHOR)) as client:
        rows = (await client.get("/call", params={"limit": 300})).json()
        for name, path in (("assistantId", "assistant"), ("squadId", "squad"), ("phoneNumberId", "phone-number")):
            found = {row.get(name) for row in rows} - {None}
            assert found
            assert {(await client.get(f"/{path}/{i}")).json()["orgId"] for i in found} == {ours.id}
            assert found <= {row["id"] for row in (await client.get(f"/{path}")).json()}


# A small world with calls of every state, and everything in it, for the comparison by brute force.
@functools.cache
def small() -> Starlette:
    return create(seed=11, calls=150, live=3, clock=lambda: ANCHOR + timedelta(minutes=4), anchor=ANCHOR)


@functools.cache
def everything() -> list[dict[str, Any]]:
    return listed({"limit": 1000})


def listed(query: dict[str, Any]) -> list[dict[str, Any]]:
    """What the small world lists; for functions that hypothesis calls, which cannot await."""

    async def ask() -> list[dict[str, Any]]:
        async with client_of(small()) as client:
            rows: list[dict[str, Any]] = (await client.get("/call", params=query)).json()
            return rows

    return asyncio.run(ask())


def queries() -> st.SearchStrategy[dict[str, Any]]:
    """Queries about values that occur, at and around the moments that occur."""
    instants = st.sampled_from([row[field] for row in everything() for field in ("createdAt", "updatedAt")])
    shifts = st.sampled_from([timedelta(), timedelta(milliseconds=1), timedelta(microseconds=-300), timedelta(hours=3)])
    moments = st.builds(lambda text, shift: datetime.fromisoformat(text) + shift, instants, shifts)
    values = {name: occurring(name) for name in ("assistantId", "phoneNumberId", "id")}
    return st.fixed_dictionaries(
        {}, optional={"limit": st.integers(0, 200), **values, **dict.fromkeys(BOUNDS, moments)}
    )


def occurring(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted({row[name] for row in everything() if row.get(name)}))


def passes(row: dict[str, Any], query: dict[str, Any]) -> bool:
    """What the parameters mean, said once more and plainly."""
    for name, value in query.items():
        if name in {"assistantId", "phoneNumberId", "id"} and row.get(name) != value:
            return False
        if name in BOUNDS:
            moment = datetime.fromisoformat(row[name[:9]])
            if not {"Gt": moment > value, "Lt": moment < value, "Ge": moment >= value, "Le": moment <= value}[name[9:]]:
                return False
    return True


@settings(max_examples=150, deadline=None)
@given(st.deferred(queries))
def test_every_filter_agrees_with_brute_force(query: dict[str, Any]) -> None:
    wanted = [row["id"] for row in everything() if passes(row, query)][: query.get("limit", 100)]
    written = {k: v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for k, v in query.items()}
    assert [row["id"] for row in listed(written)] == wanted


async def test_a_shuffled_list_by_updated_at_is_in_any_order_and_complete_when_it_is_not_full(clock: Clock) -> None:
    query = {"updatedAtGe": (ANCHOR - timedelta(days=1)).isoformat(), "limit": "1000"}
    async with client_of(create(seed=7, calls=1200, clock=clock, anchor=ANCHOR)) as client:
        ordered = [row["id"] for row in (await client.get("/call", params=query)).json()]
    async with client_of(create(seed=7, calls=1200, clock=clock, anchor=ANCHOR, shuffled=True)) as client:
        first, second = [[row["id"] for row in (await client.get("/call", params=query)).json()] for _ in "12"]
    assert sorted(first) == sorted(second) == sorted(ordered)
    assert len({tuple(order) for order in (ordered, first, second)}) == 3


async def test_a_full_shuffled_list_has_any_of_the_rows_and_one_by_created_at_is_not_shuffled(clock: Clock) -> None:
    updated = {"updatedAtGe": (ANCHOR - timedelta(days=1)).isoformat(), "limit": "10"}
    async with client_of(create(seed=7, calls=1200, clock=clock, anchor=ANCHOR, shuffled=True)) as client:
        newest = [row["id"] for row in (await client.get("/call", params={"limit": 10})).json()]
        drawn = [row["id"] for row in (await client.get("/call", params=updated)).json()]
        assert [row["id"] for row in (await client.get("/call", params={"limit": 10})).json()] == newest
    assert len(drawn) == 10
    assert set(drawn) - set(newest)
