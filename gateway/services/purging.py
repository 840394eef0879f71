"""Purging: what is deleted or forgotten in the mirror must not stay in what was made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.domain.mirrored import GONE
from gateway.errors import StoreError
from gateway.observe.events import Listener, StoreFailed, silence
from gateway.ports import Change

_PAUSE: Final = 60.0
"""Seconds from a deletion to the purge, which is for all that come meanwhile."""


class Purging:
    """Calls ``purge`` some time after something is gone."""

    def __init__(
        self,
        purge: Callable[[], Awaitable[None]],
        *,
        pause: float = _PAUSE,
        listen: Listener = silence,
    ) -> None:
        self._purge = purge
        self._pause = pause
        self._listen = listen
        self._wanted = asyncio.Event()

    def changed(self, changes: Sequence[Change]) -> None:
        """Notice what has changed."""
        if any(change.state in GONE for change in changes):
            self._wanted.set()

    async def run(self) -> None:
        """Purge when it is wanted, until cancelled; where it does not work it is tried again."""
        while True:
            await self._wanted.wait()
            await asyncio.sleep(self._pause)
            self._wanted.clear()
            try:
                await self._purge()
            except StoreError as error:
                self._listen(StoreFailed("purging what is gone", error.code))
                self._wanted.set()
