"""Buckets: where in time a moment falls, by the clock of a timezone.

A bucket of a day or longer begins on a date. An hour begins at an instant, since in autumn there are two of the same
name.
"""

from __future__ import annotations

import bisect
import datetime as dt
import difflib
import functools
import zoneinfo
from collections.abc import Iterator
from typing import Final, TypeAlias

from gateway.domain.aggregates import Bucket

Start: TypeAlias = "dt.date | dt.datetime"
Offset: TypeAlias = tuple[dt.datetime, dt.timedelta]
"""From when on the clocks of a timezone are how far ahead of UTC."""

_MONTHS: Final = {Bucket.MONTH: 1, Bucket.QUARTER: 3, Bucket.YEAR: 12}
_HOUR: Final = dt.timedelta(hours=1)
_DAY: Final = dt.timedelta(days=1)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@functools.cache
def _names() -> frozenset[str]:
    """The names of all timezones: to look for them takes milliseconds."""
    return frozenset(zoneinfo.available_timezones())


def zone_of(name: str) -> dt.tzinfo:
    """The timezone of this name in the IANA database.

    Raises:
        ValueError: there is none.
    """
    try:
        if name not in _names():
            raise ValueError(name)
        return zoneinfo.ZoneInfo(name)
    except (OSError, zoneinfo.ZoneInfoNotFoundError) as error:
        raise ValueError(name) from error


def like(name: str) -> tuple[str, ...]:
    """Some timezones that may have been meant."""
    return tuple(difflib.get_close_matches(name, _names(), n=3)) or _USUAL


_USUAL: Final = ("UTC", "Europe/Berlin", "America/New_York")


def offsets(zone: dt.tzinfo, first: dt.datetime, last: dt.datetime) -> tuple[Offset, ...]:
    """What the clocks show between two moments, beginning with what they show at the first.

    Clocks are not moved twice within a day.
    """
    found = [(first, _ahead(first, zone))]
    at = first
    while at < last:
        following_day = min(at + _DAY, last)
        if _ahead(following_day, zone) != found[-1][1]:
            moved = _moved(at, following_day, zone)
            found.append((moved, _ahead(moved, zone)))
        at = following_day
    return tuple(found)


def _moved(before: dt.datetime, after: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The moment between two at which the clocks were moved."""
    shown, steps = _ahead(before, zone), (after - before) // _MICROSECOND
    found = bisect.bisect(range(steps), 0, key=lambda step: _ahead(before + step * _MICROSECOND, zone) != shown)
    return before + found * _MICROSECOND


def _ahead(moment: dt.datetime, zone: dt.tzinfo) -> dt.timedelta:
    return moment.astimezone(zone).utcoffset() or dt.timedelta()


def start_of(moment: dt.datetime, bucket: Bucket, zone: dt.tzinfo) -> Start:
    """The beginning of the bucket that a moment falls into."""
    local = moment.astimezone(zone)
    if bucket is Bucket.HOUR:
        within = dt.timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return moment.astimezone(dt.UTC) - within
    day = local.date()
    if bucket is Bucket.WEEK:
        return day - dt.timedelta(days=day.weekday())
    if bucket is Bucket.DAY:
        return day
    months = _MONTHS[bucket]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def following(start: Start, bucket: Bucket) -> Start:
    """The beginning of the next bucket."""
    if bucket is Bucket.HOUR:
        return start + _HOUR
    if bucket in (Bucket.DAY, Bucket.WEEK):
        return start + dt.timedelta(days=7 if bucket is Bucket.WEEK else 1)
    years, month = divmod(start.month - 1 + _MONTHS[bucket], 12)
    return start.replace(year=start.year + years, month=month + 1)


def instant(start: Start, zone: dt.tzinfo) -> dt.datetime:
    """The moment at which a bucket begins; where the clocks skip midnight, that at which they were moved."""
    if isinstance(start, dt.datetime):
        return start
    return dt.datetime.combine(start, dt.time(), zone).astimezone(dt.UTC)


def between(first: Start, last: Start, bucket: Bucket) -> Iterator[Start]:
    """The beginnings of all buckets from one to another, both included."""
    at = first
    while at <= last:
        yield at
        at = following(at, bucket)
