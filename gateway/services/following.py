"""Following: noticing what other processes change in the mirror."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from gateway.domain.delays import delay
from gateway.errors import StoreError
from gateway.observe.events import Listener, StoreFailed, silence
from gateway.ports import CallStore, Change

_PIECE: Final = 1000
_LONGEST: Final = dt.timedelta(minutes=1)
_PAUSE: Final = 1.0
"""Seconds between two looks: one question by an index, whose answer is nearly always empty."""


class Following:
    """Tells ``changed`` of every change, whoever made it, in the order of their numbers."""

    def __init__(
        self, store: CallStore, changed: Callable[[Sequence[Change]], None], *, listen: Listener = silence
    ) -> None:
        self._store = store
        self._changed = changed
        self._listen = listen
        self._seen: int | None = None

    async def step(self) -> bool:
        """Tell of the changes since the last time; whether there may be more. Begins with what comes from now on."""
        if self._seen is None:
            self._seen = await self._store.last_change()
        changes = await self._store.changes(self._seen, _PIECE)
        if changes:
            self._seen = changes[-1].number
            self._changed(changes)
        return len(changes) == _PIECE

    async def run(self) -> None:
        """Follow until cancelled; while the database is away there is nothing to follow."""
        failures = 0
        while True:
            try:
                more, failures = await self.step(), 0
            except StoreError as error:
                more, failures = False, failures + 1
                self._listen(StoreFailed("following changes", error.code))
            if not more:
                await asyncio.sleep(delay(failures, _LONGEST).total_seconds() if failures else _PAUSE)
