"""Together: whoever comes while a write runs shares the next one, so that many pay for one sync of the disk."""

from __future__ import annotations

import asyncio
import collections
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Together(Generic[T]):
    """Gathers what several callers want written, and writes it in the order in which it came.

    Nobody waits for company: a write begins as soon as the one before it is done. ``writes`` counts those that
    succeeded.
    """

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[None]], *, at_most: int) -> None:
        self.writes = 0
        self._write = write
        self._at_most = at_most
        self._waiting: collections.deque[tuple[Sequence[T], asyncio.Future[None]]] = collections.deque()
        self._working: asyncio.Task[None] | None = None

    async def add(self, items: Sequence[T]) -> None:
        """Have them written; returns when they are. Raises what their write raises.

        Whoever is cancelled stops waiting; what it brought is written nevertheless.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((items, done))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        await done

    async def _work(self) -> None:
        taken: list[asyncio.Future[None]] = []
        try:
            while self._waiting:
                items, taken = self._take()
                _tell(taken, await self._written(items))
        finally:  # also where the event loop ends: nobody is left waiting
            self._working = None
            for done in [*taken, *(done for _, done in self._waiting)]:
                done.cancel()
            self._waiting.clear()

    async def _written(self, items: Sequence[T]) -> Exception | None:
        try:
            await self._write(items)
        except Exception as error:  # whatever it is belongs to those who wait for it
            return error
        self.writes += 1
        return None

    def _take(self) -> tuple[list[T], list[asyncio.Future[None]]]:
        """What is written next: everything that waits, up to about ``at_most``."""
        items: list[T] = []
        taken: list[asyncio.Future[None]] = []
        while self._waiting and len(items) < self._at_most:
            more, done = self._waiting.popleft()
            items.extend(more)
            taken.append(done)
        return items, taken


def _tell(callers: Sequence[asyncio.Future[Any]], error: Exception | None) -> None:
    for caller in callers:
        if caller.done():  # cancelled
            continue
        if error is None:
            caller.set_result(None)
        else:
            caller.set_exception(error)
