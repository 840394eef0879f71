"""Ahead: the next pieces are fetched while the last one is used."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from gateway.services.ahead import ahead

pytestmark = pytest.mark.anyio


class Source:
    """Pieces 0, 1, 2, …, and what was fetched of them so far; ``error`` ends them."""

    def __init__(self, count: int, error: BaseException | None = None) -> None:
        self.count, self.error = count, error
        self.fetched: list[int] = []
        self.closed = False

    async def pieces(self) -> AsyncGenerator[int, None]:
        try:
            for number in range(self.count):
                await asyncio.sleep(0)
                self.fetched.append(number)
                yield number
            if self.error is not None:
                raise self.error
        finally:
            self.closed = True


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.mark.parametrize("most", [1, 3])
async def test_all_pieces_come_in_their_order(most: int) -> None:
    source = Source(10)
    assert [piece async for piece in ahead(source.pieces(), most)] == list(range(10))
    assert source.closed


@pytest.mark.parametrize("most", [1, 3])
async def test_while_one_is_used_so_many_wait(most: int) -> None:
    source = Source(10)
    async with contextlib.aclosing(ahead(source.pieces(), most)) as pieces:
        async for piece in pieces:
            await settle()
            assert len(source.fetched) == min(piece + 1 + most, 10)


async def test_an_error_comes_after_the_pieces_before_it() -> None:
    source, got = Source(3, ValueError("cut")), list[int]()

    async def walk() -> None:
        async for piece in ahead(source.pieces(), 2):
            await settle()
            got.append(piece)

    with pytest.raises(ValueError, match="cut"):
        await walk()
    assert got == [0, 1, 2]


async def test_who_stops_early_leaves_nothing_behind() -> None:
    source, before = Source(10), asyncio.all_tasks()
    async with contextlib.aclosing(ahead(source.pieces())) as pieces:
        assert await anext(pieces) == 0
    assert source.closed
    assert asyncio.all_tasks() == before


async def test_who_is_cancelled_leaves_nothing_behind() -> None:
    source, before = Source(10), asyncio.all_tasks()

    async def walk() -> None:
        async for _ in ahead(source.pieces()):
            await asyncio.sleep(60)

    walking = asyncio.ensure_future(walk())
    await settle()
    walking.cancel()
    await asyncio.wait([walking])
    await settle()
    assert walking.cancelled()
    assert asyncio.all_tasks() == before
