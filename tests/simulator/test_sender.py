"""Posting webhooks: as time passes, once, unless a backoff plan says otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from gateway.simulator.app import create
from gateway.simulator.backoff import BackoffPlan
from gateway.simulator.outbox import Message
from gateway.simulator.sender import deliver
from gateway.simulator.signing import Secret
from gateway.simulator.webhooks import Webhooks
from tests.simulator.conftest import ANCHOR, Clock

pytestmark = pytest.mark.anyio

URL = "http://gateway.example.invalid/webhooks/vapi"
MESSAGE = Message(0, "id", "hang", "call", b"{}", {})
PLAN = BackoffPlan("exponential", 3, 1.0, frozenset({400, 401}))


class Receiver:
    """Answers with these statuses in turn, the last one for ever; None hangs up."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = [*statuses]
        self.posts: list[tuple[str, bytes, Mapping[str, str]]] = []
        self.slept: list[float] = []

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.posts.append((url, body, headers))
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            raise httpx.ConnectError("nobody listens")
        return status

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    async def delivered(self, plan: BackoffPlan | None) -> Counter[str]:
        counted: Counter[str] = Counter()
        await deliver(MESSAGE, Webhooks(URL, backoff_plan=plan), self.post, counted, self.sleep)
        return counted


@pytest.mark.parametrize("status", [500, 503, 404, 302, None])
async def test_without_a_backoff_plan_nothing_is_sent_twice(status: int | None) -> None:
    receiver = Receiver(status)
    assert await receiver.delivered(None) == {"failed": 1}
    assert len(receiver.posts) == 1


async def test_a_backoff_plan_tries_again_until_it_is_accepted() -> None:
    receiver = Receiver(503, None, 202)
    assert await receiver.delivered(PLAN) == {"sent": 1, "retried": 2}
    assert receiver.slept == [1.0, 2.0]


async def test_a_backoff_plan_gives_up_after_its_last_attempt() -> None:
    receiver = Receiver(500)
    assert await receiver.delivered(PLAN) == {"failed": 1, "retried": 3}
    assert receiver.slept == [1.0, 2.0, 4.0]


async def test_a_fixed_plan_waits_equally_long() -> None:
    receiver = Receiver(500)
    await receiver.delivered(BackoffPlan("fixed", 2, 3.0))
    assert receiver.slept == [3.0, 3.0]


async def test_an_excluded_status_is_not_tried_again() -> None:
    receiver = Receiver(503, 401, 200)
    assert await receiver.delivered(PLAN) == {"failed": 1, "retried": 1}


def test_a_backoff_plan_keeps_to_the_limits_of_vapi() -> None:
    with pytest.raises(ValueError, match="0 to 10"):
        BackoffPlan(max_retries=11)


async def test_what_becomes_due_while_it_serves_is_posted_with_its_headers(clock: Clock) -> None:
    posts: asyncio.Queue[tuple[str, bytes, Mapping[str, str]]] = asyncio.Queue()

    async def post(*parts: Any) -> int:
        await posts.put(parts)
        return 200

    app = create(calls=50, live=3, clock=clock, anchor=ANCHOR, webhooks=Webhooks(URL, Secret("s")), post=post)
    simulator, began = app.state.simulator, clock.now
    async with app.router.lifespan_context(app):
        await asyncio.sleep(0)
        clock.advance(300)
        expected = [*simulator.messages(began, clock.now)]
        received = [await posts.get() for _ in expected]
        await asyncio.sleep(0)
    assert received == [(URL, m.body, m.headers) for m in expected]
    assert {headers["X-Vapi-Secret"] for _, _, headers in received} == {"s"}
    assert simulator.deliveries == {"sent": len(expected)}
