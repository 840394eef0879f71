"""Upstreams: plain functions that answer as Vapi's list does, quickly enough for a hundred thousand calls."""

from __future__ import annotations

import bisect
import dataclasses
import datetime as dt
import random
import uuid
from collections.abc import Iterable

import httpx

from tests.e2e.clocks import ANCHOR

_END = 1 << 60


@dataclasses.dataclass
class Listing:
    """``GET /call`` over calls created at these milliseconds since 1970, in ascending order.

    An answer holds the newest that match; those of one millisecond come in another order each time, as Vapi promises
    none. Each call is a few fields: what is shown is the walk, not the decoding.
    """

    moments: list[int]
    requests: int = 0
    dice: random.Random = dataclasses.field(default_factory=lambda: random.Random(0))

    @classmethod
    def of(cls, count: int, *, tied: Iterable[range] = (), step: int = 1000) -> Listing:
        """So many calls, ``step`` milliseconds apart, the newest now; those at ``tied`` positions share a moment."""
        first = {position: positions.start for positions in tied for position in positions}
        newest = milliseconds(ANCHOR)
        return cls([newest - (count - first.get(position, position)) * step for position in range(count)])

    def arrive(self, count: int = 1) -> None:
        """Let calls be created, a millisecond after the newest."""
        self.moments += [self.moments[-1] + 1] * count

    def id(self, position: int) -> str:
        """The id of the call at a position, oldest first: a UUIDv7 of its moment; ties are in any order of ids."""
        scattered = position * 0x9E3779B97F4A7C15 % 2**62
        return str(uuid.UUID(int=self.moments[position] << 80 | 7 << 76 | 1 << 63 | scattered))

    @property
    def expected(self) -> list[str]:
        """All ids in the order of the product: newest first, those of one millisecond by descending id."""
        places = ((moment, self.id(position)) for position, moment in enumerate(self.moments))
        return [id_ for _, id_ in sorted(places, reverse=True)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The answer to ``GET /call``."""
        self.requests += 1
        low = _milliseconds(request.url.params.get("createdAtGe"), 0)
        high = _milliseconds(request.url.params.get("createdAtLe"), _END)
        start, stop = bisect.bisect_left(self.moments, low), bisect.bisect_right(self.moments, high)
        chosen = range(max(start, stop - int(request.url.params["limit"])), stop)
        shuffled = sorted(chosen, key=lambda position: (-self.moments[position], self.dice.random()))
        return httpx.Response(200, text=f"[{','.join(map(self._row, shuffled))}]")

    def _row(self, position: int) -> str:
        created = _wire(self.moments[position])
        return (
            f'{{"id":"{self.id(position)}","orgId":"o","type":"webCall","status":"ended",'
            f'"createdAt":"{created}","updatedAt":"{created}","cost":0.01}}'
        )

    @property
    def transport(self) -> httpx.MockTransport:
        """What leads to this upstream."""
        return httpx.MockTransport(self)


def milliseconds(moment: dt.datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(milliseconds=1)


def _milliseconds(text: str | None, default: int) -> int:
    return default if text is None else milliseconds(dt.datetime.fromisoformat(text))


def _wire(moment: int) -> str:
    instant = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=moment)
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
