"""Lists: pieces of a list, forwards and backwards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.filters import Comparator, Condition, holds
from gateway.domain.ordering import Direction, Order, Position, compare, in_order
from gateway.domain.principal import ANONYMOUS
from gateway.errors import BadUserInput
from gateway.ports import PageQuery
from gateway.services.lists import ListRequest, Permitted, Piece, Placed, piece

pytestmark = pytest.mark.anyio

NOW = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)
ORDERING = (Order("cost", Direction.DESC), Order("name"))


def cursor_of(position: Position, now: dt.datetime, of: ListRequest) -> str:
    return Placed(position, now, of.stated).cursor


def request(**stated: Any) -> ListRequest:
    """A request for pieces of three rows at most, if nothing else is said."""
    usual: dict[str, Any] = {
        "predicate": lambda now: Condition("at", Comparator.LTE, now),
        "ordering": ORDERING,
        "stated": "digest",
        "usual": 3,
    }
    return ListRequest(**{**usual, **stated})


class Rows:
    """A list that a plain function keeps in order."""

    def __init__(self, costs: Sequence[int | None]) -> None:
        self.positions = [Position((cost, f"name {n % 3}"), f"{n:03}") for n, cost in enumerate(costs)]
        self.asked: list[PageQuery] = []

    async def fetch(self, query: PageQuery) -> Sequence[Position]:
        self.asked.append(query)
        assert holds(query.predicate, {"at": NOW})
        ordered = in_order(self.positions, query.ordering)
        behind = [p for p in ordered if query.after is None or compare(p, query.after, query.ordering) > 0]
        return behind[: query.limit]

    async def piece(self, now: dt.datetime = NOW, **stated: Any) -> Piece[Position]:
        return await piece(Permitted(request(**stated), ANONYMOUS, largest=10), now=now, fetch=self.fetch)


async def test_one_row_more_is_fetched_to_know_whether_the_list_goes_on() -> None:
    """Nothing is counted for it."""
    rows = Rows([1, 2, 3, 4])
    found = await rows.piece(first=3)
    assert (len(found.rows), found.has_next, found.has_previous) == (3, True, False)
    assert [query.limit for query in rows.asked] == [4]


async def test_without_a_size_the_piece_has_the_usual_one() -> None:
    """Three rows, here."""
    assert len((await Rows([1] * 9).piece()).rows) == 3


@given(st.lists(st.none() | st.integers(0, 4), max_size=12), st.integers(1, 5))
async def test_walking_forwards_and_backwards_gives_the_same_rows(costs: list[int | None], size: int) -> None:
    """Each once, in the order of the list, missing values and equal ones included."""
    rows = Rows(costs)
    expected = list(in_order(rows.positions, ORDERING))
    forwards: list[Position] = []
    after, more = None, True
    while more:
        found = await rows.piece(first=size, after=after)
        forwards += found.rows
        more, after = found.has_next, found.rows and cursor_of(found.rows[-1], NOW, request())
    backwards: list[Position] = []
    before, more = None, True
    while more:
        found = await rows.piece(last=size, before=before)
        backwards = [*found.rows, *backwards]
        more, before = found.has_previous, found.rows and cursor_of(found.rows[0], NOW, request())
    assert forwards == expected
    assert backwards == expected


async def test_a_cursor_keeps_the_moment_of_the_first_page() -> None:
    """So that “the last seven days” are the same seven days on every page."""
    rows = Rows([1, 2, 3, 4])
    after = cursor_of((await rows.piece(first=2)).rows[-1], NOW, request())
    later = await rows.piece(now=NOW + dt.timedelta(hours=1), first=2, after=after)
    assert later.now == NOW
    assert later.predicate == Condition("at", Comparator.LTE, NOW)


@pytest.mark.parametrize(
    ("stated", "argument"),
    [
        ({"first": 0}, "first"),
        ({"first": 11}, "first"),
        ({"first": -1}, "first"),
        ({"last": 11}, "last"),
        ({"first": 2, "last": 2}, "first"),
        ({"after": "x", "before": "y"}, "after"),
        ({"after": "no cursor"}, "after"),
        ({"before": "no cursor"}, "before"),
    ],
)
async def test_arguments_that_cannot_be_used_are_named(stated: dict[str, Any], argument: str) -> None:
    """With what would be accepted."""
    with pytest.raises(BadUserInput) as caught:
        await Rows([1]).piece(**stated)
    assert caught.value.argument == argument


async def test_a_cursor_of_another_order_or_filter_is_refused() -> None:
    """It would point into the middle of nowhere."""
    row = Position((1, "a"), "000")
    with pytest.raises(BadUserInput, match="another filter or order"):
        await Rows([1]).piece(after=cursor_of(row, NOW, request(stated="other")))
    with pytest.raises(BadUserInput, match="another order"):
        await Rows([1]).piece(after=cursor_of(Position((1,), "000"), NOW, request()))


def test_the_same_rows_are_read_until_the_filter_means_others() -> None:
    """So that nothing is worked out twice of a list that is asked for again and again."""
    lasting = Condition("at", Comparator.LTE, NOW)
    asked = Permitted(request(predicate=lambda _: lasting), ANONYMOUS, largest=10)
    later = NOW + dt.timedelta(hours=1)
    assert asked.window(NOW) is asked.window(later)
    assert (asked.window(NOW).piece([], NOW).now, asked.window(later).piece([], later).now) == (NOW, later)
    moving = Permitted(request(), ANONYMOUS, largest=10)
    assert moving.window(NOW).query.predicate == lasting
    assert moving.window(later).query.predicate == Condition("at", Comparator.LTE, later)
