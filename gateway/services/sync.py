"""Sync: keeping the mirror complete and current, in one process of all that share it.

The parts (poll, rereads, reconcile, backfill) each go on for themselves, as long as this process has the lease. No part
ends by an error: it is told, and the part goes on after a wait that grows with each failure in a row.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.domain.delays import delay
from gateway.errors import GatewayError, StoreError, UpstreamRateLimited
from gateway.observe.events import Listener, SyncBegun, SyncFailed, SyncLost, place, silence
from gateway.ports import SyncState

LEASE: Final = "sync"
TERM: Final = dt.timedelta(seconds=30)
"""How long others wait for a process that does not say a word any more."""

_LONGEST: Final = dt.timedelta(minutes=5)

Sleep = Callable[[float], Awaitable[None]]


@dataclasses.dataclass(frozen=True, slots=True)
class Part:
    """One thing to be done again and again: ``step`` does it and says after how long to do it next."""

    name: str
    step: Callable[[], Awaitable[dt.timedelta]]


class _Lost(Exception):
    """The lease could not be renewed."""


class Sync:
    """Does its parts as long as it has the lease, and waits for the lease as long as another process has it."""

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        state: SyncState,
        holder: str,
        clock: Callable[[], dt.datetime],
        sleep: Sleep = asyncio.sleep,
        term: dt.timedelta = TERM,
        listen: Listener = silence,
    ) -> None:
        self._parts = parts
        self._state = state
        self._holder = holder
        self._clock = clock
        self._sleep = sleep
        self._term = term
        self._listen = listen
        self._woken = {part.name: asyncio.Event() for part in parts}
        self._until: dt.datetime | None = None

    @property
    def is_keeping(self) -> bool:
        """Whether it is this process that keeps the mirror."""
        return self._until is not None and self._clock() < self._until

    def wake(self, part: str = "rereads") -> None:
        """Let a part look at once whether there is something to do, if it is not waiting for a failure to pass."""
        self._woken[part].set()

    async def run(self) -> None:
        """Keep the mirror, or wait for one's turn, until cancelled; then the lease is given back."""
        while True:
            if await self._renewed():
                await self._keep()
            await self._sleep(self._beat)

    @property
    def _beat(self) -> float:
        """Seconds from one renewal to the next: two may fail."""
        return self._term.total_seconds() / 3

    async def _keep(self) -> None:
        """Do all parts until the lease is lost, or this is cancelled."""
        self._listen(SyncBegun(self._holder))
        try:
            async with asyncio.TaskGroup() as group:
                for part in self._parts:
                    group.create_task(self._go_on(part))
                group.create_task(self._renew())
        except* _Lost:
            self._listen(SyncLost(self._holder))
        finally:
            self._until = None
            with contextlib.suppress(StoreError):
                await self._state.release(LEASE, self._holder)

    async def _renew(self) -> None:
        """Renew the lease in time. Raises `_Lost` where another has it, or it ran out while the store was away."""
        while True:
            await self._sleep(self._beat)
            await self._renewed()
            if not self.is_keeping:
                raise _Lost

    async def _renewed(self) -> bool:
        """Whether one has the lease, for another term. Where the store cannot be asked, what was so stays so."""
        until = self._clock() + self._term
        try:
            has = await self._state.lease(LEASE, self._holder, self._clock(), until)
        except StoreError as error:
            self._tell("lease", error, 1, dt.timedelta(seconds=self._beat))
            return False
        self._until = until if has else None
        return has

    async def _go_on(self, part: Part) -> None:
        failures = 0
        while True:
            try:
                wait = await part.step()
                failures = 0
            except Exception as error:  # no part may end, whatever happens to it
                failures += 1
                wait = _after(error, failures)
                self._tell(part.name, error, failures, wait)
            await self._pause(part, wait, failed=failures > 0)

    async def _pause(self, part: Part, wait: dt.timedelta, *, failed: bool) -> None:
        """Wait, at least for everything else to have a turn; being woken ends it, unless the last step has failed."""
        sleeping = asyncio.ensure_future(self._sleep(wait.total_seconds()))
        woken = asyncio.ensure_future(self._woken[part.name].wait())
        try:
            await asyncio.wait([sleeping] if failed else [sleeping, woken], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            woken.cancel()
        self._woken[part.name].clear()

    def _tell(self, part: str, error: Exception, failures: int, wait: dt.timedelta) -> None:
        code = error.code if isinstance(error, GatewayError) else type(error).__name__
        self._listen(SyncFailed(part, code, place(error), failures, wait.total_seconds()))


def _after(error: Exception, failures: int) -> dt.timedelta:
    """The wait after a failure; what Vapi asks for is honoured."""
    asked = error.retry_after if isinstance(error, UpstreamRateLimited) else None
    return max(delay(failures, _LONGEST), dt.timedelta(seconds=asked or 0))
