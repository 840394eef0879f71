"""Relations: the assistants, squads and phone numbers that calls name."""

from __future__ import annotations

from typing import Any, Protocol

from gateway.domain.principal import Principal
from gateway.domain.related import Related


class RelatedReader(Protocol):
    """Reads one thing that calls name, from wherever it is known best."""

    async def get(self, kind: Related, related_id: str) -> Any:
        """The record; None where upstream no longer has it. Raises the leaves of `UpstreamError`."""
        ...


class Relations:
    """Reading what calls name, on behalf of a principal."""

    def __init__(self, reader: RelatedReader) -> None:
        self._reader = reader

    async def get(self, principal: Principal, kind: Related, related_id: str) -> Any:
        """The assistant, squad or phone number; None where upstream no longer has it."""
        return await self._reader.get(kind, related_id)
