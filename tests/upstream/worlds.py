"""Worlds: sources of calls over a plain list, each with its own idea of order."""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from gateway.ports import CallQuery, Document

BEGIN = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)

Order: TypeAlias = Callable[[Sequence[Document], int], Sequence[Document]]
"""What an answer holds: from the calls that match, newest first, to at most so many of them."""


def at(millisecond: float) -> dt.datetime:
    """So many milliseconds after the beginning of these worlds."""
    return BEGIN + dt.timedelta(milliseconds=millisecond)


def call(id_: str, millisecond: float, **more: Any) -> dict[str, Any]:
    """A call as Vapi would list it."""
    text = at(millisecond).isoformat(timespec="auto" if millisecond % 1 else "milliseconds")
    return {"id": id_, "createdAt": text.replace("+00:00", "Z"), **more}


def newest(calls: Sequence[Document], limit: int) -> Sequence[Document]:
    """What Vapi was seen to do."""
    return calls[:limit]


def oldest(calls: Sequence[Document], limit: int) -> Sequence[Document]:
    """The opposite of what Vapi was seen to do."""
    return calls[::-1][:limit]


def shuffled(dice: random.Random) -> Order:
    """The newest calls, in any order."""

    def order(calls: Sequence[Document], limit: int) -> Sequence[Document]:
        return dice.sample(calls[:limit], min(limit, len(calls)))

    return order


def arbitrary(dice: random.Random) -> Order:
    """Any calls, in any order."""

    def order(calls: Sequence[Document], limit: int) -> Sequence[Document]:
        return dice.sample(calls, min(limit, len(calls)))

    return order


@dataclasses.dataclass
class World:
    """A source over ``calls``: pairs of what upstream knows as the instant, and the document that it shows.

    Ties come in another order with each answer, as Vapi promises none.
    """

    calls: Sequence[tuple[dt.datetime, Document]]
    order: Order = newest
    dice: random.Random = dataclasses.field(default_factory=lambda: random.Random(0))
    asked: list[CallQuery] = dataclasses.field(default_factory=list)

    async def get(self, call_id: str) -> Mapping[str, Any] | None:
        """Not what these worlds are for."""
        raise NotImplementedError

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """At most ``query.limit`` of the calls within the bounds."""
        self.asked.append(query)
        matching = [
            (instant, self.dice.random(), document)
            for instant, document in self.calls
            if (query.created_from is None or instant >= query.created_from)
            and (query.created_to is None or instant <= query.created_to)
        ]
        matching.sort(key=lambda entry: entry[:2], reverse=True)
        return self.order([document for _, _, document in matching], query.limit)


def world(*documents: Mapping[str, Any], order: Order = newest) -> World:
    """A world of these documents, each at its own ``createdAt``."""
    return World([(dt.datetime.fromisoformat(document["createdAt"]), document) for document in documents], order)
