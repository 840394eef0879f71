"""Types: how values are kept, the same on both databases as far as comparing and sorting goes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, DateTime, Dialect, Double, Integer, Text
from sqlalchemy.types import JSON, TypeDecorator, TypeEngine

from gateway.domain.attributes import Kind

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)

Words: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that is compared by its code points, as SQLite and Python do."""

Number: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A number of 64 bits; only as INTEGER can SQLite count it up by itself."""


class Instant(TypeDecorator[dt.datetime]):
    """A moment in UTC: timestamptz in PostgreSQL, microseconds since 1970 in SQLite, which has no such type."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in this database."""
        kept = DateTime(timezone=True) if dialect.name == "postgresql" else BigInteger()
        return dialect.type_descriptor(kept)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """The moment as it is kept."""
        if value is None or dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """The moment as it was."""
        if value is None:
            return None
        return value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else _EPOCH + value * _MICROSECOND


OF_KIND: Final[Mapping[Kind, Any]] = {
    Kind.ID: Words,
    Kind.STRING: Words,
    Kind.ENUM: Words,
    Kind.INT: BigInteger(),
    Kind.FLOAT: Double(),
    Kind.BOOLEAN: Boolean(),
    Kind.DATETIME: Instant(),
    Kind.STRINGS: JSON(none_as_null=True),
}
"""The type of an attribute's column. Closed sets are kept in Vapi's own texts."""
