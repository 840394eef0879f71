"""Following: what other processes change in the mirror is told here."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from gateway.domain.filters import Predicate
from gateway.domain.mirrored import State
from gateway.ports import Batch, Change, PageQuery, Place, Stored
from gateway.services.following import Following

pytestmark = pytest.mark.anyio


@dataclasses.dataclass
class Changes:
    """A store of which only the changes are of interest."""

    made: list[Change] = dataclasses.field(default_factory=list)

    def make(self, count: int) -> None:
        """Change so many calls."""
        last = len(self.made)
        self.made += [Change(last + n, f"call {last + n}", State.PRESENT) for n in range(1, count + 1)]

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        return [change for change in self.made if change.number > after][:limit]

    async def last_change(self) -> int:
        return len(self.made)

    async def apply(self, batch: Batch) -> Sequence[Change]:
        raise NotImplementedError

    async def read(self, call_ids: Sequence[str]) -> dict[str, Stored]:
        raise NotImplementedError

    async def page(self, query: PageQuery) -> Sequence[Place]:
        raise NotImplementedError

    async def count(self, predicate: Predicate) -> int:
        raise NotImplementedError


async def test_what_changed_before_is_not_told() -> None:
    """Memory is empty when it begins to follow."""
    store, told = Changes(), list[Change]()
    store.make(3)
    following = Following(store, told.extend)
    await following.step()
    assert told == []
    store.make(2)
    await following.step()
    assert [change.number for change in told] == [4, 5]


async def test_each_change_is_told_once_in_order_however_many_there_are() -> None:
    """A thousand at a time, at once again where there may be more."""
    store, told = Changes(), list[Change]()
    following = Following(store, told.extend)
    await following.step()
    store.make(2500)
    assert [await following.step() for _ in range(3)] == [True, True, False]
    assert [change.number for change in told] == list(range(1, 2501))
