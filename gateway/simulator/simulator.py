"""The simulator as Python sees it: the world, its clock, the counters and the faults."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime

from gateway.simulator import outbox
from gateway.simulator.artifact import presigned
from gateway.simulator.chance import dice, numbered
from gateway.simulator.customers import JsonObject
from gateway.simulator.faults import Fault, Faults, Order
from gateway.simulator.listing import Filters, Range
from gateway.simulator.moments import milliseconds
from gateway.simulator.outbox import Message
from gateway.simulator.plans import Plan
from gateway.simulator.samples import SAMPLES, UNSETTLED
from gateway.simulator.webhooks import Webhooks
from gateway.simulator.world import World


class Simulator:
    """What a test holds on to: ``app.state.simulator``. The control routes do the same over the wire.

    ``webhooks`` can be exchanged at any time; None sends nothing. ``shuffled`` lists are in any order when they are
    filtered by updatedAt, and a full one has any of the rows that pass: Vapi states no order.
    """

    def __init__(
        self,
        world: World,
        clock: Callable[[], datetime],
        *,
        webhooks: Webhooks | None = None,
        shuffled: bool = False,
    ) -> None:
        self.world = world
        self.clock = clock
        self.webhooks = webhooks
        self.shuffled = shuffled
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        self.deliveries: Counter[str] = Counter()
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
        self.deliveries.clear()
        self.world.reset()

    def ids(self, start: int = 0, stop: int = 100) -> list[str]:
        """The ids of the calls at these positions of the whole list, newest first."""
        return [plan.id for plan in itertools.islice(self.world.there(self.now), start, stop)]

    def messages(self, since: datetime, until: datetime) -> Iterator[Message]:
        """What the server URL is sent after a moment and until another one (included), in the order of sending.

        Consecutive stretches of time give every message once, however they are cut. Nothing is posted.
        """
        if self.webhooks is None:
            return iter(())
        return outbox.sent(self.world, self.webhooks, milliseconds(since), milliseconds(until))

    def rename(self, identifier: str, name: str) -> None:
        """Give a call a name, as PATCH does: ``updatedAt`` moves.

        Raises:
            LookupError: when there is no such call.
        """
        self.world.rename(self._found(identifier), name, self.now)

    def rerun(self, identifier: str) -> None:
        """Run a call's structured outputs again, as ``/structured-output/run`` does: ``updatedAt`` does not move.

        Raises:
            LookupError: when there is no such call.
            ValueError: when it has no artifact yet.
        """
        plan, now = self._found(identifier), self.now
        if plan.life.settled > now:
            raise ValueError(f"call {identifier} has not settled: advance the clock before its outputs are run again")
        self.world.edits.rerun(plan, now)

    def delete(self, *identifiers: str, announced: bool = True) -> None:
        """Delete calls, as DELETE does; unless ``announced``, no call.deleted is sent.

        Raises:
            LookupError: when there is no such call; then none is deleted.
        """
        for plan in [self._found(identifier) for identifier in identifiers]:
            self.world.delete(plan, self.now if announced else None)

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
        in_any_order = self.shuffled and wanted.updated != Range()
        plans = self._shuffled(wanted, now) if in_any_order else self.world.matching(wanted, now)
        return [self.world.record(plan, now) for plan in plans]

    def read(self, plan: Plan, storage: str) -> JsonObject:
        """A single call: as in the list, and with presigned URLs below ``storage`` once it has ended."""
        now = self.now
        row = self.world.record(plan, now)
        if row["status"] != "ended" or plan.life.answered is None or not row["artifact"]:
            return row
        return row | {"artifact": row["artifact"] | presigned(plan, now, next(self._reads), storage)}

    def _found(self, identifier: str) -> Plan:
        plan = self.world.find(identifier, self.now)
        if plan is None:
            raise LookupError(f"no call has the id {identifier!r}; ids() names those that there are")
        return plan

    def _shuffled(self, wanted: Filters, now: int) -> Iterator[Plan]:
        """Some of the plans that pass, drawn from four times as many as the limit."""
        more = dataclasses.replace(wanted, limit=4 * wanted.limit)
        plans = [*self.world.matching(more, now)]
        dice(numbered(self.world.timeline.seed, "list", next(self._reads)), "order").shuffle(plans)
        return itertools.islice(plans, wanted.limit)

    def _examples(self, kind: str) -> Iterator[JsonObject]:
        """Rows among which a sample can be: the 2,000 newest, and for most kinds only those that are settled."""
        now = self.now
        unsettled, horizon = kind in UNSETTLED, self.world.horizon(now)
        plans = self.world.newest(now) if unsettled else self.world.past(now)
        for plan in itertools.islice(plans, 2000):
            settled = unsettled or plan.life.settled <= now
            if settled and plan.life.created >= horizon and plan.id not in self.world.edits.deleted:
                yield self.world.record(plan, now)
