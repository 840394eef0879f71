"""Ahead: fetching the next pieces while the last one is used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


async def ahead(pieces: AsyncGenerator[T, None], most: int = 1) -> AsyncGenerator[T, None]:
    """The same pieces, the next ones being fetched meanwhile; at most so many wait. An error comes in its turn."""
    waiting: asyncio.Queue[tuple[T] | None] = asyncio.Queue()
    room = asyncio.Semaphore(most - 1)
    fetching = asyncio.ensure_future(_fetched(pieces, waiting, room))
    fetching.add_done_callback(lambda _: waiting.put_nowait(None))
    try:
        while (piece := await waiting.get()) is not None:
            room.release()
            yield piece[0]
        await fetching
    finally:
        await _ended(fetching)
        await pieces.aclose()


async def _fetched(
    pieces: AsyncGenerator[T, None], into: asyncio.Queue[tuple[T] | None], room: asyncio.Semaphore
) -> None:
    async for piece in pieces:
        into.put_nowait((piece,))
        await room.acquire()


async def _ended(task: asyncio.Future[None]) -> None:
    """End a task, whatever comes of it."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
