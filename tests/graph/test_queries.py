"""Asking: calls one by one, each once per request; lists out of the mirror, page by page; what calls name."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, Final

import httpx
import pytest

from gateway.settings import CustomerSettings
from tests.graph.asking import CALLS, NOW, PLAN, WEB_CALL, answered, ask, gateway, vapi

OF_2024: Final = "3b1d4e7a-1111-4222-8333-444455556666"
GRACE: Final = "tel~de1d735f6c60c8a170c174cdbc60d229"
"""The key of whoever called by telephone, hashed with the identity key of these tests."""

PAGE: Final = """
query ($after: String, $where: CallFilter) {
  calls(first: 1, after: $after, where: $where) { nodes { id } pageInfo { hasNextPage hasPreviousPage endCursor } }
}
"""


class Vapi:
    """An upstream that remembers what it was asked; where nothing is ``there``, it answers 404."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.asked: list[httpx.URL] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        return vapi(request) if self.there else answered(None)


@pytest.mark.anyio
async def test_a_call_that_is_asked_for_in_many_ways_is_fetched_once() -> None:
    upstream = Vapi()
    query = """query ($id: ID!) {
      call(id: $id) { id } other: call(id: $id) { status } node(id: $id) { id } nodes(ids: [$id, $id]) { id }
    }"""
    async with gateway(upstream, filled=False) as client:
        answer = await ask(client, query, id=WEB_CALL)
    assert "errors" not in answer
    assert len(upstream.asked) == 1


@pytest.mark.anyio
async def test_what_the_mirror_holds_is_asked_of_nobody_else() -> None:
    upstream = Vapi()
    query = """query ($id: ID!) {
      calls { nodes { id } totalCount } customers { nodes { key calls { nodes { id } } } } mirror { coverage { to } }
      call(id: $id) { id customer { profile { callCount } } freshness { source } }
    }"""
    async with gateway(upstream) as client:
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["freshness"]["source"] in ("MIRROR", "CACHE")
    assert upstream.asked == []


@pytest.mark.anyio
async def test_presigned_addresses_are_asked_for_once_and_only_where_selected() -> None:
    upstream = Vapi()
    async with gateway(upstream) as client:
        await ask(client, "query ($id: ID!) { call(id: $id) { artifact { transcript } } }", id=WEB_CALL)
        assert len(upstream.asked) == 0
        query = "query ($id: ID!) { call(id: $id) { artifact { presignedMonoUrl presignedLogUrl } } }"
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["artifact"]["presignedMonoUrl"].startswith("https://recordings.example/mono")
    assert len(upstream.asked) == 1


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
    async with gateway(upstream, clock=lambda: now[0], filled=False) as client:
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
    async with gateway(lambda _: httpx.Response(200, content=_json(odd)), filled=False) as client:
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
async def test_a_call_that_vapi_ought_to_have_is_doubted_to_be_gone() -> None:
    """What is known stays and is told to be stale, to whoever asks: whether it was deleted, a second look will tell."""
    query = "query ($id: ID!, $age: Int) { call(id: $id, maxAge: $age) { customer { name } freshness { state } } }"
    now = [NOW]
    upstream = Vapi(there=False)
    async with gateway(upstream, clock=lambda: now[0]) as client:
        now[0] += dt.timedelta(seconds=1)
        answers = [await ask(client, query, id=WEB_CALL, age=age) for age in (0, None, None)]
    calls = [answer["data"]["call"] for answer in answers]
    assert calls == [{"customer": {"name": "Ada Example"}, "freshness": {"state": "STALE"}}] * 3
    assert len(upstream.asked) == 1


@pytest.mark.anyio
async def test_a_call_that_vapi_keeps_no_longer_is_told_to_be_forgotten_and_stays() -> None:
    query = "query ($id: ID!) { call(id: $id, maxAge: 0) { id customer { number } freshness { state source } } }"
    now = [NOW]
    async with gateway(lambda _: answered(None), clock=lambda: now[0]) as client:
        now[0] += dt.timedelta(seconds=1)
        answer = await ask(client, query, id=OF_2024)
    assert answer["data"]["call"]["customer"] == {"number": "+14155550100"}
    assert answer["data"]["call"]["freshness"]["state"] == "FORGOTTEN"


@pytest.mark.anyio
async def test_a_null_for_an_argument_is_as_good_as_none(client: httpx.AsyncClient) -> None:
    query = """query ($none: Int, $cursor: String, $where: CallFilter, $orderBy: [CallOrder!]) {
      calls(first: $none, after: $cursor, last: $none, before: $cursor, where: $where, orderBy: $orderBy) {
        nodes { id }
      }
    }"""
    answer = await ask(client, query, none=None, cursor=None, where=None, orderBy=None)
    assert len(answer["data"]["calls"]["nodes"]) == len(CALLS)


@pytest.mark.anyio
async def test_a_cursor_of_another_order_is_refused(client: httpx.AsyncClient) -> None:
    cursor = (await ask(client, PAGE))["data"]["calls"]["pageInfo"]["endCursor"]
    query = "query ($after: String) { calls(after: $after, orderBy: [{ attribute: COST }]) { nodes { id } } }"
    answer = await ask(client, query, after=cursor)
    assert answer["errors"][0]["extensions"]["argument"] == "after"


