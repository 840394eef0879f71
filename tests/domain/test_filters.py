"""Filters: what a condition holds for, missing values included, and what ``not`` is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given

from gateway.domain.filters import (
    EVERYTHING,
    AllOf,
    AnyOf,
    Comparator,
    Condition,
    Not,
    Predicate,
    Search,
    holds,
    leaves,
    pushed,
)
from tests.store import rows

FILTERS = rows.predicates(rows.conditions() | rows.searches())


@pytest.mark.parametrize(
    ("comparator", "value", "held", "missed"),
    [
        (Comparator.EQ, 2, [2], [1, 3]),
        (Comparator.NEQ, 2, [1, 3, None], [2]),
        (Comparator.IN, (1, 2), [1, 2], [3]),
        (Comparator.NIN, (1, 2), [3, None], [1, 2]),
        (Comparator.GT, 2, [3], [1, 2]),
        (Comparator.GTE, 2, [2, 3], [1]),
        (Comparator.LT, 2, [1], [2, 3]),
        (Comparator.LTE, 2, [1, 2], [3]),
        (Comparator.CONTAINS, "b", ["abc", "b"], ["B", ""]),
        (Comparator.CONTAINS, "b", [("a", "b")], [("abc",), ()]),
        (Comparator.STARTS_WITH, "a", ["a", "ab"], ["A", "ba"]),
        (Comparator.IS_NULL, True, [None], [0, "", False]),
        (Comparator.IS_NULL, False, [0, "", False], [None]),
    ],
)
def test_a_condition_compares_what_is_there(
    comparator: Comparator, value: Any, held: list[Any], missed: list[Any]
) -> None:
    condition = Condition("x", comparator, value)
    assert [holds(condition, {"x": found}) for found in held] == [True] * len(held)
    assert [holds(condition, {"x": found}) for found in missed] == [False] * len(missed)


@pytest.mark.parametrize(
    "comparator", [c for c in Comparator if c not in (Comparator.NEQ, Comparator.NIN, Comparator.IS_NULL)]
)
def test_a_missing_value_meets_no_comparison(comparator: Comparator) -> None:
    value: Any = ("a",) if comparator is Comparator.IN else "a"
    assert not holds(Condition("x", comparator, value), {"x": None})
    assert not holds(Condition("x", comparator, value), {})


@given(FILTERS, rows.values())
def test_not_is_exactly_what_the_filter_without_it_leaves_out(predicate: Predicate, values: dict[str, Any]) -> None:
    assert holds(Not(predicate), values) is not holds(predicate, values)


@given(FILTERS, rows.values())
def test_pushing_not_to_the_leaves_changes_nothing(predicate: Predicate, values: dict[str, Any]) -> None:
    words = frozenset(rows.WORDS[:2])
    assert holds(pushed(predicate), values, words) == holds(predicate, values, words)


@given(FILTERS)
def test_when_pushed_not_stands_at_single_conditions_only(predicate: Predicate) -> None:
    assert all(isinstance(each, Condition | Search) for each in negations(pushed(predicate)))


def negations(predicate: Predicate) -> Iterator[Predicate]:
    """What stands under ``Not``."""
    match predicate:
        case AllOf(of) | AnyOf(of):
            for each in of:
                yield from negations(each)
        case Not(of):
            yield of


def test_the_leaves_of_a_filter_are_its_single_conditions_and_searches() -> None:
    one, other, search = Condition("x", Comparator.EQ, 1), Condition("y", Comparator.EQ, 2), Search(("a",))
    assert list(leaves(AllOf((one, Not(AnyOf((other, search))), EVERYTHING)))) == [one, other, search]


def test_all_of_none_holds_always_and_any_of_none_never() -> None:
    assert holds(EVERYTHING, {})
    assert not holds(AnyOf(), {})


def test_a_search_needs_all_of_its_words_and_one_without_any_finds_nothing() -> None:
    words = frozenset({"refund", "order"})
    assert holds(Search(("refund", "order")), {}, words)
    assert not holds(Search(("refund", "hello")), {}, words)
    assert not holds(Search(()), {}, words)
