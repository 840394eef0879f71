"""Clean: values fit for any database."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.domain.attributes import Kind

_INT_LIMIT: Final = 2**63


def _text(value: str) -> str:
    """A text that every database takes: without NUL, and with U+FFFD for half a character."""
    if "\0" in value:
        value = value.replace("\0", "")
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _number(value: int) -> int | None:
    return value if -_INT_LIMIT <= value < _INT_LIMIT else None


def _fraction(value: float) -> float | None:
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def _utc(value: dt.datetime) -> dt.datetime:
    return value.astimezone(dt.UTC) if value.tzinfo is not dt.UTC else value


CLEAN: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.ID: _text,
    Kind.STRING: _text,
    Kind.ENUM: _text,
    Kind.INT: _number,
    Kind.FLOAT: _fraction,
    Kind.BOOLEAN: bool,
    Kind.DATETIME: _utc,
    Kind.STRINGS: lambda value: tuple(map(_text, value)),
}
"""What makes a value of each kind fit for any database; None where there is no way."""
