"""Eager: a coroutine begun at once, and awaited only where it waits for something."""

from __future__ import annotations

import asyncio

import pytest

from gateway.web.eager import Rest, begin


async def _after(moment: asyncio.Event | None) -> str:
    if moment is not None:
        await moment.wait()
        await asyncio.sleep(0)
    return "done"


def test_what_waits_for_nothing_is_done_at_once() -> None:
    """There is not even an event loop."""
    assert begin(_after(None)) == "done"


@pytest.mark.anyio
async def test_what_waits_is_awaited_as_if_it_had_not_been_begun() -> None:
    moment = asyncio.Event()
    rest = begin(_after(moment))
    assert isinstance(rest, Rest)
    asyncio.get_running_loop().call_soon(moment.set)
    async with asyncio.timeout(10):
        assert await rest == "done"


@pytest.mark.anyio
async def test_a_time_limit_ends_it() -> None:
    """What it waits for is cancelled, and it may clean up."""
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(True)

    rest = begin(work())
    assert isinstance(rest, Rest)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await rest
    assert cleaned == [True]


@pytest.mark.anyio
@pytest.mark.parametrize("moments", [0, 1, 2])
async def test_an_error_comes_out(moments: int) -> None:
    """At once, or where it is awaited."""

    async def work() -> None:
        for _ in range(moments):
            await asyncio.sleep(0)
        raise KeyError

    async def asked() -> None:
        found = begin(work())
        if isinstance(found, Rest):
            await found

    with pytest.raises(KeyError):
        await asked()
