"""Related things, remembered: each is asked for once in a while, however many calls name it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from cachetools import TTLCache

from gateway.cache.single_flight import SingleFlight
from gateway.domain.decode import Decode
from gateway.domain.redaction import Redact, redact
from gateway.domain.related import Related
from gateway.errors import UpstreamBudgetSpent, UpstreamError
from gateway.ports import RelatedSource

_MOST: Final = 2000
"""Things kept at most; an organisation has a few dozen, of some kilobytes each."""


class RelatedThings:
    """Assistants, squads and phone numbers by their id, as records of the catalog.

    ``fresh`` is how long one is served without asking again, in seconds of ``timer``; that there is none is remembered
    as well. The last answer is served for ``kept`` seconds where upstream cannot be asked.
    """

    def __init__(
        self,
        *,
        source: RelatedSource,
        decode: Decode,
        fresh: float,
        kept: float,
        timer: Callable[[], float],
        redact: Redact = redact,
    ) -> None:
        self._source = source
        self._decode = decode
        self._redact = redact
        self._fresh: TTLCache[str, Any] = TTLCache(_MOST, ttl=fresh, timer=timer)
        self._kept: TTLCache[str, Any] = TTLCache(_MOST, ttl=max(fresh, kept), timer=timer)
        self._flights: SingleFlight[Any] = SingleFlight()

    async def get(self, kind: Related, related_id: str, *, spend: Callable[[], None] = lambda: None) -> Any:
        """The record; None where upstream has no such thing.

        ``spend`` is called before upstream is asked. Raises the leaves of `UpstreamError`, and what ``spend`` raises.
        """
        name = f"{kind.path}/{related_id}"
        if name in self._fresh:
            return self._fresh[name]
        try:
            if not self._flights.is_under_way(name):
                spend()
            return await self._flights.join(name, lambda: self._fetch(kind, related_id, name))
        except (UpstreamError, UpstreamBudgetSpent):
            if name not in self._kept:
                raise
            return self._kept[name]

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _fetch(self, kind: Related, related_id: str, name: str) -> Any:
        document = await self._source.related(kind, related_id)
        record = None if document is None else self._record(kind, document)
        self._fresh[name] = self._kept[name] = record
        return record

    def _record(self, kind: Related, document: Any) -> Any:
        """Decoded as a call would have it that states the thing itself."""
        call = self._decode({kind.place: self._redact(document).document}).call
        return {
            Related.ASSISTANT: call.assistant,
            Related.SQUAD: call.squad,
            Related.PHONE_NUMBER: call.phone_number,
        }[kind]
