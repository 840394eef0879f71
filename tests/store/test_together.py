"""Group commit: who comes while a write runs shares the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.errors import StoreUnavailable
from gateway.store.together import Together

pytestmark = pytest.mark.anyio


class Disk:
    """Writes when it is let; remembers what was written together."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.free = asyncio.Event()
        self.broken = False

    async def write(self, items: Sequence[int]) -> None:
        await self.free.wait()
        if self.broken:
            raise StoreUnavailable("the disk is full")
        self.written.append(list(items))


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_single_caller_is_written_at_once() -> None:
    disk = Disk()
    disk.free.set()
    await Together(disk.write, at_most=9).add([1, 2])
    assert disk.written == [[1, 2]]


async def test_who_comes_while_a_write_runs_shares_the_next_in_order() -> None:
    disk = Disk()
    together = Together(disk.write, at_most=9)
    callers = [asyncio.create_task(together.add([first])) for first in range(1)]
    await _settle()
    callers += [asyncio.create_task(together.add([number, -number])) for number in (1, 2, 3)]
    await _settle()
    disk.free.set()
    await asyncio.gather(*callers)
    assert disk.written == [[0], [1, -1, 2, -2, 3, -3]]
    assert together.writes == 2


async def test_a_write_takes_no_more_than_it_may() -> None:
    disk = Disk()
    disk.free.set()
    together = Together(disk.write, at_most=2)
    await asyncio.gather(*(together.add([number]) for number in range(5)))
    assert disk.written == [[0, 1], [2, 3], [4]]


async def test_nobody_is_told_before_its_write_is_done() -> None:
    disk = Disk()
    caller = asyncio.create_task(Together(disk.write, at_most=9).add([1]))
    await _settle()
    assert not caller.done()
    disk.free.set()
    await caller


async def test_a_write_that_fails_fails_for_all_who_shared_it_and_for_nobody_after() -> None:
    disk = Disk()
    disk.free.set()
    disk.broken = True
    together = Together(disk.write, at_most=9)
    told = await asyncio.gather(together.add([1]), together.add([2]), return_exceptions=True)
    assert [type(each) for each in told] == [StoreUnavailable, StoreUnavailable]
    disk.broken = False
    await together.add([3])
    assert (disk.written, together.writes) == ([[3]], 1)


async def test_a_caller_that_is_cancelled_takes_nobody_with_it() -> None:
    disk = Disk()
    together = Together(disk.write, at_most=9)
    leaving, staying = asyncio.create_task(together.add([1])), asyncio.create_task(together.add([2]))
    await _settle()
    leaving.cancel()
    disk.free.set()
    await staying
    assert disk.written == [[1, 2]]
    assert leaving.cancelled()
