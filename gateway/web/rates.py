"""Rates: how often one caller may ask, and one address.

Each has a leaky bucket: it takes as many requests at once as are allowed in a minute, and drains as fast. Only the
buckets of those who asked last are kept, so that memory does not grow with the number of addresses that ask.
"""

from __future__ import annotations

import ipaddress
import math
from typing import Final

from aiolimiter import AsyncLimiter
from cachetools import LRUCache

from gateway.errors import RateLimited

_MOST: Final = 20_000
"""Buckets that are kept, of 600 bytes each."""
_MINUTE: Final = 60.0
_NETWORK: Final = 64
"""The bits of an IPv6 address that tell subscribers apart: whoever has one address has all that share them."""


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


def subscriber(address: str) -> str:
    """What addresses of one subscriber have in common: all of an IPv4 address, and half of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 4:  # noqa: PLR2004  # IPv4
        return address
    mapped = known.ipv4_mapped
    return str(mapped) if mapped else str(ipaddress.ip_network((int(known), _NETWORK), strict=False))
