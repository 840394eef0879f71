"""What is gone in the mirror goes everywhere, soon and for all deletions that come together."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest

from gateway.domain.mirrored import State
from gateway.errors import StoreUnavailable
from gateway.observe.events import Event, StoreFailed
from gateway.ports import Change
from gateway.services.purging import Purging

pytestmark = pytest.mark.anyio

CHANGED = Change(1, "a", State.PRESENT)
DELETED, ERASED = Change(2, "b", State.DELETED), Change(3, "c", State.ERASED)


@dataclasses.dataclass
class Copies:
    """Something that is made of the mirror; it fails so many times before it is purged."""

    failures: int = 0
    purged: int = 0
    told: list[Event] = dataclasses.field(default_factory=list)

    async def purge(self) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("away")
        self.purged += 1

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncIterator[Purging]:
        purging = Purging(self.purge, pause=0.01, listen=self.told.append)
        running = asyncio.create_task(purging.run())
        yield purging
        running.cancel()


async def test_deletions_that_come_together_are_purged_together() -> None:
    copies = Copies()
    async with copies.watched() as purging:
        for _ in range(5):
            purging.changed([CHANGED, DELETED])
            purging.changed([ERASED])
        await asyncio.sleep(0.1)
    assert copies.purged == 1


async def test_changes_alone_purge_nothing() -> None:
    copies = Copies()
    async with copies.watched() as purging:
        purging.changed([CHANGED])
        await asyncio.sleep(0.05)
    assert copies.purged == 0


async def test_a_purge_that_does_not_work_is_tried_again() -> None:
    copies = Copies(failures=2)
    async with copies.watched() as purging:
        purging.changed([DELETED])
        await asyncio.sleep(0.2)
    assert copies.purged == 1
    assert copies.told == [StoreFailed("purging what is gone", "STORE_UNAVAILABLE")] * 2
