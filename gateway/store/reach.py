"""Reach: which customers and assistants a condition on calls names, where it asks for nothing else.

Then figures that are kept tell everything, and no call has to be read for them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Final

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Predicate
from gateway.store.conditions import settled
from gateway.store.contributions import NO_ASSISTANT
from gateway.store.tables import ALL_ASSISTANTS

KEY: Final = "customer_key"
_ASSISTANT: Final = "assistant_id"
_AMBIGUOUS: Final = frozenset({NO_ASSISTANT, ALL_ASSISTANTS})
"""Under these, figures of other calls are kept as well."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """The calls of these customers, by their keys, with these assistants, by their ids; None stands for all."""

    keys: frozenset[str] | None = None
    assistants: frozenset[str] | None = None

    @property
    def condition(self) -> Predicate:
        """What holds for these calls, with a condition for each of the two at most."""
        named = ((KEY, self.keys), (_ASSISTANT, self.assistants))
        return AllOf(tuple(Condition(name, Comparator.IN, tuple(sorted(of))) for name, of in named if of is not None))


def reach(within: Predicate) -> Reach | None:
    """How far a condition on calls reaches; None where it asks for anything but customers and assistants."""
    return _reach(settled(within))


def of_calls(within: Predicate) -> Predicate:
    """What the condition asks of each call of a customer for whom the rest, their key, is as it should be."""
    return AllOf(tuple(each for each in _parts(within) if not _names_customers(each)))


def _reach(within: Predicate) -> Reach | None:
    match within:
        case AllOf(of):
            return _all_of(map(_reach, of))
        case AnyOf(()):
            return Reach(keys=frozenset())
        case Condition(attribute, Comparator.EQ | Comparator.IN as comparator, value):
            return _named(attribute, frozenset(value if comparator is Comparator.IN else (value,)))
        case _:
            return None


def _named(attribute: str, values: frozenset[str]) -> Reach | None:
    if attribute == KEY:
        return Reach(keys=values)
    return Reach(assistants=values) if attribute == _ASSISTANT and not values & _AMBIGUOUS else None


def _all_of(parts: Iterable[Reach | None]) -> Reach | None:
    found = Reach()
    for part in parts:
        if part is None:
            return None
        found = _both(found, part)
    return found


def _both(one: Reach, other: Reach) -> Reach:
    return Reach(_common(one.keys, other.keys), _common(one.assistants, other.assistants))


def _common(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _parts(within: Predicate) -> Iterable[Predicate]:
    """The conditions that must all hold."""
    match within:
        case AllOf(of):
            return [part for each in of for part in _parts(each)]
        case _:
            return [within]


def _names_customers(each: Predicate) -> bool:
    return isinstance(each, Condition) and each.attribute == KEY
