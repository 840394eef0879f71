"""Orderings: which row comes first, missing values included."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.ordering import (
    NEWEST_FIRST,
    Direction,
    Nulls,
    Order,
    Ordering,
    Position,
    compare,
    direction_of_id,
    in_order,
    position,
    reverse,
)
from tests.store import rows

SORTED_BY = tuple(rows.HELD)
ORDERINGS = rows.orderings(SORTED_BY).filter(bool)
ROWS = st.lists(st.tuples(rows.values(), st.uuids().map(str)), max_size=8, unique_by=lambda row: row[1])


def positions(of: list[tuple[dict[str, Any], str]], ordering: Ordering) -> list[Position]:
    return [position(values, row_id, ordering) for values, row_id in of]


@pytest.mark.parametrize(
    ("direction", "nulls", "expected"),
    [
        (Direction.ASC, Nulls.LAST, [1, 2, None]),
        (Direction.ASC, Nulls.FIRST, [None, 1, 2]),
        (Direction.DESC, Nulls.LAST, [2, 1, None]),
        (Direction.DESC, Nulls.FIRST, [None, 2, 1]),
    ],
)
def test_missing_values_stand_where_they_are_told_to(
    direction: Direction, nulls: Nulls, expected: list[int | None]
) -> None:
    found = in_order([Position((value,), "id") for value in (2, None, 1)], (Order("x", direction, nulls),))
    assert [at.values[0] for at in found] == expected


def test_equal_rows_go_by_the_next_order_and_in_the_end_by_id() -> None:
    ordering = (Order("x"), Order("y", Direction.DESC))
    given = [Position((1, 1), "a"), Position((1, 2), "a"), Position((1, 1), "b"), Position((0, 0), "c")]
    assert in_order(given, ordering) == [given[3], given[1], given[2], given[0]]


def test_ids_go_the_way_of_the_last_order_and_ascend_where_there_is_none() -> None:
    assert direction_of_id(NEWEST_FIRST) is Direction.DESC
    assert direction_of_id((*NEWEST_FIRST, Order("x"))) is Direction.ASC
    assert direction_of_id(()) is Direction.ASC


@given(ROWS, ORDERINGS)
def test_the_reverse_is_the_same_list_from_its_end(of: list[tuple[dict[str, Any], str]], ordering: Ordering) -> None:
    found = positions(of, ordering)
    assert in_order(found, reverse(ordering)) == list(in_order(found, ordering))[::-1]
    assert reverse(reverse(ordering)) == ordering


@given(ROWS, ORDERINGS)
def test_two_rows_stand_one_way_round(of: list[tuple[dict[str, Any], str]], ordering: Ordering) -> None:
    found = positions(of, ordering)
    for one in found:
        for other in found:
            assert compare(one, other, ordering) == -compare(other, one, ordering)
            assert (compare(one, other, ordering) == 0) == (one == other)


@given(ROWS, ORDERINGS)
def test_what_stands_before_stands_before_all_behind(of: list[tuple[dict[str, Any], str]], ordering: Ordering) -> None:
    found = in_order(positions(of, ordering), ordering)
    for at, one in enumerate(found):
        assert all(compare(one, other, ordering) < 0 for other in found[at + 1 :])
