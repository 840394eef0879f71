"""Refill: reading columns that are new, or were declared differently before, from the stored documents."""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.ports import Upkeep

_PIECE: Final = 200
_IDLE: Final = dt.timedelta(minutes=10)


class Refill:
    """Fills what is not filled yet, piece by piece, so that a kill costs a piece."""

    def __init__(self, upkeep: Upkeep) -> None:
        self._upkeep = upkeep

    async def step(self) -> dt.timedelta:
        """Fill all that is not filled; after how long to look again."""
        while await self._upkeep.refill(_PIECE):
            pass
        return _IDLE
