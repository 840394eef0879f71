"""Lists: a piece of a list of anything that a store keeps in order, forwards or backwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from gateway.domain import paging
from gateway.domain.attributes import Kind
from gateway.domain.filters import Predicate
from gateway.domain.ordering import Ordering, Position, reverse
from gateway.domain.paging import Cursor
from gateway.errors import BadUserInput
from gateway.ports import PageQuery

Row = TypeVar("Row")
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ListRequest:
    """Which piece of which list.

    ``predicate`` is the filter once it is known what “now” is; ``stated`` the digest of filter and order as they were
    stated. ``first`` goes with ``after``, ``last`` with ``before``; ``usual`` is the size where neither is given.
    ``kinds`` are those of the attributes of the ordering: a cursor that anybody made up can hold no others.
    """

    predicate: Callable[[dt.datetime], Predicate]
    ordering: Ordering
    stated: str
    usual: int
    kinds: Sequence[Kind] | None = None
    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backwards(self) -> bool:
        """Whether the piece ends before something, rather than beginning behind it."""
        return self.last is not None or self.before is not None


class Placed(NamedTuple):
    """The place of a row in a list that was first asked for at a moment, and stated so."""

    position: Position
    now: dt.datetime
    stated: str

    @property
    def cursor(self) -> str:
        """The cursor behind the row; making one takes as long as showing a call."""
        return paging.encode(Cursor(self.position, self.now, self.stated))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Piece(Generic[Row]):
    """A piece of a list, in the list's order, and the filter with its durations resolved at ``now``.

    ``fetched`` is what the rows were taken from: one more of them, in the order in which they were read.
    """

    rows: tuple[Row, ...]
    fetched: Sequence[Row]
    predicate: Predicate
    now: dt.datetime
    has_next: bool
    has_previous: bool
    backwards: bool

    def in_order(self, of_fetched: Sequence[T]) -> Sequence[T]:
        """Those of the rows, in their order, out of one for each that was fetched."""
        of_rows = of_fetched[: len(self.rows)]
        return of_rows[::-1] if self.backwards else of_rows


async def piece(
    request: ListRequest,
    *,
    now: dt.datetime,
    largest: int,
    fetch: Callable[[PageQuery], Awaitable[Sequence[Row]]],
) -> Piece[Row]:
    """The rows that were asked for; one more is fetched, to know whether the list goes on.

    Raises:
        BadUserInput: a size is out of range, a cursor is none of this list, or arguments do not go together.
    """
    size, cursor, then = _read(request, now, largest)
    predicate = request.predicate(then)
    query = PageQuery(
        predicate=predicate,
        ordering=reverse(request.ordering) if request.backwards else request.ordering,
        limit=size + 1,
        after=cursor.position if cursor else None,
    )
    found = await fetch(query)
    rows, more, before = tuple(found[:size]), len(found) > size, cursor is not None
    return Piece(
        rows=rows[::-1] if request.backwards else rows,
        fetched=found,
        predicate=predicate,
        now=then,
        has_next=before if request.backwards else more,
        has_previous=more if request.backwards else before,
        backwards=request.backwards,
    )


def whole(request: ListRequest, *, now: dt.datetime, largest: int) -> Predicate:
    """The filter of the list that the piece is of; what could not be fetched cannot be counted either.

    Raises:
        BadUserInput: as `piece` does.
    """
    _, _, then = _read(request, now, largest)
    return request.predicate(then)


def _read(request: ListRequest, now: dt.datetime, largest: int) -> tuple[int, Cursor | None, dt.datetime]:
    """How many rows, behind which cursor, and what “now” is: a list keeps that of its first piece."""
    size, cursor = _size(request, largest), _cursor(request)
    return size, cursor, cursor.now if cursor else now


def _size(request: ListRequest, largest: int) -> int:
    if request.backwards and (request.first is not None or request.after is not None):
        name = "first" if request.first is not None else "after"
        given = request.first if request.first is not None else request.after
        raise BadUserInput(name, given, "“last” or “before” is stated too, which reads the other way; state one way")
    name, given = ("last", request.last) if request.backwards else ("first", request.first)
    size = min(request.usual, largest) if given is None else given
    if not 1 <= size <= largest:
        raise BadUserInput(name, size, f"it must be from 1 to {largest}")
    return size


def _cursor(request: ListRequest) -> Cursor | None:
    name, text = ("before", request.before) if request.backwards else ("after", request.after)
    if text is None:
        return None
    cursor = paging.decode(text, stated=request.stated, kinds=request.kinds, argument=name)
    if len(cursor.position.values) != len(request.ordering):
        raise BadUserInput(name, text, "it belongs to a list with another order; begin again without it")
    return cursor
