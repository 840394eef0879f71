"""Relations: the assistants, squads and phone numbers that calls name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gateway.domain.allowance import Allowance
from gateway.domain.principal import Principal, Scope
from gateway.domain.related import Related


class RelatedReader(Protocol):
    """Reads one thing that calls name, from wherever it is known best."""

    async def get(self, kind: Related, related_id: str, *, spend: Callable[[], None]) -> Any:
        """The record; None where upstream no longer has it.

        ``spend`` is called before upstream is asked. Raises the leaves of `UpstreamError`, and what ``spend`` raises.
        """
        ...


class Relations:
    """Reading what calls name, on behalf of a principal."""

    def __init__(self, reader: RelatedReader) -> None:
        self._reader = reader

    async def get(self, principal: Principal, allowance: Allowance, kind: Related, related_id: str) -> Any:
        """What a call names that the principal may see; None where upstream no longer has it.

        Raises:
            Forbidden: the principal may not read calls.
            UpstreamError, UpstreamBudgetSpent: nothing is known of it and upstream cannot be asked.
        """
        principal.need(Scope.CALLS_READ, "read what calls name")
        return await self._reader.get(kind, related_id, spend=allowance.spend)
