"""Pacing: how fast one gateway asks Vapi, over all its requests together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from aiolimiter import AsyncLimiter

from gateway.upstream.faults import LONGEST_PAUSE


class Pacing:
    """A token bucket, and a pause that all requests share.

    ``rate`` is requests per second in the long run (0: unpaced), ``burst`` how many may go at once. Vapi does not
    publish its rate limits; its own gitops tool spaces requests 700 ms apart. Belongs to one event loop.
    """

    def __init__(self, *, rate: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = AsyncLimiter(burst, burst / rate) if rate else None
        self._clock = clock
        self._resume = clock()

    def pause(self, seconds: float) -> None:
        """Let nobody ask for this long; a longer pause that is under way stays."""
        self._resume = max(self._resume, self._clock() + min(seconds, LONGEST_PAUSE))

    def pause_left(self) -> float:
        """The seconds until anybody may ask again, 0 where there is no pause."""
        return max(0.0, self._resume - self._clock())

    async def turn(self, *, patience: float) -> bool:
        """True when it is the caller's turn; False if that would take, or has taken, more than ``patience`` seconds.

        The pause comes before the bucket, so that those who waited for its end go on in pace.
        """
        while (left := self.pause_left()) <= patience:
            if left:
                await asyncio.sleep(left)
                continue
            if not await self._taken(patience):
                return False
            if not self.pause_left():
                return True
        return False

    async def _taken(self, patience: float) -> bool:
        """Whether the bucket gave a token in time: behind a crowd, a clear refusal is worth more than a long wait."""
        if self._bucket is None:
            return True
        try:
            async with asyncio.timeout(patience):
                await self._bucket.acquire()
        except TimeoutError:
            return False
        return True