@pytest.mark.anyio
async def test_the_cursor_of_one_customers_calls_is_none_of_anothers(client: httpx.AsyncClient) -> None:
    query = """query ($key: ID!, $after: String) {
      customer(key: $key) { calls(first: 1, after: $after) { pageInfo { endCursor } } }
    }"""
    first = await ask(client, query, key="id:cus_7431")
    cursor = first["data"]["customer"]["calls"]["pageInfo"]["endCursor"]
    same = await ask(client, query, key="id:cus_7431", after=cursor)
    other = await ask(client, query, key=GRACE, after=cursor)
    assert "errors" not in same
    assert other["errors"][0]["extensions"]["argument"] == "after"


@pytest.mark.anyio
async def test_a_duration_in_a_total_means_the_same_as_in_the_list() -> None:
    now = [NOW]
    query = """query ($after: String) {
      calls(first: 1, after: $after, where: { createdAt: { gte: "-P3D" } }) {
        totalCount pageInfo { endCursor }
      }
    }"""
    async with gateway(clock=lambda: now[0]) as client:
        first = (await ask(client, query))["data"]["calls"]
        now[0] += dt.timedelta(days=30)
        second = (await ask(client, query, after=first["pageInfo"]["endCursor"]))["data"]["calls"]
    assert (first["totalCount"], second["totalCount"]) == (2, 2)


ALIASED: Final = """{
  customers { nodes { key callCount totalCost } totalCount }
  calls(where: { customer: { key: { eq: "id:cus_7431" } } }) { nodes { id customer { key profile { callCount } } } }
  byAlias: customer(key: "tel~de1d735f6c60c8a170c174cdbc60d229") { key name calls { totalCount } }
}"""


@pytest.mark.anyio
async def test_keys_that_the_settings_say_are_one_person_are_one_customer() -> None:
    """Its figures, its calls and its profile are those of both; the other key leads to it."""
    one = CustomerSettings(attributes=(PLAN,), alias={GRACE: "id:cus_7431"})
    async with gateway(customer=one) as client:
        answer = (await ask(client, ALIASED))["data"]
    assert answer["customers"]["nodes"] == [{"key": "id:cus_7431", "callCount": 3, "totalCost": pytest.approx(0.3943)}]
    assert answer["customers"]["totalCount"] == 1
    assert [node["customer"]["key"] for node in answer["calls"]["nodes"]] == ["id:cus_7431"] * 3
    assert answer["calls"]["nodes"][0]["customer"]["profile"] == {"callCount": 3}
    assert answer["byAlias"] == {"key": "id:cus_7431", "name": "Ada Example", "calls": {"totalCount": 3}}


RELATIONS: Final = """query ($id: ID!) {
  call(id: $id) { assistant { name } squad { name } phoneNumber { number } }
}"""


@pytest.mark.anyio
async def test_what_calls_name_is_asked_for_once_however_many_name_it() -> None:
    upstream = Vapi()
    query = "{ calls { nodes { id assistant { name } squad { name } } } }"
    async with gateway(upstream) as client:
        for _ in range(2):
            assert "errors" not in await ask(client, query)
    assert sorted(url.path.split("/")[1] for url in upstream.asked) == ["assistant", "squad"]


@pytest.mark.anyio
async def test_what_a_call_defines_for_itself_needs_no_request() -> None:
    own = {"assistant": {"name": "Of the call"}, "squad": {"name": "Squad of it"}, "phoneNumber": {"number": "+1555"}}
    asked: list[str] = []

    def upstream(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return answered({**CALLS[WEB_CALL], "assistantId": None, **own})

    async with gateway(upstream, filled=False) as client:
        answer = await ask(client, RELATIONS, id=WEB_CALL)
    assert answer["data"] == {"call": own}
    assert asked == [f"/call/{WEB_CALL}"]


@pytest.mark.anyio
async def test_a_relation_that_cannot_be_asked_for_costs_nothing_but_itself() -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        return vapi(request) if "/call" in request.url.path else httpx.Response(503, json={})

    async with gateway(upstream) as client:
        answer = await ask(client, "query ($id: ID!) { call(id: $id) { id assistant { name } } }", id=WEB_CALL)
    assert answer["data"]["call"] == {"id": WEB_CALL, "assistant": None}
    assert [(e["path"], e["extensions"]["code"]) for e in answer["errors"]] == [
        (["call", "assistant"], "UPSTREAM_UNAVAILABLE")
    ]


@pytest.mark.anyio
async def test_the_secrets_of_an_assistant_are_nowhere_in_an_answer(client: httpx.AsyncClient) -> None:
    query = "query ($id: ID!) { call(id: $id) { assistant { name model voice transcriber metadata } } }"
    answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["assistant"]["name"] == "Reception"
    assert "canary" not in str(answer)


@pytest.mark.anyio
async def test_a_notice_of_coverage_covers_every_list_that_a_field_gives(client: httpx.AsyncClient) -> None:
    """Several customers' calls are one field of the query, and one notice."""
    answer = await ask(
        client, '{ customers { nodes { calls(where: {createdAt: {gte: "2000-01-01"}}) { nodes { id } } } } }'
    )
    assert [notice["path"] for notice in answer["extensions"]["coverage"]] == ["customers.nodes.calls"]


@pytest.mark.anyio
async def test_a_mirror_that_holds_nothing_yet_says_so() -> None:
    query = "{ mirror { coverage { from to complete } backfill { done } } calls { nodes { id } } }"
    async with gateway(filled=False) as client:
        answer = await ask(client, query)
    assert answer["data"]["mirror"] == {"coverage": {"from": None, "to": None, "complete": False}, "backfill": None}
    assert answer["data"]["calls"] == {"nodes": []}
    assert [(n["path"], n["from"]) for n in answer["extensions"]["coverage"]] == [("calls", "1970-01-01T00:00:00.000Z")]
