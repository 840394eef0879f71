"""Rates: how often one caller may ask, and one address; places: how much of a kind may be under way for one caller.

Each has a leaky bucket: it takes as many requests at once as are allowed in a minute, and drains as fast. Only the
buckets of those who asked last are kept, so that memory does not grow with the number of addresses that ask.
"""

from __future__ import annotations

import contextlib
import math
from collections import Counter
from collections.abc import Iterator
from typing import Final

from aiolimiter import AsyncLimiter
from cachetools import LRUCache

from gateway.errors import RateLimited

_MOST: Final = 20_000
"""Buckets that are kept, of 600 bytes each."""
_MINUTE: Final = 60.0
_SOON: Final = 5.0
"""Seconds after which a place may be free again."""


class Rate:
    """So many requests in a minute for each name; 0 is any number. ``who`` is what they are called in a refusal."""

    def __init__(self, per_minute: int, *, who: str, setting: str) -> None:
        self._per_minute = per_minute
        self._who, self._setting = who, setting
        self._buckets: LRUCache[str, AsyncLimiter] = LRUCache(_MOST)

    async def count(self, name: str) -> None:
        """Count a request. Raises `RateLimited` where it is one too many."""
        if not self._per_minute:
            return
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = AsyncLimiter(self._per_minute, _MINUTE)
        if not bucket.has_capacity():
            raise RateLimited(
                f"{self._who} may make {self._per_minute} requests in a minute ({self._setting}); ask again later.",
                math.ceil(_MINUTE / self._per_minute),
            )
        await bucket.acquire()  # there is room, so this does not wait


class Places:
    """So many things at once for each name. ``what`` is what they are called in a refusal."""

    def __init__(self, most: int, *, what: str, setting: str) -> None:
        self._most = most
        self._what, self._setting = what, setting
        self._taken: Counter[str] = Counter()

    @contextlib.contextmanager
    def taken(self, name: str) -> Iterator[None]:
        """Have a place for as long as the context is open. Raises `RateLimited` where all of this name are taken."""
        if self._taken[name] >= self._most:
            message = f"{self._what} are {self._most} at most ({self._setting}); ask again when one of them has ended."
            raise RateLimited(message, _SOON)
        self._taken[name] += 1
        try:
            yield
        finally:
            self._taken[name] -= 1
            if not self._taken[name]:
                del self._taken[name]
