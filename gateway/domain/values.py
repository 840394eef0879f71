"""Values: reading one JSON value as the type that was declared, leniently but without guessing."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.domain.attributes import Kind

_INT_LIMIT: Final = 2**31
"""GraphQL's Int has 32 bits; a larger number cannot be answered."""

_NUMBERS: Final = (int, float)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Unreadable(ValueError):
    """The value cannot be read as what was declared."""


def text(value: Any) -> str:
    """A text; numbers become theirs, so that a customer id may be a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise Unreadable
    return str(value)


def integer(value: Any) -> int:
    """A whole number of 32 bits, also from a text or a float that is one."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else decimal(value)
    if number != int(number) or not -_INT_LIMIT <= number < _INT_LIMIT:
        raise Unreadable
    return int(number)


def decimal(value: Any) -> float:
    """A finite number, also from a text that is one (but not from ``1_000``, which is one to Python alone)."""
    if isinstance(value, str):
        if "_" in value:
            raise Unreadable
    elif isinstance(value, bool) or not isinstance(value, _NUMBERS):
        raise Unreadable
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise Unreadable from None
    if not math.isfinite(number):
        raise Unreadable
    return number


def truth(value: Any) -> bool:
    """A boolean, also from the texts “true” and “false”."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise Unreadable


def moment(value: Any) -> dt.datetime:
    """An instant in UTC: ISO 8601 (without a zone, UTC), or milliseconds since 1970 as webhooks have them."""
    try:
        if isinstance(value, str):
            read = dt.datetime.fromisoformat(value.strip())
            return (read if read.tzinfo else read.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
        if isinstance(value, _NUMBERS) and not isinstance(value, bool):
            return _EPOCH + dt.timedelta(milliseconds=value)
    except (ValueError, OverflowError):
        raise Unreadable from None
    raise Unreadable


def instant(value: Any) -> dt.datetime | None:
    """`moment`, or None where there is none to read."""
    try:
        return moment(value)
    except Unreadable:
        return None


def texts(value: Any) -> tuple[str, ...]:
    """Several texts; one alone counts as a list of one, nulls in between count for nothing."""
    if not isinstance(value, list):
        return (text(value),)
    return tuple(text(element) for element in value if element is not None)


def anything(value: Any) -> Any:
    """Any JSON value, as it is."""
    return value


READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.ID: text,
    Kind.STRING: text,
    Kind.ENUM: text,
    Kind.INT: integer,
    Kind.FLOAT: decimal,
    Kind.BOOLEAN: truth,
    Kind.DATETIME: moment,
    Kind.STRINGS: texts,
    Kind.JSON: anything,
}
"""How each scalar kind is read; every reader raises `Unreadable`."""


def stripped(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same reader for statements about a person, where a blank text or an empty list says nothing."""

    def reader(value: Any) -> Any:
        known = read(value)
        if isinstance(known, tuple):
            return tuple(stated for text in known if (stated := text.strip())) or None
        return known.strip() or None if isinstance(known, str) else known

    return reader
