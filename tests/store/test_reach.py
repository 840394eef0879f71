"""How far a condition on calls reaches."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.filters import EVERYTHING, AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.store.reach import Reach, of_calls, reach


def _is(attribute: str, value: Any) -> Condition:
    return Condition(attribute, Comparator.EQ, value)


def _in(attribute: str, *values: Any) -> Condition:
    return Condition(attribute, Comparator.IN, values)


def _set(*values: str) -> frozenset[str]:
    return frozenset(values)


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (EVERYTHING, Reach()),
        (_is("customer_key", "a"), Reach(keys=_set("a"))),
        (_in("customer_key", "a", "b"), Reach(keys=_set("a", "b"))),
        (_in("customer_key"), Reach(keys=_set())),
        (_in("customer_key", None, "a", "no row \0 has this"), Reach(keys=_set("a"))),
        (AllOf((_in("assistant_id", "x", "y"),)), Reach(assistants=_set("x", "y"))),
        (AllOf((_in("assistant_id", "x", "y"), _is("assistant_id", "y"))), Reach(assistants=_set("y"))),
        (AllOf((_is("assistant_id", "x"), _is("assistant_id", "y"))), Reach(assistants=_set())),
        (AllOf((AllOf((_is("assistant_id", "x"),)), _is("customer_key", "a"))), Reach(_set("a"), _set("x"))),
    ],
)
def test_conditions_on_customers_and_assistants_say_which(within: Predicate, expected: Reach) -> None:
    assert reach(within) == expected


@pytest.mark.parametrize(
    "within",
    [
        _is("type", "webCall"),
        _in("assistant_id", "x", ""),
        _is("assistant_id", "*"),
        Condition("assistant_id", Comparator.IS_NULL, value=True),
        Condition("customer_key", Comparator.STARTS_WITH, "id:"),
        Not(_is("customer_key", "a")),
        AnyOf((_is("customer_key", "a"), _is("assistant_id", "x"))),
        AllOf((_in("customer_key", "a"), _is("customer_key_trust", "server"))),
        Search(("refund",)),
    ],
)
def test_whatever_else_is_asked_only_calls_can_tell(within: Predicate) -> None:
    assert reach(within) is None


def test_what_is_asked_of_customers_need_not_be_asked_of_each_of_their_calls() -> None:
    trusted = _is("customer_key_trust", "server")
    assert of_calls(AllOf((_in("customer_key", "a"), AllOf((trusted, _is("customer_key", "a")))))) == AllOf((trusted,))
    anybody = Not(_is("customer_key", "a"))
    assert of_calls(anybody) == AllOf((anybody,))
