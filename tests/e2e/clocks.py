"""Clocks: time that passes when a test says so."""

from __future__ import annotations

import dataclasses
import datetime as dt

ANCHOR = dt.datetime(2026, 9, 1, 15, 0, tzinfo=dt.UTC)
"""When the newest call of the simulated past was created."""


@dataclasses.dataclass
class Clock:
    """An hour after the newest call of the past, when nothing else is said: all of those have ended and settled."""

    now: dt.datetime = ANCHOR + dt.timedelta(hours=1)

    def __call__(self) -> dt.datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        """Let time pass: ``clock.advance(hours=1)``."""
        self.now += dt.timedelta(**duration)
