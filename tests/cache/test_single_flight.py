"""Single flight: however many ask for the same thing at once, it is done once."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback

import pytest

from gateway.cache.single_flight import SingleFlight

pytestmark = pytest.mark.anyio


@dataclasses.dataclass
class Work:
    """Something slow that counts how often it was begun; it ends when its gate is opened."""

    begun: int = 0
    ended: int = 0
    error: Exception | None = None
    gate: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def __call__(self) -> int:
        self.begun += 1
        number = self.begun
        await self.gate.wait()
        self.ended += 1
        if self.error is not None:
            raise self.error
        return number


async def _turn() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_who_ask_at_once_share_one_result() -> None:
    """The work is begun once, and everybody gets what it brings."""
    flights, work = SingleFlight[int](), Work()
    waiting = [asyncio.create_task(flights.join("a", work)) for _ in range(1000)]
    await _turn()
    work.gate.set()
    assert await asyncio.gather(*waiting) == [1] * 1000
    assert work.begun == 1


async def test_keys_fly_apart() -> None:
    """Work for one key does not wait for that of another."""
    flights, slow, quick = SingleFlight[int](), Work(), Work()
    quick.gate.set()
    waiting = asyncio.create_task(flights.join("a", slow))
    assert await flights.join("b", quick) == 1
    assert not waiting.done()
    slow.gate.set()
    assert await waiting == 1


async def test_what_has_landed_is_not_remembered() -> None:
    """Whoever asks later begins anew."""
    flights, work = SingleFlight[int](), Work()
    work.gate.set()
    assert [await flights.join("a", work), await flights.join("a", work)] == [1, 2]


async def test_a_failure_is_shared_and_not_remembered() -> None:
    """Everybody who waits gets the error, and the next who asks begins anew."""
    flights, work = SingleFlight[int](), Work(error=LookupError("no"))
    waiting = [asyncio.create_task(flights.join("a", work)) for _ in range(1000)]
    await _turn()
    work.gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, LookupError) for result in results)
    assert work.begun == 1
    work.error = None
    assert await flights.join("a", work) == 2


async def test_a_shared_failure_does_not_grow() -> None:
    """The traceback that each of many sees is as long as that of one who waits alone."""
    flights, work = SingleFlight[int](), Work(error=LookupError("no"))

    async def length() -> int:
        try:
            await flights.join("a", work)
        except LookupError as error:
            await asyncio.sleep(0)
            return len(traceback.extract_tb(error.__traceback__))
        return 0

    work.gate.set()
    alone = await length()
    work.error = LookupError("again")
    assert set(await asyncio.gather(*(length() for _ in range(100)))) == {alone}


async def test_one_who_goes_away_takes_nothing_along() -> None:
    """When a waiter is cancelled, even the first, the others get their answer."""
    flights, work = SingleFlight[int](), Work()
    first, second = (asyncio.create_task(flights.join("a", work)) for _ in range(2))
    await _turn()
    first.cancel()
    await _turn()
    assert first.cancelled()
    work.gate.set()
    assert await second == 1
    assert work.begun == 1


async def test_work_goes_on_without_anybody() -> None:
    """When everybody has gone away the work still ends, and who comes meanwhile joins it."""
    flights, work = SingleFlight[int](), Work()
    gone = asyncio.create_task(flights.join("a", work))
    await _turn()
    gone.cancel()
    await _turn()
    late = asyncio.create_task(flights.join("a", work))
    await _turn()
    work.gate.set()
    assert await late == 1
    assert (work.begun, work.ended) == (1, 1)


async def test_a_failure_that_nobody_waits_for() -> None:
    """It is no error of the event loop: what is started alone tells of its failure by itself."""
    flights, work = SingleFlight[int](), Work(error=LookupError("no"))
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    work.gate.set()
    flights.start("a", work)
    await _turn()
    await flights.close()
    assert complaints == []


async def test_close_ends_what_is_under_way() -> None:
    """Nothing goes on after closing, and whoever waits is cancelled."""
    flights, work, before = SingleFlight[int](), Work(), asyncio.all_tasks()
    waiting = asyncio.create_task(flights.join("a", work))
    alone = flights.start("b", work)
    await _turn()
    await flights.close()
    await _turn()
    assert waiting.cancelled()
    assert alone.cancelled()
    assert work.ended == 0
    assert asyncio.all_tasks() == before


async def test_close_with_nothing_under_way() -> None:
    """Closing what is idle, or closed, is nothing."""
    flights = SingleFlight[int]()
    await flights.close()
    await flights.close()
