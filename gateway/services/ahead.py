"""Ahead: fetching the next piece while the last one is used."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

T = TypeVar("T")


async def ahead(pieces: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The same pieces, the next one being fetched meanwhile; at most one waits. What fetching raises, comes in turn."""
    fetching = asyncio.ensure_future(_next(pieces))
    try:
        while (piece := await fetching) is not None:
            fetching = asyncio.ensure_future(_next(pieces))
            yield piece[0]
    finally:
        await _ended(fetching)
        await pieces.aclose()


async def _next(pieces: AsyncGenerator[T, None]) -> tuple[T] | None:
    async for piece in pieces:
        return (piece,)
    return None


async def _ended(task: asyncio.Future[tuple[T] | None]) -> None:
    """End a task, whatever comes of it."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
