"""Time: an operation that takes too long, or that nobody waits for any more, is ended with all that it began."""

from __future__ import annotations

import asyncio
from typing import Any, Final, cast

import httpx
import pytest

from gateway.observe.events import Event, RequestFailed
from tests.graph.asking import CALLS, WEB_CALL, Upstream, ask, gateway, running, vapi
from tests.web.test_graphql import post

CALL: Final = "query ($id: ID!) { call(id: $id) { id freshness { source } } }"
OTHERS: Final = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Call { assistant { name } } } }"
GRAPHQL: Final = {"Accept": "application/graphql-response+json"}


class Slow:
    """A Vapi that answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        self.began.set()
        await self.go_on.wait()
        return vapi(request)


async def left_of(known: set[asyncio.Task[Any]]) -> list[str]:
    """The functions at work that were not before, once what was cancelled has ended: connections take a moment."""
    left = asyncio.all_tasks() - known - {cast("asyncio.Task[Any]", asyncio.current_task())}
    ending = [task for task in left if not _name(task).startswith("ReadThrough.")]
    if ending:
        await asyncio.wait(ending, timeout=5)
    return sorted(_name(task) for task in left if not task.done())


def _name(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", ""))


@pytest.mark.anyio
@pytest.mark.parametrize(("headers", "status"), [({}, 200), (GRAPHQL, 504)])
async def test_an_operation_that_takes_too_long_is_ended_and_says_so(headers: dict[str, str], status: int) -> None:
    slow = Slow()
    async with gateway(slow, filled=False, query_seconds=0.1) as client:
        sent = {"query": CALL, "variables": {"id": WEB_CALL}}
        answer = await client.post("/graphql", json=sent, headers=headers)
        slow.go_on.set()
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["extensions"]) == (status, {"code": "QUERY_TIMEOUT"})
    assert "0.1 seconds that GATEWAY_QUERY_SECONDS allows" in error["message"]
    assert "data" not in answer.json()
    assert answer.json()["extensions"]["cost"]["requested"] == 13


@pytest.mark.anyio
@pytest.mark.parametrize("query", [CALL, OTHERS])
async def test_what_the_operation_began_ends_with_it_and_what_others_may_wait_for_goes_on(query: str) -> None:
    """Resolvers and batches are gone; a request to Vapi goes on, and is not repeated for the next who asks."""
    slow = Slow()
    async with gateway(slow, filled=False, query_seconds=0.5) as client:
        known = asyncio.all_tasks()
        await ask(client, query, id=WEB_CALL, ids=list(CALLS)[:2])
        left = await left_of(known)
        asked = slow.asked
        slow.go_on.set()
        answer = await ask(client, query, id=WEB_CALL, ids=list(CALLS)[:2])
    assert "errors" not in answer
    assert len(left) == asked > 0
    assert {name.split(".")[0] for name in left} == {"ReadThrough"}


@pytest.mark.anyio
async def test_another_operation_that_waits_for_the_same_call_gets_it() -> None:
    slow = Slow()
    async with running(slow, filled=False, query_seconds=1.0) as there:
        first = asyncio.create_task(ask(there.client, CALL, id=WEB_CALL))
        await asyncio.sleep(0.6)
        second = asyncio.create_task(ask(there.client, CALL, id=WEB_CALL))
        refused = await first
        slow.go_on.set()
        answered = await second
    assert refused["errors"][0]["extensions"]["code"] == "QUERY_TIMEOUT"
    assert answered["data"]["call"]["id"] == WEB_CALL
    assert slow.asked == 1


@pytest.mark.anyio
async def test_an_operation_whose_client_has_gone_is_ended() -> None:
    slow, told = Slow(), list[Event]()
    async with running(slow, filled=False, listen=told.append) as there:
        app = there.client._transport.app  # type: ignore[attr-defined]
        known = asyncio.all_tasks()
        body = f'{{"query":"{{ call(id: \\"{WEB_CALL}\\") {{ id }} }}"}}'.encode()
        sent: list[Any] = []
        gone = asyncio.Event()
        pieces = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Any:
            if pieces:
                return pieces.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        asking = asyncio.create_task(app(post(body), receive, send))
        await slow.began.wait()
        gone.set()
        async with asyncio.timeout(5):
            await asking
        left = await left_of(known)
        slow.go_on.set()
    assert (sent, len(left)) == ([], 1)
    assert [event for event in told if isinstance(event, RequestFailed)] == []


@pytest.mark.anyio
async def test_a_budget_of_requests_to_vapi_holds_for_each_operation() -> None:
    asked: list[str] = []

    def counting(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return vapi(request)

    upstream: Upstream = counting
    ids = [f"{WEB_CALL[:-1]}{n}" for n in range(5)]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    async with gateway(upstream, filled=False, upstream_budget=3) as client:
        first = await ask(client, query, ids=ids)
        before = len(asked)
        second = await ask(client, CALL, id=WEB_CALL)
    assert before == 3
    assert {error["extensions"]["code"] for error in first["errors"]} == {"UPSTREAM_BUDGET_SPENT"}
    assert "errors" not in second
