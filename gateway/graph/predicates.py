"""Predicates: what a filter that a caller stated amounts to."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any, Final

import strawberry

from gateway.domain import moments
from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog, Record
from gateway.domain.enums import ClosedSet
from gateway.domain.filters import AllOf, AnyOf, Comparator, Condition, Not, Predicate, Search
from gateway.domain.words import words
from gateway.errors import BadUserInput

LONGEST_TEXT: Final = 256
MOST_OPERANDS: Final = 1000
MOST_CONDITIONS: Final = 200
DEEPEST: Final = 8


class Predicates:
    """Turns one stated filter into a predicate, counting what it asks for.

    ``now`` is what durations count from; ``argument`` the name of the filter among the arguments. ``counts_from_now``
    tells whether what has been read states any duration.
    """

    def __init__(self, catalog: Catalog, now: dt.datetime, argument: str = "where") -> None:
        self._catalog = catalog
        self._now = now
        self._argument = argument
        self._conditions = 0
        self._operands = 0
        self.counts_from_now = False

    def of(self, where: object, record: Record) -> Predicate:
        """The predicate; nulls state nothing.

        Raises:
            BadUserInput: an operand cannot be used, or the filter is too large or too deep.
        """
        return self._root(where, record, self._argument, 0)

    def _root(self, where: object, record: Record, at: str, depth: int) -> Predicate:
        if depth > DEEPEST:
            raise BadUserInput(at, "a filter", f"filters can stand {DEEPEST} deep in one another at most")
        held = [*self._fields(where, record, at)]
        text = getattr(where, "search", None)
        if isinstance(text, str):
            held.append(self._search(text, f"{at}.search"))
        for name in ("and", "or", "not"):
            stated = getattr(where, f"{name}_", None)
            if _given(stated):
                held.append(self._combined(name, stated, record, f"{at}.{name}", depth + 1))
        return held[0] if len(held) == 1 else AllOf(tuple(held))

    def _combined(self, name: str, stated: Any, record: Record, at: str, depth: int) -> Predicate:
        if name == "not":
            return Not(self._root(stated, record, at, depth))
        each = tuple(self._root(one, record, f"{at}.{index}", depth) for index, one in enumerate(stated))
        self._count(len(each), at)
        return AllOf(each) if name == "and" else AnyOf(each)

    def _fields(self, where: object, record: Record, at: str) -> Iterator[Predicate]:
        for attribute in record.attributes:
            stated = getattr(where, attribute.python, None)
            if not _given(stated):
                continue
            if attribute.kind is Kind.GROUP and attribute.record is not None:
                of = self._catalog.records[attribute.record.__name__]
                yield from self._fields(stated, of, f"{at}.{attribute.name}")
            else:
                yield from self._compared(attribute, stated, f"{at}.{attribute.name}")

    def _compared(self, attribute: Attribute, stated: object, at: str) -> Iterator[Predicate]:
        for comparator in Comparator:
            operand = getattr(stated, f"{comparator.value}_", None)
            if _given(operand):
                self._count(1, at)
                yield self._condition(attribute, comparator, operand, f"{at}.{comparator.value}")

    def _condition(self, attribute: Attribute, comparator: Comparator, operand: Any, at: str) -> Predicate:
        if comparator is Comparator.IS_NULL:
            return Condition(attribute.flat, comparator, operand)
        if isinstance(operand, list):
            self._check_size(operand, at)
        if attribute.values is not None:
            return _of_set(attribute, comparator, operand)
        if comparator in (Comparator.IN, Comparator.NIN):
            return Condition(attribute.flat, comparator, tuple(self._operand(attribute, o, at) for o in operand))
        return Condition(attribute.flat, comparator, self._operand(attribute, operand, at))

    def _operand(self, attribute: Attribute, operand: Any, at: str) -> Any:
        try:
            if attribute.kind is Kind.DATETIME:
                self.counts_from_now |= moments.is_duration(operand)
                return moments.resolve(operand, self._now)
            if isinstance(operand, str):
                return _text(operand.lower() if attribute.flat == "id" else operand)  # ids have one spelling
            return _number(operand)
        except ValueError as error:
            raise BadUserInput(at, operand, f"it must be {error}") from None

    def _search(self, text: str, at: str) -> Search:
        self._count(1, at)
        try:
            wanted = words(_text(text))
        except ValueError as error:
            raise BadUserInput(at, text, f"it must be {error}") from None
        if not wanted:
            raise BadUserInput(at, text, "it must have a word in it: letters or digits")
        return Search(tuple(sorted(wanted)))

    def _count(self, conditions: int, at: str) -> None:
        self._conditions += conditions
        if self._conditions > MOST_CONDITIONS:
            raise BadUserInput(at, f"condition {self._conditions}", f"a filter can have {MOST_CONDITIONS} at most")

    def _check_size(self, operands: Any, at: str) -> None:
        self._operands += len(operands)
        if self._operands > MOST_OPERANDS:
            raise BadUserInput(
                at, f"{len(operands)} values", f"a filter can state {MOST_OPERANDS} at most, all together"
            )


def plain(where: Any) -> Any:
    """What a filter states, as plain JSON: what tells one from another."""
    if isinstance(where, list):
        return [plain(each) for each in where]
    if isinstance(where, ClosedSet):
        return where.name
    if not hasattr(where, "__strawberry_definition__"):
        return where
    stated = ((field.name, getattr(where, field.name)) for field in where.__strawberry_definition__.fields)
    return {name: plain(value) for name, value in stated if _given(value)}


def _given(stated: object) -> bool:
    return stated is not None and stated is not strawberry.UNSET


def _of_set(attribute: Attribute, comparator: Comparator, operand: Any) -> Predicate:
    """A condition on a closed set. Rows hold Vapi's own texts, and UNKNOWN is every text that is none of the others."""
    members = operand if isinstance(operand, list) else [operand]
    texts = tuple(member.value for member in members if member.name != _UNKNOWN)
    condition: Predicate = Condition(attribute.flat, Comparator.IN, texts)
    if attribute.values is not None and len(texts) < len(members):
        known = tuple(member.value for member in attribute.values if member.name != _UNKNOWN)
        stated = Condition(attribute.flat, Comparator.IS_NULL, value=False)
        others = AllOf((stated, Condition(attribute.flat, Comparator.NIN, known)))
        condition = AnyOf((condition, others))
    return Not(condition) if comparator in (Comparator.NEQ, Comparator.NIN) else condition


_UNKNOWN: Final = "UNKNOWN"


def _number(operand: Any) -> Any:
    if isinstance(operand, float) and not math.isfinite(operand):
        raise ValueError("a number")
    return operand


def _text(operand: str) -> str:
    """The text, if it can be in a database; half of a surrogate pair can stand in JSON, not in UTF-8."""
    if len(operand) > LONGEST_TEXT or any("\ud800" <= letter <= "\udfff" for letter in operand):
        raise ValueError(f"a text of Unicode characters, {LONGEST_TEXT} at most")
    return operand
