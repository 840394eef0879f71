"""Forms: questions without their values, so that what is asked again and again is made into SQL once.

To make SQL out of a question takes ten times as long as to answer it. Two questions that differ in nothing but values
have the same form, and its statement serves both. All that SQL says of a value by other words than a parameter (that it
is missing, how many there are of it, or that no row can have it) belongs to the form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, TypeVar

from gateway.domain.filters import Comparator, Condition, Predicate, Search, leaves
from gateway.domain.ordering import Position
from gateway.ports import PageQuery
from gateway.store.conditions import rewritten, settled

Q = TypeVar("Q", bound=Hashable)

MOST: Final = 256
"""A question with more values has a form that nobody will ask for again."""


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Slot:
    """The place of a value in a form; its type decides how the value is sent."""

    number: int
    kind: type


class Slots:
    """Takes the values out of a question, and puts slots there."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self.tells_all = True
        """Whether the SQL depends on nothing but the form; where words are searched it does on how common they are."""

    @property
    def suffice(self) -> bool:
        """Whether the form is worth keeping."""
        return self.tells_all and len(self.values) <= MOST

    def of(self, value: Any) -> Any:
        """The slot of a value; None, for which there are other words in SQL, stays."""
        if value is None:
            return None
        self.values.append(value)
        return Slot(len(self.values) - 1, type(value))

    def of_many(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """The slots of a list: a power of two, with the last value again and again, so that few lengths are many."""
        missing = (1 << (len(values) - 1).bit_length()) - len(values) if values else 0
        return tuple(map(self.of, (*values, *(values[-1] for _ in range(missing)))))

    def of_filter(self, predicate: Predicate) -> Predicate:
        """A filter's form."""
        found = settled(predicate)
        self.tells_all &= not any(isinstance(leaf, Search) for leaf in leaves(found))
        return rewritten(found, self._of_condition)

    def of_page(self, query: PageQuery) -> PageQuery:
        """The form of a question for a page."""
        return PageQuery(
            predicate=self.of_filter(query.predicate),
            ordering=query.ordering,
            limit=self.of(query.limit),
            after=query.after and Position(tuple(map(self.of, query.after.values)), self.of(query.after.id)),
        )

    def _of_condition(self, condition: Condition) -> Condition:
        match condition.comparator:
            case Comparator.IS_NULL:
                return condition
            case Comparator.IN:
                return Condition(condition.attribute, Comparator.IN, self.of_many(condition.value))
            case comparator:
                return Condition(condition.attribute, comparator, self.of(condition.value))


@dataclasses.dataclass(frozen=True, slots=True)
class Form(Generic[Q]):
    """A question as it is asked, and the same with slots and values for them; without slots where that is of no use."""

    asked: Q
    emptied: Q | None = None
    values: Sequence[Any] = ()


def form_of(question: Q, emptied: Callable[[Slots, Q], Q]) -> Form[Q]:
    """A question with its form, where it has one that is worth keeping."""
    slots = Slots()
    found = emptied(slots, question)
    return Form(question, found, slots.values) if slots.suffice else Form(question)
