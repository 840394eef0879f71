"""Faults on request: what can go wrong between a client and Vapi, for a number of times or until cleared."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.simulator.errors import shaped

CUT = "gateway.simulator.cut"
"""The ASGI extension under which our server offers a function that closes the connection."""


class HangUp(Exception):
    """The connection is dropped. Surfaces where nothing can be closed, as under ``httpx.ASGITransport``."""


class Fault(StrEnum):
    """The ways of failing."""

    LATENCY = "latency"
    RATE_LIMIT = "rate_limit"
    SERVER_ERROR = "server_error"
    HANG_UP = "hang_up"
    MALFORMED = "malformed"
    DOWN = "down"


@dataclasses.dataclass
class Order:
    """One fault that was asked for; ``times`` counts down, and None means until cleared."""

    fault: Fault
    times: int | None = 1
    seconds: float | None = None
    status: int = 500
    path: str | None = None

    def meets(self, path: str) -> bool:
        """Whether a request to a path fails this way."""
        return self.times != 0 and (self.path is None or path.startswith(self.path))

    def spend(self) -> None:
        """One of the times is used up."""
        if self.times is not None:
            self.times -= 1


@dataclasses.dataclass
class Faults:
    """The standing orders, in the order in which they were given."""

    orders: list[Order] = dataclasses.field(default_factory=list)

    def due(self, path: str) -> list[Order]:
        """The faults of a request: every latency, and the first of the others. They count as used."""
        meeting = [order for order in self.orders if order.meets(path)]
        slow = [order for order in meeting if order.fault is Fault.LATENCY]
        broken = [order for order in meeting if order.fault is not Fault.LATENCY][:1]
        for order in slow + broken:
            order.spend()
        self.orders = [order for order in self.orders if order.times != 0]
        return slow + broken

    def described(self) -> list[dict[str, Any]]:
        """The orders as JSON."""
        return [dataclasses.asdict(order) for order in self.orders]


@dataclasses.dataclass(frozen=True, slots=True)
class Weather:
    """Stands before ``app`` and lets requests fail; ``due`` says how a request has to fail."""

    app: ASGIApp
    due: Callable[[Scope], list[Order]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        for order in self.due(scope) if scope["type"] == "http" else []:
            if order.fault is not Fault.LATENCY:
                await self._fail(order, scope, receive, send)
                return
            await asyncio.sleep(order.seconds or 0)
        await self.app(scope, receive, send)

    async def _fail(self, order: Order, scope: Scope, receive: Receive, send: Send) -> None:
        match order.fault:
            case Fault.DOWN:
                await _cut(scope, receive)
            case Fault.HANG_UP:
                await self._half(scope, receive, send)
                await _cut(scope, receive)
            case Fault.MALFORMED:
                await self._malformed(scope, receive, send)
            case _:
                await _refusal(order)(scope, receive, send)

    async def _half(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The right head and half of the body."""
        head, body = await _answer(self.app, scope, receive)
        await send(head)
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})

    async def _malformed(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Half of the JSON under a head that calls it the whole."""
        head, body = await _answer(self.app, scope, receive)
        half = body[: max(1, len(body) // 2)]
        MutableHeaders(raw=head["headers"])["content-length"] = str(len(half))
        await send(head)
        await send({"type": "http.response.body", "body": half})


def _refusal(order: Order) -> Response:
    if order.fault is Fault.SERVER_ERROR:
        return shaped(order.status, HTTPStatus(order.status).phrase)
    headers = {} if order.seconds is None else {"Retry-After": f"{order.seconds:g}"}
    return shaped(429, "Rate limit exceeded", headers)


async def _answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[Message, bytes]:
    """Head and body that the application would have sent."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    return sent[0], b"".join(message.get("body", b"") for message in sent[1:])


async def _cut(scope: Scope, receive: Receive) -> None:
    """Close the connection, after what was sent has left. ASGI itself knows no way to do that."""
    cut = (scope.get("extensions") or {}).get(CUT)
    if cut is None:
        raise HangUp
    cut["close"]()
    while (await receive())["type"] != "http.disconnect":
        pass
