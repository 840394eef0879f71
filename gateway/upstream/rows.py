"""Rows: what the answers of ``GET /call`` hold, placed in time, and kept until their turn.

The order everywhere is (created_at, id), descending: instants alone would leave calls of one millisecond in any order.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
from collections.abc import Iterator, Sequence

from gateway.domain import values
from gateway.observe.events import Listener, RowDropped
from gateway.ports import Document
from gateway.upstream.instants import FIRST, LAST, floor, of_id


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    """The last row that was given: what is later, or as late with an id not below this one, is behind us.

    ``created_at`` is aware, in UTC, and a whole millisecond.
    """

    created_at: dt.datetime
    id: str


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One call as the list told it, and when it was created: aware, in UTC, floored to the millisecond."""

    created_at: dt.datetime
    id: str
    document: Document

    @property
    def place(self) -> tuple[dt.datetime, str]:
        """What rows are ordered by."""
        return self.created_at, self.id


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: milliseconds from ``lower`` to ``upper``, both inclusive; None is open."""

    lower: dt.datetime | None
    upper: dt.datetime | None

    def clamp(self, instant: dt.datetime) -> dt.datetime:
        """The nearest instant within."""
        return max(self.lower or FIRST, min(self.upper or LAST, instant))


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """One answer, read: the rows within the span that was asked for, and whether it held as many as were asked for.

    ``guessed`` are the ids of rows whose own ``createdAt`` could not be read. ``newest`` and ``oldest`` come from the
    other rows where there are any, ``ordered`` too: a guess must not decide where the next window begins.
    """

    rows: tuple[Row, ...]
    guessed: frozenset[str]
    full: bool
    ordered: bool
    newest: dt.datetime | None
    oldest: dt.datetime | None


def read(answer: Sequence[Document], span: Span, *, asked: int, listen: Listener) -> Reading:
    """The answer to a question for at most ``asked`` rows of this span; rows without an id are told to ``listen``."""
    named = [document for document in answer if _named(document, listen)]
    said = [_said(document) for document in named]
    placed = zip(_placed(named, said, span), named, said, strict=True)
    judged = [(Row(instant, document["id"], document), own is None) for instant, document, own in placed]
    within = [(row, guess) for row, guess in judged if span.clamp(row.created_at) == row.created_at]
    known = [row.created_at for row, guess in within if not guess] or [row.created_at for row, _ in within]
    return Reading(
        rows=tuple(row for row, _ in within),
        guessed=frozenset(row.id for row, guess in within if guess),
        full=len(answer) >= asked,
        ordered=all(earlier >= later for earlier, later in itertools.pairwise(known)),
        newest=max(known, default=None),
        oldest=min(known, default=None),
    )


def _named(document: Document, listen: Listener) -> bool:
    """Whether the row has an id. An empty one was no row already for its source, which has told so."""
    if isinstance(document.get("id"), str) and document["id"]:
        return True
    if document:
        listen(RowDropped("without an id"))
    return False


def _said(document: Document) -> dt.datetime | None:
    instant = values.instant(document.get("createdAt"))
    return None if instant is None else floor(instant)


def _placed(named: Sequence[Document], said: Sequence[dt.datetime | None], span: Span) -> Iterator[dt.datetime]:
    """An instant for each row: its own, or its id's, or that of the row before it; guesses stay within the span.

    A first row without any of these gets the span's end, or else the first instant that any row says.
    """
    before = span.upper or next((instant for instant in said if instant), None) or span.clamp(LAST)
    for document, own in zip(named, said, strict=True):
        before = own or span.clamp(of_id(document["id"]) or before)
        yield before


class Held:
    """The rows that were read and may not be given yet, and how far the giving has come."""

    def __init__(self, after: Position | None) -> None:
        self._rows: dict[str, Row] = {}
        self._last = (floor(after.created_at), after.id) if after else None
        self._given_guesses: set[str] = set()
        self._guesses: set[str] = set()

    def take(self, reading: Reading) -> None:
        """Keep what is not behind us; of two rows with one id, the one that was read later."""
        self._guesses |= reading.guessed
        for row in reading.rows:
            if row.id not in self._given_guesses and (self._last is None or row.place < self._last):
                self._rows[row.id] = row

    def release(self, since: dt.datetime) -> Iterator[Row]:
        """Give, newest first, the rows from this instant on: everything there is up to now must have been taken."""
        for row in sorted(self._rows.values(), key=lambda row: row.place, reverse=True):
            if row.created_at < since:
                return
            del self._rows[row.id]
            self._last = row.place
            # A guess may turn out differently in the next answer, so its position alone does not keep it from coming
            # again.
            if row.id in self._guesses:
                self._given_guesses.add(row.id)
            yield row
