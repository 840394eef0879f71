"""Instants: points in time with the precision that Vapi's REST API has, which is the millisecond.

All of them are aware and in UTC. Where something finer comes in, it is floored, so that the calls of one millisecond
stay together whatever stands behind it.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from gateway.domain import identifiers

MILLISECOND: Final = dt.timedelta(milliseconds=1)

FIRST: Final = dt.datetime.min.replace(tzinfo=dt.UTC)
"""The earliest instant there is."""

LAST: Final = dt.datetime.max.replace(microsecond=999_000, tzinfo=dt.UTC)
"""The latest instant there is."""


def utc(value: dt.datetime) -> dt.datetime:
    """The same instant in UTC; one that UTC cannot hold (the year 9999 in Honolulu) becomes the nearest that it can."""
    try:
        return value.astimezone(dt.UTC)
    except OverflowError:
        return FIRST if value.year == dt.MINYEAR else LAST


def floor(value: dt.datetime) -> dt.datetime:
    """The beginning of the millisecond that holds this instant."""
    known = utc(value)
    return known.replace(microsecond=known.microsecond // 1000 * 1000)


def ceiling(value: dt.datetime) -> dt.datetime:
    """The first whole millisecond that is not before this instant."""
    floored = floor(value)
    return floored if floored in (utc(value), LAST) else floored + MILLISECOND


def end(value: dt.datetime) -> dt.datetime:
    """The last microsecond of the millisecond that holds this instant."""
    return floor(value).replace(microsecond=floor(value).microsecond + 999)


def wire(value: dt.datetime) -> str:
    """ISO 8601 in UTC with milliseconds and “Z”, as Vapi itself writes it; a finer part is cut off."""
    return utc(value).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def of_id(text: str) -> dt.datetime | None:
    """When this id was made, if it says so."""
    return identifiers.created_at(text)
