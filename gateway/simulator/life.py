"""The life of a call: queued → ringing → in-progress → ended → settled, as a pure function of the time.

``settled`` is the moment at which analysis and final cost have arrived, 4 to 7 seconds after the end (seen in real
rows: that is how far ``updatedAt`` runs behind ``endedAt``).
"""

from __future__ import annotations

import dataclasses

from gateway.simulator.chance import fraction, weighted, whole
from gateway.simulator.kinds import Kind

SECOND = 1000
SHORT, MEDIUM, LONG = (9, 60), (60, 240), (240, 1170)
LENGTHS = ((SHORT, 58), (MEDIUM, 34), (LONG, 8))
LONGEST = 20 * 60 * SECOND
"""No call, with all that comes before and after the conversation, takes longer than this."""


@dataclasses.dataclass(frozen=True, slots=True)
class Life:
    """The moments of a call in epoch milliseconds; a call that never connected was never answered."""

    created: int
    ringing: int
    answered: int | None
    ended: int
    settled: int

    def status(self, now: int) -> str:
        """The call's ``status`` on the wire."""
        if now >= self.ended:
            return "ended"
        if self.answered is not None and now >= self.answered:
            return "in-progress"
        return "ringing" if now >= self.ringing else "queued"

    def updated(self, now: int) -> int:
        """The last of its moments that has passed."""
        moments = (self.settled, self.ended, self.answered, self.ringing)
        return next((m for m in moments if m is not None and m <= now), self.created)

    def under_way(self, now: int) -> bool:
        """Whether the call has been created and has not ended."""
        return self.created <= now < self.ended

    @property
    def talked(self) -> int:
        """Milliseconds of conversation."""
        return 0 if self.answered is None else self.ended - self.answered


def of(key: int, kind: Kind, created: int) -> Life:
    """The life of a call that was created at a moment."""
    ringing = created + whole(key, "queued", 200, 1500)
    answered = ringing + whole(key, "ringing", 1200, 9000)
    if kind is Kind.FAILED:
        return _closed(key, created, ringing, None, answered)
    return _closed(key, created, ringing, answered, answered + _talk(key))


def lasting(key: int, created: int, duration: int) -> Life:
    """The life of a call that ends ``duration`` milliseconds after its creation."""
    ringing = created + duration // 60
    return _closed(key, created, ringing, created + duration // 15, created + duration)


def _closed(key: int, created: int, ringing: int, answered: int | None, ended: int) -> Life:
    return Life(created, ringing, answered, ended, ended + whole(key, "settling", 4000, 7000))


def _talk(key: int) -> int:
    shortest, longest = weighted(key, "length", LENGTHS)
    return int((shortest + (longest - shortest) * fraction(key, "talk")) * SECOND)
