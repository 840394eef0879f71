"""Revisions: the one rule that decides which of two snapshots of a call wins."""

from __future__ import annotations

import dataclasses
import datetime as dt


@dataclasses.dataclass(frozen=True, slots=True, order=True)
class Revision:
    """One reading of a call through Vapi's API: the greater wins.

    First by when upstream last changed the call, then by when it was read: outputs that are extracted anew do not
    always move ``updatedAt``. A row without ``updatedAt`` loses against one that has it.
    """

    updated_at: dt.datetime
    read_at: dt.datetime


_NEVER = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


def revision(updated_at: dt.datetime | None, read_at: dt.datetime) -> Revision:
    """The revision of a call that was read at ``read_at``."""
    return Revision(updated_at or _NEVER, read_at)
