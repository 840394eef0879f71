"""Delays: after how long something that failed is tried again."""

from __future__ import annotations

import datetime as dt
from typing import Final

_FIRST: Final = dt.timedelta(seconds=5)
_LONGEST: Final = dt.timedelta(hours=1)
_MOST_DOUBLINGS: Final = 10


def delay(failures: int, longest: dt.timedelta = _LONGEST) -> dt.timedelta:
    """The wait after so many failures in a row: 5 s after the first, then twice as long each time."""
    doublings = min(max(failures - 1, 0), _MOST_DOUBLINGS)
    return min(_FIRST * (1 << doublings), longest)
