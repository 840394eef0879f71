"""Contributions: what one call adds to the customer that it belongs to."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from gateway.domain.customers import SINGLE_CALL
from gateway.domain.mirrored import LISTED
from gateway.store.tables import ALL_ASSISTANTS

Row: TypeAlias = dict[str, Any]
"""A row of a table by the names of its columns."""

NO_ASSISTANT: Final = ""
"""Under which figures of calls without a saved assistant stand."""

MOST: Final = 10**15
"""A million dollars, or thirty thousand years: a call that claims more is not counted, and sums stay in 64 bits."""
_LISTED: Final = frozenset(state.value for state in LISTED)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a call that stands in lists adds to a customer: to the figures, and to what is stated of the customer.

    ``nano`` is its cost in billionths of a dollar, ``milliseconds`` its duration; nothing counts as 0.
    """

    key: str
    call_id: str
    created_at: dt.datetime
    assistant: str
    nano: int
    milliseconds: int
    stated: Mapping[str, Any] = dataclasses.field(repr=False)


def contribution(row: Row | None, stated: Iterable[str]) -> Contribution | None:
    """What a row of a call adds; None where it stands in no list, or its customer is nobody across calls.

    ``stated`` are the columns that say something of the customer.
    """
    if row is None or row["mirror_state"] not in _LISTED:
        return None
    key = row["customer_key"]
    if not key or key.startswith(SINGLE_CALL):
        return None
    return Contribution(
        key=key,
        call_id=row["id"],
        created_at=row["created_at"],
        assistant=_assistant(row["assistant_id"]),
        nano=whole(row["cost"], 10**9),
        milliseconds=whole(row["duration_seconds"], 10**3),
        stated={name: row[name] for name in stated if row[name] is not None},
    )


def _assistant(stated: str | None) -> str:
    return NO_ASSISTANT if stated is None or stated == ALL_ASSISTANTS else stated


def whole(value: float | None, units: int) -> int:
    """A number as so many units; 0 where there is none, or none that can be."""
    return round(value * units) if value is not None and abs(value) <= MOST / units else 0
