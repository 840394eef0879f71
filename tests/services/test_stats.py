"""Who may ask what about many calls, and of which state of the mirror."""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from gateway.domain.aggregates import Aggregate, Aggregation, Bucket, Dimension, Group, GroupOrder, Having, Measure
from gateway.domain.catalog import build
from gateway.domain.filters import AllOf, Comparator, Condition, Search
from gateway.domain.principal import ANONYMOUS, Principal, Scope
from gateway.errors import BadUserInput, Forbidden, NotConfigured, StoreTimeout
from gateway.ports import Grouped
from gateway.services.stats import MOST_GROUPS, Snapshot, Snapshots, Stats

pytestmark = pytest.mark.anyio

READER: Final = Principal(name="reader", scopes=frozenset({Scope.CALLS_READ}))
SALES: Final = dataclasses.replace(READER, assistants=frozenset({"sales"}))
COUNT: Final = Measure(Aggregate.COUNT)
ASKED: Final = Aggregation(measures=(COUNT,), limit=10)


@dataclasses.dataclass
class Copy:
    """A columnar copy that notes what it is asked."""

    asked: list[tuple[Aggregation, int | None]] = dataclasses.field(default_factory=list)
    groups_told: tuple[Group, ...] = ()

    async def groups(self, asked: Aggregation, *, state: int | None = None) -> Grouped:
        self.asked.append((asked, state))
        return Grouped(groups=self.groups_told, has_more=False, state=7)


@dataclasses.dataclass
class Sequence:
    """The number of the last change, which is another one after each look."""

    last: int = 7
    grows: int = 0
    slept: float = 0

    async def last_change(self) -> int:
        self.last += self.grows
        return self.last

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds


def stats(copy: Copy | None, sequence: Sequence | None = None) -> Stats:
    changes = sequence or Sequence()
    return Stats(copy, Snapshots(changes.last_change, sleep=changes.sleep), catalog=build())


async def test_whoever_is_bound_is_told_of_their_calls_alone() -> None:
    copy, mine = Copy(), Condition("cost", Comparator.GT, 1)
    await stats(copy).groups(SALES, dataclasses.replace(ASKED, where=mine))
    bound = AllOf((Condition("assistant_id", Comparator.IN, ("sales",)),))
    assert copy.asked[0][0].where == AllOf((bound, mine))


PERSONAL: Final = "customer_number"


@pytest.mark.parametrize(
    "asked",
    [
        dataclasses.replace(ASKED, where=Condition(PERSONAL, Comparator.EQ, "+1")),
        dataclasses.replace(ASKED, where=Search(("invoice",))),
        dataclasses.replace(ASKED, dimensions=(Dimension(PERSONAL),)),
        dataclasses.replace(ASKED, measures=(Measure(Aggregate.COUNT_DISTINCT, PERSONAL),)),
        dataclasses.replace(ASKED, measures=(Measure(Aggregate.COUNT, None, Condition(PERSONAL, Comparator.EQ, "")),)),
        dataclasses.replace(ASKED, having=(Having(Measure(Aggregate.COUNT, PERSONAL), Comparator.GT, 1),)),
        dataclasses.replace(ASKED, order=(GroupOrder(Measure(Aggregate.COUNT, PERSONAL)),)),
    ],
)
async def test_nobody_is_told_of_what_they_do_not_see_whole(asked: Aggregation) -> None:
    copy = Copy()
    with pytest.raises(Forbidden):
        await stats(copy).groups(READER, asked)
    await stats(copy).groups(ANONYMOUS, asked)
    assert len(copy.asked) == 1


async def test_whoever_may_not_read_calls_counts_none() -> None:
    with pytest.raises(Forbidden):
        await stats(Copy()).groups(Principal(name="nobody", scopes=frozenset()), ASKED)


async def test_without_the_extra_a_question_says_how_to_install_it() -> None:
    with pytest.raises(NotConfigured, match=r"\[bi\]"):
        await stats(None).groups(READER, ASKED)


DAYS: Final = Dimension("created_at", Bucket.DAY, filled=True)


@pytest.mark.parametrize(
    "asked",
    [
        dataclasses.replace(ASKED, limit=0),
        dataclasses.replace(ASKED, limit=MOST_GROUPS + 1),
        dataclasses.replace(ASKED, dimensions=(Dimension("created_at", Bucket.DAY, "Mars/Olympus"),)),
        dataclasses.replace(ASKED, dimensions=(Dimension("created_at", Bucket.DAY, "../etc/passwd"),)),
        dataclasses.replace(ASKED, dimensions=(DAYS, dataclasses.replace(DAYS, attribute="started_at"))),
        dataclasses.replace(ASKED, dimensions=(DAYS,), having=(Having(COUNT, Comparator.GT, 1),)),
        dataclasses.replace(ASKED, dimensions=(DAYS,), order=(GroupOrder(COUNT),)),
    ],
)
async def test_what_cannot_be_asked_is_told_before_anything_is_asked(asked: Aggregation) -> None:
    copy = Copy()
    with pytest.raises(BadUserInput):
        await stats(copy).groups(READER, asked)
    assert not copy.asked


async def test_the_latest_state_is_asked_for_or_the_one_that_was_told() -> None:
    copy = Copy()
    await stats(copy).groups(READER, ASKED)
    await stats(copy).groups(READER, ASKED, Snapshot(as_of="3"))
    assert [state for _, state in copy.asked] == [None, 3]


@pytest.mark.parametrize("token", ["", "-1", "1.5", "٣", "9" * 40])
async def test_a_token_that_nobody_told_is_refused(token: str) -> None:
    with pytest.raises(BadUserInput, match="asOf"):
        await stats(Copy()).groups(READER, ASKED, Snapshot(as_of=token))


async def test_an_answer_waits_for_the_change_that_it_must_know_of() -> None:
    sequence = Sequence(last=1, grows=1)
    await stats(Copy(), sequence).groups(READER, ASKED, Snapshot(at_least=4))
    assert (sequence.last, sequence.slept > 0) == (4, True)


async def test_a_change_that_does_not_come_is_not_waited_for_forever() -> None:
    sequence = Sequence()
    with pytest.raises(StoreTimeout, match="99"):
        await stats(Copy(), sequence).groups(READER, ASKED, Snapshot(at_least=99))
    assert sequence.slept < 10
