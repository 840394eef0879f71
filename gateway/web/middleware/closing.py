"""Closing: what becomes of requests that are still under way when the server can wait no longer."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.web.middleware.security import SecurityHeaders
from gateway.web.refusals import closing


class Closing:
    """Around everything, under a server that ends by cancelling the tasks it made: the caller gets an answer.

    The cancellation ends here, so it belongs only where such a task begins; nobody waits for it further out.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def told(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, told)
        except asyncio.CancelledError:
            if not started:
                await SecurityHeaders(closing())(scope, receive, send)
