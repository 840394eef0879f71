"""Health: whether the process lives, and whether it can answer."""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse

from gateway.errors import StoreError
from gateway.services.freshness import MirrorFreshness

_PATIENCE: Final = 2.0
"""Seconds after which a database that does not answer counts as away: whoever asks this asks often."""


async def livez(_: Request) -> JSONResponse:
    """200 as long as the event loop turns."""
    return JSONResponse({"status": "live"})


class Health:
    """``/readyz``: 200 once everything is open and the mirror is current, 503 otherwise.

    ``lag_limit`` is how far behind Vapi the mirror may be, in seconds; None for any.
    """

    def __init__(self, *, freshness: MirrorFreshness, lag_limit: float | None) -> None:
        self.is_open = False
        self._freshness = freshness
        self._lag_limit = lag_limit

    async def readyz(self, _: Request) -> JSONResponse:
        """What is wrong, if anything is."""
        reason = await self._reason()
        if reason is None:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)

    async def _reason(self) -> str | None:
        if not self.is_open:
            return "the gateway is starting or stopping"
        try:
            async with asyncio.timeout(_PATIENCE):
                lag = await self._freshness.lag()
        except (StoreError, TimeoutError):
            return "the mirror's database does not answer"
        if self._lag_limit is None:
            return None
        if lag is None:
            return "the mirror has not asked Vapi for changes yet"
        if lag.total_seconds() > self._lag_limit:
            behind = int(lag.total_seconds())
            return f"the mirror is {behind} seconds behind; GATEWAY_LAG_LIMIT_SECONDS allows {self._lag_limit:g}"
        return None
