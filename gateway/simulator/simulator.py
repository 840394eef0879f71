"""The simulator as Python sees it: the world, its clock, the counters and the faults."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from gateway.simulator.artifact import presigned
from gateway.simulator.customers import JsonObject
from gateway.simulator.faults import Fault, Faults, Order
from gateway.simulator.listing import Filters
from gateway.simulator.moments import milliseconds
from gateway.simulator.plans import Plan
from gateway.simulator.samples import SAMPLES, UNSETTLED
from gateway.simulator.world import World


class Simulator:
    """What a test holds on to: ``app.state.simulator``. The control routes do the same over the wire."""

    def __init__(self, world: World, clock: Callable[[], datetime]) -> None:
        self.world = world
        self.clock = clock
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self._reads = itertools.count(1)

    @property
    def now(self) -> int:
        """The clock in epoch milliseconds."""
        return milliseconds(self.clock())

    def fail(
        self,
        fault: str,
        *,
        times: int | None = 1,
        seconds: float | None = None,
        status: int = 500,
        path: str | None = None,
    ) -> None:
        """Let the next ``times`` requests (None: all, until cleared) to a path fail.

        ``seconds`` is how long a latency lasts, or the Retry-After of a rate limit.
        """
        self.faults.orders.append(Order(Fault(fault), times, seconds, status, path))

    def clear(self) -> None:
        """End all faults."""
        self.faults.orders.clear()

    def reset(self) -> None:
        """Set the counters to zero and forget every call that was created, changed or deleted."""
        self.requests.clear()
        self.world.reset()

    def ids(self, start: int = 0, stop: int = 100) -> list[str]:
        """The ids of the calls at these positions of the whole list, newest first."""
        plans = (p for p in self.world.newest(self.now) if p.id not in self.world.edits.deleted)
        return [plan.id for plan in itertools.islice(plans, start, stop)]

    def sample(self, kind: str) -> str:
        """The id of a call of a kind: ended, except for the kinds ``live`` and ``talking``.

        Raises:
            LookupError: when the world is too small to have one.
        """
        for row in self._examples(kind):
            if SAMPLES[kind](row):
                return str(row["id"])
        raise LookupError(f"no call of the kind {kind!r} in a world of {self.world.timeline.calls} calls")

    def samples(self) -> dict[str, str]:
        """A sample of each kind that the world has."""
        found = {}
        for kind in SAMPLES:
            try:
                found[kind] = self.sample(kind)
            except LookupError:
                continue
        return found

    def list(self, wanted: Filters) -> list[JsonObject]:
        """The rows that pass the filters."""
        now = self.now
        return [self.world.record(plan, now) for plan in self.world.matching(wanted, now)]

    def read(self, plan: Plan) -> JsonObject:
        """A single call: as in the list, and with presigned URLs once it has ended."""
        now = self.now
        row = self.world.record(plan, now)
        if row["status"] != "ended" or plan.life.answered is None or not row["artifact"]:
            return row
        return row | {"artifact": row["artifact"] | presigned(plan, now, next(self._reads))}

    def _examples(self, kind: str) -> Iterator[JsonObject]:
        """Rows among which a sample can be: the 2,000 newest, and for most kinds only those that are settled."""
        now = self.now
        unsettled = kind in UNSETTLED
        plans = self.world.newest(now) if unsettled else self.world.past(now)
        for plan in itertools.islice(plans, 2000):
            settled = unsettled or plan.life.settled <= now
            if settled and plan.id not in self.world.edits.deleted:
                yield self.world.record(plan, now)
