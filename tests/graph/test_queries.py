"""Asking for calls: each once per request, page by page, with durations that stay what they were."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import httpx
import pytest

from tests.graph.asking import CALLS, NOW, WEB_CALL, answered, ask, gateway, vapi

PAGE: Final = """
query ($after: String, $where: CallFilter) {
  calls(first: 1, after: $after, where: $where) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } }
}
"""


class Vapi:
    """An upstream that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return vapi(request)


@pytest.mark.anyio
async def test_a_call_that_is_asked_for_in_many_ways_is_fetched_once() -> None:
    upstream = Vapi()
    query = """query ($id: ID!) {
      call(id: $id) { id } other: call(id: $id) { status } node(id: $id) { id } nodes(ids: [$id, $id]) { id }
    }"""
    async with gateway(upstream) as client:
        answer = await ask(client, query, id=WEB_CALL)
    assert "errors" not in answer
    assert len(upstream.asked) == 1


@pytest.mark.anyio
async def test_presigned_addresses_are_asked_for_once_and_only_where_selected() -> None:
    upstream = Vapi()
    async with gateway(upstream) as client:
        await ask(client, "query ($id: ID!) { call(id: $id) { artifact { transcript } } }", id=WEB_CALL)
        assert len(upstream.asked) == 1
        query = "query ($id: ID!) { call(id: $id) { artifact { presignedMonoUrl presignedLogUrl } } }"
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["artifact"]["presignedMonoUrl"].startswith("https://recordings.example/mono")
    assert len(upstream.asked) == 2


@pytest.mark.anyio
async def test_the_whole_document_holds_no_presigned_address(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "query ($id: ID!) { call(id: $id) { document } }", id=WEB_CALL)
    document = answer["data"]["call"]["document"]
    assert document["analysis"] == CALLS[WEB_CALL]["analysis"]
    assert "signature" not in str(document)


@pytest.mark.anyio
async def test_walking_by_cursor_meets_every_call_once_and_knows_both_ends(client: httpx.AsyncClient) -> None:
    pages: list[Any] = []
    after = None
    while not pages or pages[-1]["pageInfo"]["hasNextPage"]:
        pages.append((await ask(client, PAGE, after=after))["data"]["calls"])
        after = pages[-1]["pageInfo"]["endCursor"]
    newest_first = sorted(CALLS, key=lambda call_id: str(CALLS[call_id]["createdAt"]), reverse=True)
    assert [page["nodes"][0]["id"] for page in pages] == newest_first
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False, True, True, True]


@pytest.mark.anyio
async def test_a_duration_is_resolved_once_and_frozen_in_the_cursor() -> None:
    now = [NOW]
    where = {"createdAt": {"gte": "-P3D"}}
    async with gateway(clock=lambda: now[0]) as client:
        first = (await ask(client, PAGE, where=where))["data"]["calls"]
        now[0] += dt.timedelta(days=30)
        second = await ask(client, PAGE, where=where, after=first["pageInfo"]["endCursor"])
        anew = await ask(client, PAGE, where=where)
    assert [node["id"] for node in second["data"]["calls"]["nodes"]] == ["019fedaf-549c-7000-8625-000000000002"]
    assert anew["data"]["calls"]["nodes"] == []


@pytest.mark.anyio
async def test_a_cursor_of_another_filter_is_refused(client: httpx.AsyncClient) -> None:
    first = (await ask(client, PAGE))["data"]["calls"]
    where = {"assistantId": {"eq": "another"}}
    answer = await ask(client, PAGE, where=where, after=first["pageInfo"]["endCursor"])
    assert answer["errors"][0]["extensions"]["argument"] == "after"


@pytest.mark.anyio
@pytest.mark.parametrize("where", [None, {}, {"createdAt": None}, {"createdAt": {}}, {"assistantId": {"eq": None}}])
async def test_a_filter_that_states_nothing_holds_for_all(client: httpx.AsyncClient, where: Any) -> None:
    answer = await ask(client, "query ($where: CallFilter) { calls(where: $where) { nodes { id } } }", where=where)
    assert len(answer["data"]["calls"]["nodes"]) == len(CALLS)


@pytest.mark.anyio
async def test_a_bound_on_the_age_asks_vapi_again() -> None:
    upstream = Vapi()
    query = "query ($id: ID!, $maxAge: Int) { call(id: $id, maxAge: $maxAge) { freshness { source ageMs } } }"
    now = [NOW]
    async with gateway(upstream, clock=lambda: now[0]) as client:
        await ask(client, query, id=WEB_CALL)
        now[0] += dt.timedelta(seconds=10)
        cached = await ask(client, query, id=WEB_CALL)
        bound = await ask(client, query, id=WEB_CALL, maxAge=5)
    assert cached["data"]["call"]["freshness"] == {"source": "CACHE", "ageMs": 10_000}
    assert bound["data"]["call"]["freshness"] == {"source": "UPSTREAM", "ageMs": 0}
    assert len(upstream.asked) == 2


@pytest.mark.anyio
async def test_an_age_of_months_is_told_although_it_exceeds_32_bits() -> None:
    now = [NOW]
    kept = 400 * 24 * 3600.0
    async with gateway(clock=lambda: now[0], settled_fresh_seconds=kept, kept_seconds=kept) as client:
        query = "query ($id: ID!) { call(id: $id) { freshness { ageMs } } }"
        await ask(client, query, id=WEB_CALL)
        now[0] += dt.timedelta(days=300)
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["freshness"]["ageMs"] == 300 * 24 * 3600 * 1000


@pytest.mark.anyio
async def test_values_that_graphql_cannot_hold_cost_their_field_and_nothing_else() -> None:
    odd = {
        "id": WEB_CALL,
        "cost": 1e999,
        "createdAt": "0001-01-01T00:00:00+14:00",
        "costs": [{"type": "model", "promptTokens": 2**40, "completionTokens": 1.5}],
        "name": ["a", "list"],
        "metadata": {"deep": [float("nan")]},
    }
    query = """query ($id: ID!) {
      call(id: $id) { cost createdAt name metadata costs { ... on ModelCost { promptTokens } } }
    }"""
    async with gateway(lambda _: httpx.Response(200, content=_json(odd))) as client:
        answer = await client.post("/graphql", json={"query": query, "variables": {"id": WEB_CALL}})
    call = answer.json()["data"]["call"]
    assert "errors" not in answer.json()
    assert call == {
        "cost": None,
        "createdAt": None,
        "name": None,
        "metadata": {"deep": [None]},
        "costs": [{"promptTokens": None}],
    }


def _json(document: object) -> bytes:
    """JSON as a careless server writes it, with NaN and Infinity."""
    return json.dumps(document).encode()


@pytest.mark.anyio
async def test_a_call_that_vapi_deletes_is_left_as_an_outline() -> None:
    there, now = [True], [NOW]
    query = "query ($id: ID!) { call(id: $id, maxAge: 0) { id customer { name } freshness { state } } }"
    async with gateway(lambda request: vapi(request) if there[0] else answered(None), clock=lambda: now[0]) as client:
        await ask(client, query, id=WEB_CALL)
        there[0] = False
        now[0] += dt.timedelta(seconds=1)
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"] == {"id": WEB_CALL, "customer": {"name": None}, "freshness": {"state": "DELETED"}}
