"""Expiry: letting go, in time, of what is not to be kept for good."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Final

from gateway.ports import Upkeep

_PIECE: Final = 200
"""Rows in one transaction: others wait for it."""
_IDLE: Final = dt.timedelta(minutes=10)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long content, documents and received webhooks are kept; None for good."""

    content: dt.timedelta | None = None
    documents: dt.timedelta | None = None
    ledger: dt.timedelta | None = None


class Expiry:
    """Lets go of what is past its lifetime; ``changed`` is called once something was let go of."""

    def __init__(
        self,
        upkeep: Upkeep,
        keeping: Keeping,
        *,
        clock: Callable[[], dt.datetime],
        changed: Callable[[], Awaitable[object]],
    ) -> None:
        self._work = (
            (keeping.content, upkeep.expire_content),
            (keeping.documents, upkeep.expire_documents),
            (keeping.ledger, upkeep.expire_ledger),
        )
        self._clock = clock
        self._changed = changed

    async def step(self) -> dt.timedelta:
        """Let go of a piece of each; after how long to look again."""
        rows = 0
        for lifetime, expire in self._work:
            if lifetime is not None:
                rows += await expire(self._clock() - lifetime, _PIECE)
        if rows:
            await self._changed()
            return dt.timedelta()
        return _IDLE
