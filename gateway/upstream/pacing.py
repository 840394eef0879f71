"""Pacing: how fast one gateway asks Vapi, over all its requests together.

Those that somebody waits for go before those of the background (backfill, reconcile), which never take the last half
of the bucket: a reader who comes while history is walked finds it half full, and as long as readers wait, the
background stands still.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from aiolimiter import AsyncLimiter

from gateway.upstream.faults import LONGEST_PAUSE

_UNPACED: Final = 50
"""How many requests may go at once where there is no pace; more are never told to be spare."""


class Pacing:
    """A token bucket, and a pause that all requests share.

    ``rate`` is requests per second in the long run (0: unpaced), ``burst`` how many may go at once. Vapi does not
    publish its rate limits; its own gitops tool spaces requests 700 ms apart. Belongs to one event loop.
    """

    def __init__(self, *, rate: float, burst: int = 1, clock: Callable[[], float] = time.monotonic) -> None:
        self._bucket = AsyncLimiter(burst, burst / rate) if rate else None
        self._spacing = 1 / rate if rate else 0.0
        self._reserve = burst // 2
        self._waiting = 0
        self._clock = clock
        self._resume = clock()

    def pause(self, seconds: float) -> None:
        """Let nobody ask for this long; a longer pause that is under way stays."""
        self._resume = max(self._resume, self._clock() + min(seconds, LONGEST_PAUSE))

    def pause_left(self) -> float:
        """The seconds until anybody may ask again, 0 where there is no pause."""
        return max(0.0, self._resume - self._clock())

    def spare(self) -> int:
        """How many requests could go at once now, with half of the bucket left to others."""
        if self.pause_left():
            return 0
        if self._bucket is None:
            return _UNPACED
        most = min(int(self._bucket.max_rate) - self._reserve, _UNPACED)
        return sum(self._has_room(count) for count in range(1, most + 1))

    async def background_turn(self, *, patience: float) -> bool:
        """The same as `turn` for what nobody waits for: it waits until there is more than the reserve.

        Only a pause counts against its ``patience``; it waits for others as long as it takes.
        """
        while (left := self.pause_left()) <= patience:
            if left:
                await asyncio.sleep(left)
            elif self._has_room(1):
                return await self._taken(patience)
            else:
                await asyncio.sleep(self._spacing)
        return False

    def _has_room(self, count: int) -> bool:
        if self._bucket is None:
            return True
        return not self._waiting and self._bucket.has_capacity(self._reserve + count)

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
        self._waiting += 1
        try:
            async with asyncio.timeout(patience):
                await self._bucket.acquire()
        except TimeoutError:
            return False
        finally:
            self._waiting -= 1
        return True
