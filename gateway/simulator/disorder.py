"""What the network does to webhooks: some are lost, some come twice, some come late and so in another order.

Each message's fate depends on that message alone, so that it is the same however time is cut into pieces.
"""

from __future__ import annotations

import dataclasses

from gateway.simulator.chance import fraction, numbered, whole


@dataclasses.dataclass(frozen=True, slots=True)
class Disorder:
    """Shares from 0 to 1; whatever is late or comes again is so by up to ``seconds``. Another seed hits others."""

    dropped: float = 0.0
    duplicated: float = 0.0
    shuffled: float = 0.0
    seconds: float = 60.0
    seed: int = 0

    @property
    def longest(self) -> int:
        """The most milliseconds by which anything can be late."""
        return 2 * self._most

    def arrivals(self, key: int, moment: int) -> tuple[int, ...]:
        """When a message that is due at a moment is sent, in epoch milliseconds: never, once or twice."""
        lot = numbered(self.seed, "disorder", key)
        if fraction(lot, "dropped") < self.dropped:
            return ()
        first = moment + (self._delay(lot, "late") if fraction(lot, "shuffled") < self.shuffled else 0)
        if fraction(lot, "duplicated") < self.duplicated:
            return (first, first + self._delay(lot, "again"))
        return (first,)

    @property
    def _most(self) -> int:
        return int(self.seconds * 1000)

    def _delay(self, lot: int, purpose: str) -> int:
        return whole(lot, purpose, 0, self._most)
