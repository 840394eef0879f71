"""Moments as Vapi writes them: ISO 8601 in UTC with milliseconds and a Z. Inside, a moment is epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = 24 * 60 * 60 * 1000
BEGINNING = 0
END_OF_TIME = 1 << 47


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds of a moment, cut, not rounded."""
    return (moment - EPOCH) // MILLISECOND


def microseconds(moment: datetime) -> int:
    """Epoch microseconds of a moment: a filter may be finer than the data."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def iso(moment: int) -> str:
    """2026-02-02T16:05:46.328Z."""
    written = (EPOCH + moment * MILLISECOND).isoformat(timespec="milliseconds")
    return written.replace("+00:00", "Z")


def parsed(text: str) -> datetime | None:
    """The moment that a text names, or None; a text without an offset means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
