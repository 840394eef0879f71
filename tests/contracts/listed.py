"""Calls to make lists of: with ties, gaps and doubles, the same each time; and what one can ask of such lists."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.domain.observations import Observation
from gateway.domain.ordering import Direction, Nulls, Order, Ordering
from tests.contracts.calls import absence, document, notice, said, snapshot, wire

_COMPARED: Final = (*(Comparator.EQ, Comparator.NEQ, Comparator.GT, Comparator.GTE, Comparator.LT, Comparator.LTE),)
_TEXT: Final = (Comparator.CONTAINS, Comparator.STARTS_WITH)


def observations(count: int = 60) -> tuple[Observation, ...]:
    """Calls of a few customers and assistants; some are forgotten, deleted, or known from a webhook only."""
    chance = random.Random(3)
    read = [snapshot(_document(chance, number), read=100) for number in range(count)]
    gone = [absence(number, noticed=200, deleted=number % 2 == 0) for number in range(0, count, 7)]
    heard = [notice(count + number, received=300, status="ended") for number in range(3)]
    return (*read, *gone, *heard)


def _document(chance: random.Random, number: int) -> dict[str, Any]:
    stated: dict[str, Any] = {
        "type": "outboundPhoneCall" if number % 3 else "webCall",
        "assistantId": chance.choice(["sales", "support", None]),
        "endedReason": chance.choice(["customer-ended-call", "silence-timed-out", "Silence", "é", None]),
        "cost": chance.choice([0, 0.1, 0.2, 0.30000000000000004, 1.5, None]),
        "customerId": chance.choice(["a", "b", "c", "d", "e", "f", None]),
        "customerName": chance.choice(["Ann", "ann", "Ännchen", "Bob", None]),
        "plan": chance.choice(["free", "pro", None]),
        "tags": chance.choice([["vip"], ["vip", "new"], [], None]),
        **said(" ".join(chance.sample(["refund", "order", "hello", "école"], 2))),
    }
    if chance.random() < 0.7:
        stated |= {"startedAt": wire(number % 5), "endedAt": wire(number % 5 + chance.choice([0.1, 1, 7]))}
    known = {name: value for name, value in stated.items() if value is not None}
    return document(number, created=number % 9, **known)


def predicates(rows: Iterable[Mapping[str, Any]], attributes: Sequence[str]) -> st.SearchStrategy[Predicate]:
    """Any filter by these attributes, with values that some of the rows have."""
    held = list(rows)
    each: list[st.SearchStrategy[Predicate]] = [_condition(name, _values(held, name)) for name in attributes]
    searches = st.lists(st.sampled_from(["refund", "order", "nobody"]), max_size=2).map(tuple).map(Search)
    return st.recursive(st.one_of([*each, searches]), _joined, max_leaves=5)


def orderings(attributes: Sequence[str]) -> st.SearchStrategy[Ordering]:
    """Any ordering by one to three of these."""
    order = st.builds(Order, st.sampled_from(attributes), st.sampled_from(Direction), st.sampled_from(Nulls))
    return st.lists(order, min_size=1, max_size=3).map(tuple)


def _values(rows: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    return sorted({row[name] for row in rows if row.get(name) is not None})


def _condition(name: str, values: Sequence[Any]) -> st.SearchStrategy[Predicate]:
    if isinstance(values[0], tuple):
        return _condition_of_list(name, values)
    attribute, one = st.just(name), st.sampled_from(values)
    several = st.lists(one, max_size=3).map(tuple)
    found = [
        st.builds(Condition, attribute, st.sampled_from(_COMPARED), one),
        st.builds(Condition, attribute, st.sampled_from([Comparator.IN, Comparator.NIN]), several),
        st.builds(Condition, attribute, st.just(Comparator.IS_NULL), st.booleans()),
    ]
    parts = st.builds(Condition, attribute, st.sampled_from(_TEXT), one.map(lambda text: str(text)[:2]))
    return st.one_of([*found, parts] if isinstance(values[0], str) else found)


def _condition_of_list(name: str, values: Sequence[Any]) -> st.SearchStrategy[Predicate]:
    elements = st.sampled_from(sorted({element for value in values for element in value}))
    has = st.builds(Condition, st.just(name), st.just(Comparator.CONTAINS), elements)
    return has | st.builds(Condition, st.just(name), st.just(Comparator.IS_NULL), st.booleans())


def _joined(inner: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    several = st.lists(inner, max_size=3).map(tuple)
    return st.builds(AllOf, several) | st.builds(AnyOf, several) | st.builds(Not, inner)
