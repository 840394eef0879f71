"""Posts webhooks while the simulator serves, as its time passes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import httpx

from gateway.simulator.outbox import Message
from gateway.simulator.simulator import Simulator
from gateway.simulator.webhooks import Webhooks

Post: TypeAlias = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]
"""Posts a body with headers to a URL; the status of the answer. Raises OSError or httpx.HTTPError without one."""

PAUSE = 0.1
TIMEOUT = 20.0
"""Seconds that Vapi waits for an answer, by default (``server.timeoutSeconds``)."""
AT_ONCE = 32
"""Posts under way at the same time: a slow receiver does not hold up the rest."""


@asynccontextmanager
async def sending(simulator: Simulator, post: Post | None) -> AsyncIterator[None]:
    """Send what is due in the background; ``post`` defaults to HTTP."""
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        task = asyncio.create_task(send(simulator, post or posting(client)))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def send(simulator: Simulator, post: Post) -> None:
    """Send what becomes due from now on, until cancelled."""
    room = asyncio.Semaphore(AT_ONCE)
    since = simulator.clock()
    async with asyncio.TaskGroup() as posts:
        while True:
            await asyncio.sleep(PAUSE)
            until = max(since, simulator.clock())
            if (webhooks := simulator.webhooks) is not None:
                for message in simulator.messages(since, until):
                    await room.acquire()
                    delivery = posts.create_task(deliver(message, webhooks, post, simulator.deliveries))
                    delivery.add_done_callback(lambda _: room.release())
            since = until


async def deliver(
    message: Message,
    webhooks: Webhooks,
    post: Post,
    counted: Counter[str],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Post a message, again where the backoff plan says so; ``counted`` are sent, failed and retried ones."""
    status = await _status(message, webhooks, post)
    for delay in webhooks.delays():
        if _accepted(status) or not webhooks.retries(status):
            break
        await sleep(delay)
        counted["retried"] += 1
        status = await _status(message, webhooks, post)
    counted["sent" if _accepted(status) else "failed"] += 1


def posting(client: httpx.AsyncClient) -> Post:
    """Posting over HTTP."""

    async def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        return (await client.post(url, content=body, headers=headers)).status_code

    return post


async def _status(message: Message, webhooks: Webhooks, post: Post) -> int | None:
    """The status of one attempt; None without an answer."""
    try:
        return await post(webhooks.url, message.body, message.headers)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return None


def _accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
