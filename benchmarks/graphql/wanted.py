"""What a run is to measure: which scenarios, which servers, how long."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from typing import Final, Self

from benchmarks.graphql import node_servers

GATEWAYS: Final[Mapping[str, Mapping[str, str]]] = {"gateway": {}, "plain": {"GATEWAY_COMPILED": "0"}}
"""The gateways, with what each has in its environment beside what all have."""
SERVERS: Final = (*GATEWAYS, "stock", *node_servers.NAMES)
SCENARIOS: Final = ("single", "page", "changing", "customer", "returning", "cold", "latency", "economy")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a run is to measure: ``only`` names scenarios and servers, and is empty for all; ``calls`` as `large`."""

    rounds: int
    seconds: float
    calls: int
    only: tuple[str, ...]
    has_node: bool
    has_plain: bool

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """What a command line states; latencies need to know how fast a server can be."""
        return cls(
            rounds=given.rounds,
            seconds=given.seconds,
            calls=given.calls,
            only=(*given.only, *(("single", "page") if "latency" in given.only else ())),
            has_node=not given.skip_node,
            has_plain=given.plain or "plain" in given.only,
        )

    def has(self, name: str) -> bool:
        """Whether a scenario or a server is to be measured."""
        if name == "plain":
            return self.has_plain
        alike = SCENARIOS if name in SCENARIOS else SERVERS
        asked = [each for each in self.only if each in alike]
        return name in asked or not asked

    def gateways(self) -> list[str]:
        """The gateways that are to be measured."""
        return [name for name in GATEWAYS if self.has(name)]
