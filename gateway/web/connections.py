"""Connections: which there are, what each of them waits for, and which of them must go.

uvicorn lets a client take as long as it likes to say what it wants, and an operating system gives a process a limited
number of descriptors: a few thousand clients that say nothing would be all that it ever serves. The rules:

==============  ============================================================  =========================================
stage           what is waited for                                            how long
==============  ============================================================  =========================================
``ASKING``      the headers of a request: since the connection was opened,    ``headers``, however often a byte arrives
                or since the last answer ended
``SENDING``     the rest of the request's body                                ``bodies``
``ANSWERED``    nothing: the gateway is at work                               as long as the work takes
``TAKING``      the client, to take what was sent to it                       ``bodies``, then again for as long as it
                                                                              takes some
==============  ============================================================  =========================================

Where an address has more connections than one may have, or all together are more than there may be, one goes: the one
that has waited longest in the first of the stages ``ASKING``, ``SENDING``, ``TAKING`` that has any. So somebody who
opens a connection and asks at once is answered, however many say nothing. One that is being answered never goes; where
all are, the newcomer does.

No I/O and no clock here: `gateway.web.protocol` does what is decided.
"""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from typing import Final, Generic, TypeVar

C = TypeVar("C")

_BITS_OF_A_SITE: Final = 64
"""How much of an IPv6 address is given to one site, which has all addresses that begin so."""


class Stage(enum.Enum):
    """What a connection waits for; in the order in which connections have to go."""

    ASKING = "asking"
    SENDING = "sending"
    TAKING = "taking"
    ANSWERED = "answered"


_LEAVING: Final = (Stage.ASKING, Stage.SENDING, Stage.TAKING)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many connections there may be, in all and of one address; how long their clients may take, in seconds."""

    connections: int
    of_one_address: int
    headers: float
    bodies: float

    def patience(self, stage: Stage) -> float:
        """How long a connection may be in a stage that it can be late in."""
        return self.headers if stage is Stage.ASKING else self.bodies


class _Queues(Generic[C]):
    """Connections by stage, each with since when it is there, the longest there first."""

    def __init__(self) -> None:
        self.count = 0
        self.waiting: dict[Stage, OrderedDict[C, float]] = {stage: OrderedDict() for stage in _LEAVING}

    def add(self, connection: C, stage: Stage, now: float) -> None:
        if stage in self.waiting:
            self.waiting[stage][connection] = now

    def remove(self, connection: C, stage: Stage) -> None:
        if stage in self.waiting:
            del self.waiting[stage][connection]

    def first(self) -> C | None:
        """The one that goes first."""
        return next((next(iter(queue)) for queue in self.waiting.values() if queue), None)

    def late(self, now: float, limits: Limits) -> Iterator[tuple[C, Stage]]:
        for stage, queue in self.waiting.items():
            for connection, since in queue.items():
                if now - since < limits.patience(stage):
                    break
                yield connection, stage


class Connections(Generic[C]):
    """All connections of a server. Moments are seconds of one clock that never goes back.

    ``is_proxy`` tells addresses that speak for many clients, and may therefore have any number of connections.
    """

    def __init__(self, limits: Limits, *, is_proxy: Callable[[str], bool] = lambda _: False) -> None:
        self.limits = limits
        self._is_proxy = is_proxy
        self._all: _Queues[C] = _Queues()
        self._by_address: dict[str, _Queues[C]] = {}
        self._places: dict[C, tuple[str, Stage]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def of(self, address: str) -> int:
        """How many connections an address has."""
        queues = self._by_address.get(site(address))
        return queues.count if queues else 0

    def opened(self, connection: C, address: str, now: float) -> C | None:
        """A connection was opened; the one that has to go for it, which may be itself, and is no longer counted."""
        group = site(address)
        own = self._by_address.get(group)
        crowded: _Queues[C] | None = None
        if own and own.count >= self.limits.of_one_address and not self._is_proxy(address):
            crowded = own
        elif len(self) >= self.limits.connections:
            crowded = self._all
        leaving = crowded.first() if crowded else None
        if crowded and leaving is None:
            return connection
        if leaving is not None:
            self.closed(leaving)
        queues = self._by_address.setdefault(group, _Queues())
        queues.count += 1
        self._places[connection] = (group, Stage.ASKING)
        queues.add(connection, Stage.ASKING, now)
        self._all.add(connection, Stage.ASKING, now)
        return leaving

    def moved(self, connection: C, stage: Stage, now: float) -> None:
        """A connection is in this stage from now on. What is not counted any more is passed over."""
        place = self._places.get(connection)
        if place is None:
            return
        group, before = place
        for queues in (self._all, self._by_address[group]):
            queues.remove(connection, before)
            queues.add(connection, stage, now)
        self._places[connection] = (group, stage)

    def closed(self, connection: C) -> None:
        """A connection is no more, or about to be. What is not counted any more is passed over."""
        place = self._places.pop(connection, None)
        if place is None:
            return
        group, stage = place
        own = self._by_address[group]
        self._all.remove(connection, stage)
        own.remove(connection, stage)
        own.count -= 1
        if not own.count:
            del self._by_address[group]

    def late(self, now: float) -> list[tuple[C, Stage]]:
        """The connections whose clients have taken longer than they may, and over what."""
        return list(self._all.late(now, self.limits))


def site(address: str) -> str:
    """What is counted as one address: an IPv4 address; of IPv6, the network of the site that it is in."""
    if ":" not in address:
        return address
    try:
        parsed = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _BITS_OF_A_SITE), strict=False))


def within(networks: Collection[str]) -> Callable[[str], bool]:
    """Whether an address is one of these addresses or in one of these networks (``10.0.0.0/8``)."""
    known = tuple(ipaddress.ip_network(network) for network in networks)

    def is_within(address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in known)

    return is_within


_UNCOUNTED: Final = 10_000
"""Connections where the operating system sets no limit worth the name."""

_KEPT_BACK: Final = 128
"""Descriptors for the mirror's database, its writers, the workers of the backfill, listeners, logs and libraries."""


def room(descriptors: int, outgoing: int) -> int:
    """How many connections fit into a process with so many descriptors, of which ``outgoing`` lead to Vapi."""
    kept_back = min(_KEPT_BACK + 2 * outgoing, descriptors // 2)
    return max(1, min(descriptors - kept_back, _UNCOUNTED))
