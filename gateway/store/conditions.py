"""Conditions: a filter reduced to what a database can be asked, without a change in what it holds for.

Pure logic decides what no database should see: values that no row can have (a NUL in a text, which PostgreSQL does not
keep; half a surrogate pair, which nothing can encode; a number beyond 64 bits) equal nothing, but still stand somewhere
among those that rows have. What is left compares by ``eq in gt gte lt lte contains isNull`` and ``Not`` of them, none
of which holds for a missing value but ``isNull``.
"""

from __future__ import annotations

import bisect
import math
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search

NOTHING: Final = AnyOf()
"""Holds for no row."""

_SMALLEST, _BEYOND = -(2**63), 2**63
_FIRST_SURROGATE, _LAST_SURROGATE = 0xD800, 0xDFFF
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_SCALED: Final = range(-(2**61), 2**61)
_UPWARDS: Final = (Comparator.GT, Comparator.GTE)
_RANGES: Final = (*_UPWARDS, Comparator.LT, Comparator.LTE)

_Rule: TypeAlias = Callable[[Condition], Predicate]


def settled(predicate: Predicate) -> Predicate:
    """The same filter, of conditions that a database can be asked."""
    return rewritten(predicate, _settled)


def rewritten(predicate: Predicate, rule: _Rule) -> Predicate:
    """The filter with each condition replaced by what the rule makes of it."""
    match predicate:
        case AllOf(of):
            return AllOf(tuple(rewritten(each, rule) for each in of))
        case AnyOf(of):
            return AnyOf(tuple(rewritten(each, rule) for each in of))
        case Not(of):
            return Not(rewritten(of, rule))
        case Search(words):
            return predicate if all(map(_storable, words)) else NOTHING
        case Condition():
            return rule(predicate)


def scaled(predicate: Predicate, units: Mapping[str, tuple[str, int]]) -> Predicate:
    """The same filter, where some attributes are kept as whole numbers of a small unit.

    ``units`` leads from an attribute to its column and to how many of its units make one: dollars are kept in
    billionths. A row has the value ``kept / units`` as a float, so each comparison becomes one of whole numbers that is
    exactly as true.
    """

    def rule(condition: Condition) -> Predicate:
        if condition.attribute not in units:
            return condition
        return rewritten(_positive(condition), lambda each: _scaled(each, *units[condition.attribute]))

    return rewritten(predicate, rule)


def _settled(condition: Condition) -> Predicate:
    if condition.comparator in (Comparator.NEQ, Comparator.NIN):
        return settled(_positive(condition))
    if condition.comparator is Comparator.IN:
        return _one_of(condition)
    if condition.value is None or _is_nan(condition.value):
        return NOTHING  # nothing equals them, nor comes before or after
    if isinstance(condition.value, str):
        return _text(condition)
    if isinstance(condition.value, int) and not _SMALLEST <= condition.value < _BEYOND:
        return _beyond(condition, condition.value > 0)
    return condition


def _positive(condition: Condition) -> Predicate:
    """``neq`` and ``nin`` as the opposite of ``eq`` and ``in``; others as they are."""
    attribute, value = condition.attribute, condition.value
    match condition.comparator:
        case Comparator.NEQ:
            return _known(attribute) if value is None else Not(Condition(attribute, Comparator.EQ, value))
        case Comparator.NIN:
            without = Not(Condition(attribute, Comparator.IN, value))
            return AllOf((without, _known(attribute))) if None in value else without
        case _:
            return condition


def _one_of(condition: Condition) -> Predicate:
    """Of the values only those that a row can have."""
    values = tuple(value for value in condition.value if _storable(value))
    return Condition(condition.attribute, Comparator.IN, values) if values else NOTHING


def _storable(value: Any) -> bool:
    match value:
        case None:
            return False
        case str():
            return not _UNSTORABLE.search(value)
        case int():
            return _SMALLEST <= value < _BEYOND
        case _:
            return not _is_nan(value)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _beyond(condition: Condition, above: bool) -> Predicate:  # noqa: FBT001  # which of the two ends
    """A comparison with a number that is above, or below, all that a row can have."""
    if condition.comparator in _RANGES and (condition.comparator in _UPWARDS) is not above:
        return _known(condition.attribute)
    return NOTHING


def _known(attribute: str) -> Predicate:
    return Condition(attribute, Comparator.IS_NULL, value=False)


def _text(condition: Condition) -> Predicate:
    unstorable = _UNSTORABLE.search(condition.value)
    if condition.comparator is Comparator.STARTS_WITH and not unstorable:
        return _beginning(condition.attribute, condition.value)
    if unstorable is None:
        return condition
    return _gap(condition, unstorable) if condition.comparator in _RANGES else NOTHING


def _gap(condition: Condition, unstorable: re.Match[str]) -> Predicate:
    """A comparison with a text that no row has: it falls between two that rows can have.

    Behind “a” and before everything longer falls “a␀…”; behind all texts with “a” and a character before the
    surrogates, and before “a” with the first one behind them, “a”, half a pair and whatever follows.
    """
    before = condition.value[: unstorable.start()]
    upwards = condition.comparator in _UPWARDS
    if unstorable.group() == "\x00":
        return Condition(condition.attribute, Comparator.GT if upwards else Comparator.LTE, before)
    following = before + chr(_LAST_SURROGATE + 1)
    return Condition(condition.attribute, Comparator.GTE if upwards else Comparator.LT, following)


def _beginning(attribute: str, prefix: str) -> Predicate:
    """The texts that begin with this as a stretch of all texts, which an index can serve."""
    following = after_all_with(prefix)
    since = Condition(attribute, Comparator.GTE, prefix)
    return since if following is None else AllOf((since, Condition(attribute, Comparator.LT, following)))


def after_all_with(prefix: str) -> str | None:
    """The first text, by code points, that comes after all that begin with this one; None where none does."""
    stem = prefix.rstrip(chr(sys.maxunicode))
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_LAST_SURROGATE + 1 if following == _FIRST_SURROGATE else following)


def _scaled(condition: Condition, column: str, units: int) -> Predicate:
    """A comparison of ``kept / units`` with floats as comparisons of ``kept``."""
    value = condition.value
    match condition.comparator:
        case Comparator.IS_NULL:
            return Condition(column, Comparator.IS_NULL, value)
        case Comparator.IN:
            return AnyOf(tuple(_scaled(Condition("", Comparator.EQ, one), column, units) for one in value))
        case _ if value is None or _is_nan(value):
            return NOTHING
        case Comparator.EQ:
            since = Condition(column, Comparator.GTE, first_unit(value, units))
            return AllOf((since, Condition(column, Comparator.LT, _first_above(value, units))))
        case Comparator.GTE | Comparator.LT as comparator:
            return Condition(column, comparator, first_unit(value, units))
        case comparator:
            at_least = Comparator.GTE if comparator is Comparator.GT else Comparator.LT
            return Condition(column, at_least, _first_above(value, units))


def first_unit(value: float, units: int) -> int:
    """The smallest number of units that makes this value, or more than it."""
    return _SCALED[0] + bisect.bisect_left(_SCALED, value, key=lambda kept: kept / units)


def _first_above(value: float, units: int) -> int:
    return _SCALED[0] + bisect.bisect_right(_SCALED, value, key=lambda kept: kept / units)
