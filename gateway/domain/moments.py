"""Moments: an instant, given as itself or as a duration from now (``-P7D`` is a week ago)."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import Final

_DURATION: Final = re.compile(
    r"(?P<sign>[+-])?P(?=.)"
    r"(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,10}(?:\.\d{1,6})?)S)?)?"
)

EXPECTED: Final = "an ISO 8601 date and time (2026-08-19T21:02:48Z), or a duration from now (-P7D, -PT12H)"


def is_duration(text: str) -> bool:
    """Whether a text states a duration, which means another instant at every moment."""
    return _DURATION.fullmatch(text.strip()) is not None


def resolve(text: str, now: dt.datetime) -> dt.datetime:
    """The instant that a text means at ``now``, in UTC. A date without a zone is UTC, a date without a time its start.

    Raises:
        ValueError: the text is neither a date nor a duration, or leads outside the years 1 to 9999.
    """
    match = _DURATION.fullmatch(text.strip())
    try:
        return _from_now(match, now) if match else _absolute(text.strip())
    except (ValueError, OverflowError):
        raise ValueError(EXPECTED) from None


def _absolute(text: str) -> dt.datetime:
    read = dt.datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)


def _from_now(match: re.Match[str], now: dt.datetime) -> dt.datetime:
    sign = -1 if match["sign"] == "-" else 1
    years, months, weeks, days, hours, minutes = (
        int(match[name] or 0) for name in ("years", "months", "weeks", "days", "hours", "minutes")
    )
    exact = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=float(match["seconds"] or 0))
    return _months_later(now, sign * (12 * years + months)) + sign * exact


def _months_later(start: dt.datetime, months: int) -> dt.datetime:
    """The same day so many months later, or the month's last where it is shorter."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)
