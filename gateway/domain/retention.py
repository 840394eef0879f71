"""Retention: how long upstream keeps calls, and what it means when it does not have one.

Vapi keeps calls for 14 days on its common plan, for longer on others. What it forgot after that stays in the mirror;
what it deleted before must be purged. Both look the same, a 404, so the age of the call decides, and where it speaks
for a deletion, a second question: a replica that lags, or a mistaken answer, must not purge anything.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

from gateway.domain.coverage import BEGINNING
from gateway.domain.marks import Mark, Reason
from gateway.domain.observations import Absence

RECHECK: Final = dt.timedelta(minutes=2)
"""After how long a call that should be there is asked for again."""

_SLACK: Final = 14
"""Vapi may forget by the day: this fraction before its end, retention may be over already (of 14 days, one)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Retention:
    """How long upstream keeps calls, counted from their creation; None where that is not known, or for good."""

    lasts: dt.timedelta | None = None

    def horizon(self, now: dt.datetime) -> dt.datetime | None:
        """Upstream still has every call that was created since, as far as is known; None where that is all of them."""
        return None if self.lasts is None else now - self.lasts

    def is_certain(self, created_at: dt.datetime, now: dt.datetime) -> bool:
        """Whether upstream must still have a call of this age, unless it was deleted."""
        return self.lasts is None or now - created_at < self._certain(self.lasts)

    def certain_since(self, earliest: dt.datetime, now: dt.datetime) -> dt.datetime:
        """The first moment from ``earliest`` on of which upstream must still have the calls."""
        return earliest if self.lasts is None else max(earliest, now - self._certain(self.lasts))

    def complete_from(self, oldest: dt.datetime | None, asked_at: dt.datetime) -> dt.datetime:
        """Where history begins of which everything has been read.

        ``oldest`` is when the oldest call of the walk was created, ``asked_at`` when upstream was asked for what is
        older, and had nothing: before its horizon there may have been calls that nobody can know of any more.
        """
        horizon = self.horizon(asked_at) or BEGINNING
        return horizon if oldest is None else min(oldest, horizon)

    def _certain(self, lasts: dt.timedelta) -> dt.timedelta:
        return lasts - lasts / _SLACK


def absent(
    call_id: str, reason: Reason | None, created_at: dt.datetime | None, asked_at: dt.datetime, retention: Retention
) -> Absence | Mark:
    """What it means that upstream does not have a call: it is forgotten, deleted, or must be asked for again.

    ``reason`` is why it was asked for; `Reason.MISSING` says that upstream did not have it before either. A call of
    which nobody knows when it was created is taken for one that upstream ought to have.
    """
    if created_at is not None and not retention.is_certain(created_at, asked_at):
        return Absence(call_id=call_id, noticed_at=asked_at, deleted=False)
    if reason is Reason.MISSING:
        return Absence(call_id=call_id, noticed_at=asked_at, deleted=True)
    return Mark(call_id, Reason.MISSING, asked_at + RECHECK)
