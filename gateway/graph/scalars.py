"""Scalars: instants on the wire, and any JSON value."""

from __future__ import annotations

import datetime as dt
from typing import Final, NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from gateway.domain.values import Unreadable, moment

DateTimeOrDuration = NewType("DateTimeOrDuration", str)
"""A text that `gateway.domain.moments` turns into an instant when it is known what time it is."""

Json = NewType("Json", object)


def written(value: dt.datetime) -> str:
    """An instant as Vapi writes it: UTC, with milliseconds and a Z."""
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read(value: object) -> dt.datetime:
    try:
        return moment(value)
    except Unreadable:
        raise ValueError("DateTime cannot represent this value: it must be ISO 8601") from None


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("DateTimeOrDuration cannot represent this value: it must be a string")


SCALARS: Final[dict[object, ScalarDefinition]] = {
    dt.datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, ISO 8601 with milliseconds: `2026-08-19T21:02:48.657Z`.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=written,
        parse_value=_read,
    ),
    DateTimeOrDuration: strawberry.scalar(
        name="DateTimeOrDuration",
        description=(
            "An instant, ISO 8601 (`2026-08-19T21:02:48Z`), or an ISO 8601 duration from now: `-P7D` is a week ago, "
            "`-PT12H` twelve hours. A duration is resolved once, for the first page; the pages behind its cursors keep "
            "it."
        ),
        serialize=str,
        parse_value=_text,
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value, as it is.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
