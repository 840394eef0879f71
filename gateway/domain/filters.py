"""Filters: which calls or customers are meant, as a tree of plain conditions that any store can read.

A condition is true or false, never unknown: nothing that is compared holds for a missing value but ``neq``, ``nin`` and
``isNull``. So ``not`` is exactly what the filter without it leaves out.
"""

from __future__ import annotations

import dataclasses
import enum
import operator
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias


class Comparator(enum.Enum):
    """How an attribute is compared; the value is the name in the API."""

    EQ = "eq"
    NEQ = "neq"
    IN = "in"
    NIN = "nin"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    CONTAINS = "contains"
    STARTS_WITH = "startsWith"
    IS_NULL = "isNull"


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an attribute, by its flat name, with a value of its type.

    ``in`` and ``nin`` take a tuple, ``isNull`` a bool; ``contains`` takes a part of a text, or an element of a list.
    Texts are compared by their code points, so upper case differs from lower.
    """

    attribute: str
    comparator: Comparator
    value: Any


@dataclasses.dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where all of these do; of none, always."""

    of: tuple[Predicate, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where one of these does; of none, never."""

    of: tuple[Predicate, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Not:
    """Holds where that does not."""

    of: Predicate


@dataclasses.dataclass(frozen=True, slots=True)
class Search:
    """Holds for calls whose text has all of these words (`gateway.domain.words`); without a word, for none."""

    words: tuple[str, ...]


Predicate: TypeAlias = Condition | AllOf | AnyOf | Not | Search

EVERYTHING: Final = AllOf()
"""Holds for every call."""


def holds(predicate: Predicate, values: Mapping[str, Any], words: AbstractSet[str] = frozenset()) -> bool:
    """Whether it holds for a row of these values by flat name; ``words`` are those of the call's text."""
    match predicate:
        case AllOf(of):
            return all(holds(each, values, words) for each in of)
        case AnyOf(of):
            return any(holds(each, values, words) for each in of)
        case Not(of):
            return not holds(of, values, words)
        case Search(wanted):
            return bool(wanted) and words >= set(wanted)
        case Condition(attribute, comparator, value):
            return _COMPARE[comparator](values.get(attribute), value)


def _where_known(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda found, wanted: found is not None and compare(found, wanted)


_COMPARE: Final[Mapping[Comparator, Callable[[Any, Any], bool]]] = {
    Comparator.EQ: _where_known(operator.eq),
    Comparator.NEQ: operator.ne,
    Comparator.IN: _where_known(lambda found, wanted: found in wanted),
    Comparator.NIN: lambda found, wanted: found not in wanted,
    Comparator.GT: _where_known(operator.gt),
    Comparator.GTE: _where_known(operator.ge),
    Comparator.LT: _where_known(operator.lt),
    Comparator.LTE: _where_known(operator.le),
    Comparator.CONTAINS: _where_known(lambda found, wanted: wanted in found),
    Comparator.STARTS_WITH: _where_known(lambda found, wanted: found.startswith(wanted)),
    Comparator.IS_NULL: lambda found, wanted: (found is None) is wanted,
}


def negated(predicate: Predicate) -> Predicate:
    """The opposite, with ``Not`` around single conditions and searches only (De Morgan)."""
    match predicate:
        case Not(of):
            return pushed(of)
        case AllOf(of):
            return AnyOf(tuple(map(negated, of)))
        case AnyOf(of):
            return AllOf(tuple(map(negated, of)))
        case _:
            return Not(predicate)


def pushed(predicate: Predicate) -> Predicate:
    """The same, with ``Not`` around single conditions and searches only: what a query can use an index for."""
    match predicate:
        case Not(of):
            return negated(of)
        case AllOf(of):
            return AllOf(tuple(map(pushed, of)))
        case AnyOf(of):
            return AnyOf(tuple(map(pushed, of)))
        case _:
            return predicate


def leaves(predicate: Predicate) -> Iterator[Condition | Search]:
    """The single conditions and searches that a filter is made of."""
    match predicate:
        case AllOf(of) | AnyOf(of):
            for each in of:
                yield from leaves(each)
        case Not(of):
            yield from leaves(of)
        case _:
            yield predicate
