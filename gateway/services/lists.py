"""Lists: a piece of a list of anything that a store keeps in order, forwards or backwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from gateway.domain import paging
from gateway.domain.answers import Answers
from gateway.domain.attributes import Kind
from gateway.domain.filters import Predicate
from gateway.domain.ordering import Ordering, Position, reverse
from gateway.domain.paging import Cursor
from gateway.domain.principal import Principal
from gateway.errors import BadUserInput
from gateway.ports import PageQuery

Row = TypeVar("Row")


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

    def in_order(self, of_fetched: Answers) -> Answers:
        """Those of the rows, in their order, out of one for each that was fetched."""
        of_rows = of_fetched[: len(self.rows)]
        return of_rows[::-1] if self.backwards else of_rows


class Permitted:
    """A list as one principal may have it. It can be asked for again and again, at whatever moment.

    ``stated`` is what the list's cursors are told from those of others by, ``narrow`` makes its filter one of what the
    principal sees, ``largest`` is how many rows a piece may have.

    Raises:
        BadUserInput: a size is out of range, a cursor is none of this list, or arguments do not go together.
    """

    def __init__(
        self,
        request: ListRequest,
        principal: Principal,
        *,
        largest: int,
        stated: str | None = None,
        narrow: Callable[[Predicate], Predicate] = lambda predicate: predicate,
    ) -> None:
        self.principal = principal
        self.ordering = request.ordering
        self.stated = stated or request.stated
        self._request = request
        self._narrow = narrow
        self._size = _size(request, largest)
        self._cursor = _cursor(request, self.stated)
        self._asked: Predicate | None = None
        self._window: Window | None = None

    def window(self, now: dt.datetime) -> Window:
        """The rows to be read; the same ones until a filter that counts from now means others."""
        asked = self._request.predicate(self._since(now))
        if self._window is None or asked is not self._asked:
            self._asked, self._window = asked, self._made(self._narrow(asked))
        return self._window

    def whole(self, now: dt.datetime) -> Predicate:
        """The filter of the whole list; what could not be fetched cannot be counted either."""
        return self.window(now).query.predicate

    def _since(self, now: dt.datetime) -> dt.datetime:
        """What “now” is: a list keeps that of its first piece."""
        return self._cursor.now if self._cursor else now

    def _made(self, predicate: Predicate) -> Window:
        backwards, cursor = self._request.backwards, self._cursor
        query = PageQuery(
            predicate=predicate,
            ordering=reverse(self.ordering) if backwards else self.ordering,
            limit=self._size + 1,
            after=cursor.position if cursor else None,
        )
        return Window(query=query, size=self._size, since=cursor.now if cursor else None, backwards=backwards)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows of a piece: ``query`` is for one row more than ``size``, to know whether the list goes on.

    ``since`` is when the list was first asked for, None where that is now.
    """

    query: PageQuery
    size: int
    since: dt.datetime | None
    backwards: bool

    def piece(self, found: Sequence[Row], now: dt.datetime) -> Piece[Row]:
        """The piece, out of what was read."""
        rows, more, before = tuple(found[: self.size]), len(found) > self.size, self.query.after is not None
        return Piece(
            rows=rows[::-1] if self.backwards else rows,
            fetched=found,
            predicate=self.query.predicate,
            now=self.since or now,
            has_next=before if self.backwards else more,
            has_previous=more if self.backwards else before,
            backwards=self.backwards,
        )


async def piece(
    asked: Permitted, *, now: dt.datetime, fetch: Callable[[PageQuery], Awaitable[Sequence[Row]]]
) -> Piece[Row]:
    """The rows that were asked for. Raises what ``fetch`` raises."""
    window = asked.window(now)
    return window.piece(await fetch(window.query), now)


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


def _cursor(request: ListRequest, stated: str) -> Cursor | None:
    name, text = ("before", request.before) if request.backwards else ("after", request.after)
    if text is None:
        return None
    cursor = paging.decode(text, stated=stated, kinds=request.kinds, argument=name)
    if len(cursor.position.values) != len(request.ordering):
        raise BadUserInput(name, text, "it belongs to a list with another order; begin again without it")
    return cursor
