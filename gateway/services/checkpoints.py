"""Checkpoints: what keeping the mirror remembers between two runs, under names that whoever asks of it reads too."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Final

from gateway.domain import backfilling
from gateway.domain.backfilling import Backfill
from gateway.ports import SyncState

_BACKFILL: Final = "backfill"
_POLL: Final = "poll"
_AUDIT: Final = "audit"


@dataclasses.dataclass(frozen=True, slots=True)
class Watermark:
    """Every change that upstream made up to ``at`` is in the mirror; upstream was last asked at ``polled_at``."""

    at: dt.datetime
    polled_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What comparing the mirror with upstream has found, over all passes.

    ``missed``: calls that were not here; ``stale``: calls that were here and out of date; both were repaired.
    ``missing``: calls that upstream did not list, and that were asked for again. ``position`` is where the next pass
    goes on through older calls.
    """

    last_pass_at: dt.datetime | None = None
    checked: int = 0
    missed: int = 0
    stale: int = 0
    missing: int = 0
    position: dt.datetime | None = None


class Checkpoints:
    """The same, typed, in a `gateway.ports.SyncState`. Raises the leaves of `gateway.errors.StoreError`."""

    def __init__(self, state: SyncState) -> None:
        self._state = state

    async def backfill(self) -> Backfill | None:
        """How far the walk through history has come; None before it began."""
        plain = await self._state.load(_BACKFILL)
        return None if plain is None else backfilling.of_json(plain)

    async def keep_backfill(self, walk: Backfill) -> None:
        """Remember how far the walk through history has come."""
        await self._state.save(_BACKFILL, backfilling.to_json(walk))

    async def watermark(self) -> Watermark | None:
        """Up to when changes are known; None before the first poll."""
        plain = await self._state.load(_POLL)
        return None if plain is None else Watermark(_read(plain["at"]), _read(plain["polledAt"]))

    async def keep_watermark(self, watermark: Watermark) -> None:
        """Remember up to when changes are known."""
        plain = {"at": watermark.at.isoformat(), "polledAt": watermark.polled_at.isoformat()}
        await self._state.save(_POLL, plain)

    async def audit(self) -> Audit:
        """What comparing with upstream has found so far."""
        plain = await self._state.load(_AUDIT)
        return Audit() if plain is None else _audit(plain)

    async def keep_audit(self, audit: Audit) -> None:
        """Remember what comparing with upstream has found."""
        moments = {"lastPassAt": audit.last_pass_at, "position": audit.position}
        plain = {name: None if moment is None else moment.isoformat() for name, moment in moments.items()}
        counts = {name: getattr(audit, name) for name in ("checked", "missed", "stale", "missing")}
        await self._state.save(_AUDIT, plain | counts)


def _audit(plain: dict[str, Any]) -> Audit:
    return Audit(
        last_pass_at=_read(plain["lastPassAt"]) if plain["lastPassAt"] else None,
        position=_read(plain["position"]) if plain["position"] else None,
        **{name: plain[name] for name in ("checked", "missed", "stale", "missing")},
    )


def _read(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)
