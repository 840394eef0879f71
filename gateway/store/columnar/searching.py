"""Searching: the calls in which words were said, which the mirror alone can tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement

from gateway.domain.filters import Predicate, Search, leaves
from gateway.errors import BadUserInput
from gateway.store.predicates import Matching, one_of

_MOST: Final = 100_000
"""Calls at most that a search may find where many calls are asked for."""

Matched: TypeAlias = Callable[[Search, int], Awaitable[Sequence[str]]]
"""The ids of the calls that a search finds, at most so many."""


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """The ids of the calls that searches have found."""

    ids: Mapping[tuple[str, ...], Sequence[str]]

    def among(self, column: ColumnElement[str]) -> Matching:
        """What is true for the calls in which words were found, by the column with their id."""
        return lambda words: one_of(column, self.ids[tuple(words)])


class Searching:
    """Searches on behalf of the copy, which holds no words; ``matched`` asks the mirror."""

    def __init__(self, matched: Matched) -> None:
        self._matched = matched

    async def found(self, searches: Iterable[Search]) -> Found:
        """What these find.

        Raises:
            BadUserInput: one finds too many calls.
        """
        return Found({search.words: await self._ids(search) for search in searches})

    async def _ids(self, search: Search) -> Sequence[str]:
        found = await self._matched(search, _MOST + 1)
        if len(found) > _MOST:
            reason = f"it finds more than {_MOST:,} calls; search for rarer words"
            raise BadUserInput("where.search", " ".join(search.words), reason)
        return found


def searched(*predicates: Predicate) -> frozenset[Search]:
    """What is searched for in these."""
    return frozenset(leaf for each in predicates for leaf in leaves(each) if isinstance(leaf, Search))
