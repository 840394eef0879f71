"""Filters: what a caller states, and the predicate that it becomes."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry

from gateway import app
from gateway.domain.filters import Comparator, Condition
from gateway.errors import BadUserInput
from gateway.graph.inputs import predicate, stated
from tests.graph.asking import NOW, settings

CATALOG = app.catalog_of(settings())


def where(**comparisons: dict[str, Any]) -> SimpleNamespace:
    """A filter as Strawberry makes it: unset where nothing was said."""
    unset = dict.fromkeys(("eq", "gt", "gte", "lt", "lte"), strawberry.UNSET)
    return SimpleNamespace(**{name: SimpleNamespace(**{**unset, **said}) for name, said in comparisons.items()})


def test_several_comparisons_are_several_conditions() -> None:
    asked = where(created_at={"gte": "-P1D", "lt": "2026-08-20T00:00:00Z"}, assistant_id={"eq": "a"})
    assert set(predicate(stated(asked, CATALOG), NOW)) == {
        Condition("createdAt", Comparator.GTE, NOW - dt.timedelta(days=1)),
        Condition("createdAt", Comparator.LT, dt.datetime(2026, 8, 20, tzinfo=dt.UTC)),
        Condition("assistantId", Comparator.EQ, "a"),
    }


def test_a_duration_is_kept_as_stated_until_it_is_known_what_time_it_is() -> None:
    (one,) = stated(where(created_at={"gte": "-P7D"}), CATALOG)
    assert (one.argument, one.operand) == ("where.createdAt.gte", "-P7D")


@pytest.mark.parametrize("nothing", [None, strawberry.UNSET, where(), where(created_at={"gte": None})])
def test_nulls_state_nothing(nothing: object) -> None:
    assert stated(nothing, CATALOG) == ()


@pytest.mark.parametrize("text", ["\ud800", "x\udfff", "x" * 257])
def test_a_text_that_no_address_can_hold_is_named(text: str) -> None:
    with pytest.raises(BadUserInput, match=r"where\.assistantId\.eq"):
        predicate(stated(where(assistant_id={"eq": text}), CATALOG), NOW)
