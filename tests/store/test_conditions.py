"""Conditions: what is left of a filter for a database to answer, and that it holds for the same rows."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.filters import (
    EVERYTHING,
    AnyOf,
    Comparator,
    Condition,
    Not,
    Predicate,
    Search,
    holds,
    leaves,
)
from gateway.store.conditions import NOTHING, after_all_with, first_unit, scaled, settled
from tests.store import rows

ASKABLE = {
    *(Comparator.EQ, Comparator.IN, Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE),
    *(Comparator.CONTAINS, Comparator.IS_NULL),
}
UNITS = {"cost": ("nano", 10**9)}
STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@given(rows.predicates(rows.conditions() | rows.searches()), rows.values())
def test_what_is_left_holds_for_the_same_rows(predicate: Predicate, values: dict[str, Any]) -> None:
    words = frozenset(rows.WORDS[:2])
    assert holds(settled(predicate), values, words) == holds(predicate, values, words)


@given(rows.predicates(rows.conditions()))
def test_only_comparisons_that_databases_know_are_left(predicate: Predicate) -> None:
    assert {leaf.comparator for leaf in leaves(settled(predicate)) if isinstance(leaf, Condition)} <= ASKABLE


@given(st.text(max_size=4), STORABLE, st.sampled_from(Comparator))
def test_any_text_can_be_asked_for(asked: str, held: str, comparator: Comparator) -> None:
    """Half characters and NUL among them, which no row has and no database takes."""
    value: Any = (asked,) if comparator in (Comparator.IN, Comparator.NIN) else asked
    condition = Condition("word", comparator, True if comparator is Comparator.IS_NULL else value)
    left = settled(condition)
    assert holds(left, {"word": held}) == holds(condition, {"word": held})
    for leaf in leaves(left):
        assert isinstance(leaf, Condition)
        assert "\0" not in str(leaf.value)
        str(leaf.value).encode()


@given(STORABLE, STORABLE)
def test_what_begins_with_a_text_ends_before_the_next_that_does_not(prefix: str, text: str) -> None:
    following = after_all_with(prefix)
    assert text.startswith(prefix) == (prefix <= text and (following is None or text < following))


def test_nothing_comes_behind_all_that_begin_with_the_last_character() -> None:
    assert after_all_with(chr(sys.maxunicode) * 2) is None
    assert after_all_with("") is None
    assert after_all_with("a" + chr(sys.maxunicode)) == "b"
    assert after_all_with("\ud7ff") == "\ue000"


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**400, float("nan"), None])
def test_what_no_row_can_have_is_equal_to_nothing(value: Any) -> None:
    assert settled(Condition("number", Comparator.EQ, value)) == NOTHING
    assert settled(Condition("number", Comparator.IN, (value,))) == NOTHING


def test_numbers_beyond_64_bits_still_are_above_or_below_all_that_rows_have() -> None:
    known = Condition("number", Comparator.IS_NULL, value=False)
    assert settled(Condition("number", Comparator.LT, 2**63)) == known
    assert settled(Condition("number", Comparator.GTE, -(2**63) - 1)) == known
    assert settled(Condition("number", Comparator.GT, 2**63)) == NOTHING


def test_a_search_for_what_no_text_has_finds_nothing() -> None:
    assert settled(Search(("a", "\ud800"))) == NOTHING
    assert settled(EVERYTHING) == EVERYTHING


_NANOS = st.integers(-(10**12), 10**12) | st.integers(-(2**61), 2**61 - 1)
_DOLLARS = st.floats() | _NANOS.map(lambda nano: nano / 10**9)
_COMPARED = st.sampled_from([c for c in ASKABLE if c is not Comparator.CONTAINS] + [Comparator.NEQ, Comparator.NIN])


@given(_NANOS, _DOLLARS, _COMPARED)
def test_money_is_compared_in_dollars_though_it_is_kept_in_billionths(
    nano: int, dollars: float, comparator: Comparator
) -> None:
    value: Any = (dollars, None) if comparator in (Comparator.IN, Comparator.NIN) else dollars
    condition = Condition("cost", comparator, True if comparator is Comparator.IS_NULL else value)
    told, kept = {"cost": nano / 10**9}, {"nano": nano}
    assert holds(scaled(condition, UNITS), kept) == holds(condition, told)
    assert holds(scaled(Not(condition), UNITS), kept) == holds(Not(condition), told)


@given(st.none() | _NANOS, _DOLLARS, _COMPARED)
def test_missing_money_is_compared_as_missing(nano: int | None, dollars: float, comparator: Comparator) -> None:
    value: Any = (dollars,) if comparator in (Comparator.IN, Comparator.NIN) else dollars
    condition = Condition("cost", comparator, True if comparator is Comparator.IS_NULL else value)
    told = {"cost": None if nano is None else nano / 10**9}
    assert holds(scaled(condition, UNITS), {"nano": nano}) == holds(condition, told)


@given(st.integers(-(2**51), 2**51))
def test_below_two_million_dollars_a_float_leads_back_to_its_billionths(nano: int) -> None:
    assert first_unit(nano / 10**9, 10**9) == nano


def test_other_attributes_are_left_alone() -> None:
    predicate = AnyOf((Not(Condition("word", Comparator.EQ, "a")), Search(("b",))))
    assert scaled(predicate, UNITS) == predicate
