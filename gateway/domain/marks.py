"""Marks: calls that are to be read again, and why.

A mark is done when a snapshot is applied that was read at or after its moment, whoever read it: a poll does the work of
marks that had to wait.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum


class Reason(enum.Enum):
    """Why a call is to be read again. The value is what the store keeps."""

    NOTICED = "noticed"
    """A webhook told of a change."""
    LATE = "late"
    """Analysis, outputs and recordings arrive after the report of the end."""
    MISSING = "missing"
    """Upstream did not have it though it should; asked again before it counts as deleted."""
    STUCK = "stuck"
    """It has been live for hours."""


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """A call that is to be read at ``due_at`` or later. A call has one mark of each reason; the later one stays."""

    call_id: str
    reason: Reason
    due_at: dt.datetime
    attempts: int = 0
