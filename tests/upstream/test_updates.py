"""Updates: every call that changed in a stretch of time, whatever the order of answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UpstreamTooDense
from gateway.ports import CallQuery, Document
from gateway.upstream.updates import Stretch, parted, updated
from gateway.upstream.windows import LARGEST
from tests.upstream.worlds import at

pytestmark = pytest.mark.anyio


@dataclasses.dataclass
class Changed:
    """A source over calls by the millisecond of their change, which answers in any order."""

    moments: Sequence[int]
    queries: list[CallQuery] = dataclasses.field(default_factory=list)
    dice: random.Random = dataclasses.field(default_factory=lambda: random.Random(0))

    async def get(self, call_id: str) -> Document | None:
        raise NotImplementedError

    async def list(self, query: CallQuery) -> Sequence[Document]:
        self.queries.append(query)
        assert query.updated_from
        assert query.updated_to
        found = [n for n, when in enumerate(self.moments) if query.updated_from <= at(when) <= query.updated_to]
        return [{"id": str(number)} for number in self.dice.sample(found, min(len(found), query.limit))]


async def ids(source: Changed, since: int, until: int) -> list[str]:
    return [row["id"] async for rows in updated(source, at(since), at(until)) for row in rows]


async def test_a_few_changes_take_one_question() -> None:
    source = Changed([1, 2, 3])
    assert sorted(await ids(source, 2, 9)) == ["1", "2"]
    assert [(q.limit, q.created_from) for q in source.queries] == [(100, None)]


async def test_many_changes_are_asked_for_in_halves() -> None:
    source = Changed(range(500))
    assert sorted(map(int, await ids(source, 0, 500))) == list(range(500))
    assert {query.limit for query in source.queries} == {100}


async def test_many_changes_of_one_moment_are_asked_for_at_once() -> None:
    source = Changed([7] * 999)
    assert len(await ids(source, 0, 60_000)) == 999
    assert source.queries[-1].limit in (100, LARGEST)


async def test_a_moment_that_no_answer_can_hold_is_an_error_once_all_else_is_told() -> None:
    source, told = Changed([*[7] * 1000, 1, 9]), list[int]()

    async def walk() -> None:
        async for rows in updated(source, at(0), at(10)):
            told.append(len(rows))

    with pytest.raises(UpstreamTooDense, match=r"2026-03-01T00:00:00\.007Z"):
        await walk()
    assert sum(told) == 1002


async def test_a_stretch_that_ends_before_it_begins_is_not_asked_for() -> None:
    source = Changed([1])
    assert await ids(source, 5, 4) == []
    assert source.queries == []


@settings(deadline=None)
@given(moments=st.lists(st.integers(0, 30) | st.integers(0, 10**8), max_size=400), seed=st.integers(0, 99))
async def test_in_any_world_each_change_comes_exactly_once(moments: list[int], seed: int) -> None:
    source = Changed(moments, dice=random.Random(seed))
    assert sorted(map(int, await ids(source, 0, 10**8))) == list(range(len(moments)))


@given(start=st.integers(0, 10**6), length=st.integers(1, 10**9))
def test_halves_meet_without_overlap(start: int, length: int) -> None:
    older, newer = parted(Stretch(at(start), at(start + length)))
    assert (older.start, newer.stop) == (at(start), at(start + length))
    assert newer.start - older.stop == dt.timedelta(milliseconds=1)


def test_a_single_millisecond_is_asked_for_with_the_largest_limit_and_then_not_at_all() -> None:
    one: Any = Stretch(at(1), at(1))
    assert parted(one) == (dataclasses.replace(one, limit=LARGEST),)
    assert parted(dataclasses.replace(one, limit=LARGEST)) == ()
