"""Types: how values are kept, the same on both databases as far as keeping, comparing and sorting goes.

What upstream sends can be odd in ways that one database or the other refuses, or changes. Such a value costs itself
alone, never the call: a text loses the characters that no database keeps, a number that does not fit becomes null.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Double, Integer, Text
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from gateway.domain.attributes import Kind

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_UNKNOWN: Final = "\N{REPLACEMENT CHARACTER}"
_WHOLE: Final = range(-(2**63), 2**63)

Number: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A number of 64 bits; only as INTEGER can SQLite count it up by itself."""


class _Words(TypeDecorator[str]):
    """Text that is compared by its code points, as SQLite and Python do."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database."""
        return Text(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """The text as it is kept."""
        return None if value is None else keepable(value)


Words: Final = _Words()


def keepable(text: str) -> str:
    """A text that both databases keep: NUL (PostgreSQL) and lone surrogates (both) are valid in JSON, not there."""
    if text.isascii():
        return text.replace("\0", _UNKNOWN)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", _UNKNOWN)


class _Whole(TypeDecorator[int]):
    """A whole number of 64 bits; null where it does not fit."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        """The number, if it can be kept."""
        return value if value is not None and value in _WHOLE else None


class _Real(TypeDecorator[float]):
    """A number of double precision; null where there is none like it in JSON."""

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """The number, if it can be kept."""
        try:
            return float(value) if value is not None and math.isfinite(value) else None
        except OverflowError:
            return None


class Instant(TypeDecorator[dt.datetime]):
    """A moment in UTC: timestamptz, or microseconds since 1970 in SQLite, which has no such type."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database."""
        kept = BigInteger() if dialect.name == "sqlite" else DateTime(timezone=True)
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """The moment as it is kept."""
        if value is None or dialect.name != "sqlite":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], dt.datetime | None]:
        """What makes of a value the moment that it was; not by way of a method for each, since pages have hundreds."""
        return _since_epoch if dialect.name == "sqlite" else _in_utc


def _in_utc(value: dt.datetime | None) -> dt.datetime | None:
    return None if value is None else value.astimezone(dt.UTC)


def _since_epoch(value: int | None) -> dt.datetime | None:
    return None if value is None else _EPOCH + value * _MICROSECOND


OF_KIND: Final[Mapping[Kind, Any]] = {
    Kind.ID: Words,
    Kind.STRING: Words,
    Kind.ENUM: Words,
    Kind.INT: _Whole(),
    Kind.FLOAT: _Real(),
    Kind.BOOLEAN: Boolean(),
    Kind.DATETIME: Instant(),
    Kind.STRINGS: JSON(none_as_null=True),
}
"""The type of an attribute's column. Closed sets are kept in Vapi's own texts."""
