"""Upkeep that is counted instead of done."""

from __future__ import annotations

import dataclasses
import datetime as dt


@dataclasses.dataclass
class CountedUpkeep:
    """A `gateway.ports.Upkeep` over so many rows of each kind; ``asked`` is what was let go of, and before when."""

    rows: dict[str, int] = dataclasses.field(default_factory=dict)
    asked: list[tuple[str, dt.datetime | None]] = dataclasses.field(default_factory=list)

    async def expire_content(self, before: dt.datetime, limit: int) -> int:
        return self._taken("content", limit, before)

    async def expire_documents(self, before: dt.datetime, limit: int) -> int:
        return self._taken("documents", limit, before)

    async def expire_ledger(self, before: dt.datetime, limit: int) -> int:
        return self._taken("ledger", limit, before)

    async def refill(self, limit: int) -> int:
        return self._taken("refill", limit)

    async def refill_all(self) -> None:
        self.rows["refill"] = 1000

    def _taken(self, kind: str, limit: int, before: dt.datetime | None = None) -> int:
        self.asked.append((kind, before))
        taken = min(limit, self.rows.get(kind, 0))
        self.rows[kind] = self.rows.get(kind, 0) - taken
        return taken
