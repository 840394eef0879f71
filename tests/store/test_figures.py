"""The figures of customers, kept by difference."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.store.contributions import Contribution, contribution, whole
from gateway.store.figures import Difference, Move, adjusted, differences
from gateway.store.tables import ALL_ASSISTANTS
from tests.contracts.calls import at

WHO = ("id:c-7", ALL_ASSISTANTS)


def call(number: int = 1, *, created: float = 0, **stated: Any) -> Contribution:
    """What a call adds."""
    usual = Contribution(
        key="id:c-7", call_id=str(number), created_at=at(created), assistant="a", nano=1, milliseconds=2, stated={}
    )
    return dataclasses.replace(usual, **stated)


def row(first: float, last: float, calls: int = 2) -> dict[str, Any]:
    """A row of figures."""
    return {
        "customer_first_seen_at": at(first),
        "customer_last_call_at": at(last),
        "customer_call_count": calls,
        "total_cost_nano": 10,
        "total_duration_ms": 20,
    }


def times(known: dict[str, Any] | None, *moves: Move) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The first and the last time after moves; None where they must be looked up."""
    made = adjusted(known, WHO, differences(moves)[WHO])
    return made["customer_first_seen_at"], made["customer_last_call_at"]


def test_a_call_counts_with_its_assistant_and_with_all() -> None:
    assert differences([(None, call())]) == {
        ("id:c-7", "a"): Difference(1, 1, 2, [at(0)], []),
        WHO: Difference(1, 1, 2, [at(0)], []),
    }


def test_a_call_that_adds_what_it_added_before_changes_nothing() -> None:
    assert differences([(call(), call(stated={"customer_name": "Ada"})), (None, None)]) == {}


def test_a_call_that_costs_something_else_now_changes_sums_alone() -> None:
    made = adjusted(row(0, 5), WHO, differences([(call(), call(nano=9))])[WHO])
    assert made == {"customer_key": "id:c-7", "assistant_id": ALL_ASSISTANTS, **row(0, 5), "total_cost_nano": 18}


def test_a_call_with_another_assistant_now_moves_between_them() -> None:
    moved = differences([(call(), call(assistant="b"))])
    assert {assistant: change.calls for (_, assistant), change in moved.items()} == {"a": -1, "b": 1, ALL_ASSISTANTS: 0}


def test_calls_that_come_stretch_the_time() -> None:
    assert times(None, (None, call(created=3)), (None, call(created=1))) == (at(1), at(3))
    assert times(row(2, 3), (None, call(created=1)), (None, call(created=4))) == (at(1), at(4))
    assert times(row(2, 5), (None, call(created=3))) == (at(2), at(5))


def test_only_where_the_first_or_the_last_call_left_its_time_must_be_looked_up() -> None:
    assert times(row(0, 5), (call(created=3), None)) == (at(0), at(5))
    assert times(row(0, 5), (call(created=0), None)) == (None, at(5))
    assert times(row(0, 5), (call(created=5), None)) == (at(0), None)
    assert times(row(0, 5), (call(created=0), call(created=-1))) == (at(-1), at(5))
    assert times(row(0, 5), (call(created=0), call(created=1))) == (None, at(5))


@pytest.mark.parametrize(
    ("value", "units"),
    [(None, 0), (0, 0), (0.1, 100_000_000), (7.275e-05, 72_750), (1e300, 0), (-1e300, 0), (1_000_000, 10**15)],
)
def test_dollars_are_counted_in_billionths_and_nonsense_not_at_all(value: float | None, units: int) -> None:
    assert whole(value, 10**9) == units


@given(st.lists(st.floats(0, 1e4), max_size=20), st.randoms())
def test_sums_do_not_depend_on_the_order(costs: list[float], chance: Any) -> None:
    moves: list[Move] = [(None, call(n, nano=whole(cost, 10**9))) for n, cost in enumerate(costs)]
    shuffled = chance.sample(moves, len(moves))
    assert {w: d.nano for w, d in differences(moves).items()} == {w: d.nano for w, d in differences(shuffled).items()}


LISTED = {
    "mirror_state": "present",
    "id": "1",
    "customer_key": "id:c-7",
    "created_at": at(0),
    "assistant_id": None,
    "cost": 0.5,
    "duration_seconds": None,
    "customer_name": "Ada",
    "customer_email": None,
}


def test_a_row_adds_what_it_says_and_nothing_counts_as_nothing() -> None:
    assert contribution(LISTED, ("customer_name", "customer_email")) == Contribution(
        key="id:c-7",
        call_id="1",
        created_at=at(0),
        assistant="",
        nano=500_000_000,
        milliseconds=0,
        stated={"customer_name": "Ada"},
    )


@pytest.mark.parametrize(
    "stated",
    [{"mirror_state": "deleted"}, {"mirror_state": "unread"}, {"customer_key": "call:1"}, {"customer_key": None}],
)
def test_calls_that_stand_in_no_list_or_are_nobody_s_add_nothing(stated: dict[str, Any]) -> None:
    assert contribution({**LISTED, **stated}, ()) is None
    assert contribution(None, ()) is None


def test_an_assistant_that_is_called_as_all_of_them_are_is_none() -> None:
    found = contribution({**LISTED, "assistant_id": ALL_ASSISTANTS}, ())
    assert found is not None
    assert found.assistant == ""
