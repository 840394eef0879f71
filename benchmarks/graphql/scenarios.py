"""Scenarios: what is asked of which servers, and rounds in which these take turns: a busy machine slows all alike."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final, TypeAlias

from benchmarks.graphql import queries
from benchmarks.graphql.loader import Load, Measured
from benchmarks.graphql.queries import Answer, WrongAnswer
from benchmarks.graphql.servers import Server

CONNECTIONS: Final = 16
WARM_UP: Final = 1.0
"""Seconds at most of a round that is not counted."""
_OPEN_CONNECTIONS: Final = 64
_SHOWN_CHANGES: Final = 1.0
"""In so many seconds at least one call changes between the first answer and the last, unless all overlap."""
SHARES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

Check: TypeAlias = Callable[[Answer, Answer], object]
"""Given the variables of a request and the data of its answer; raises `WrongAnswer`."""
Figures: TypeAlias = dict[str, dict[str, list[float]]]
"""By scenario and server, one for each round."""
Changing: TypeAlias = Callable[[Server], AbstractAsyncContextManager[None]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What is asked of which servers; ``contents`` are the bodies of the requests, without end."""

    name: str
    title: str
    servers: Mapping[str, Server]
    contents: Iterator[bytes]
    check: Check
    changing: Changing | None = None

    def requests(self, server: Server) -> Iterator[bytes]:
        """The requests to one server."""
        if isinstance(self.contents, itertools.repeat):
            return itertools.repeat(queries.request(next(self.contents), server.port))
        return (queries.request(content, server.port) for content in self.contents)

    async def measured(self, server: Server, seconds: float) -> Measured:
        """One server for so long, its answers looked at. Raises `LoadFailed` or `WrongAnswer`."""
        async with self.changing(server) if self.changing else contextlib.nullcontext():
            measured = await Load(server.port, self.requests(server)).closed(seconds=seconds, connections=CONNECTIONS)
        answers = self._looked_at(server, measured)
        is_telling = seconds >= _SHOWN_CHANGES and measured.answers > 2 * CONNECTIONS
        if self.changing and is_telling and queries.told(answers[0]) == queries.told(answers[-1]):
            raise WrongAnswer(f"{self.name}, {server.name}: no answer shows a change")
        return measured

    async def latencies(self, server: Server, rate: float, seconds: float) -> dict[str, float]:
        """Milliseconds that shares of the answers take, at a fixed rate of requests."""
        load = Load(server.port, self.requests(server))
        measured = await load.open(rate=rate, seconds=seconds, connections=_OPEN_CONNECTIONS)
        self._looked_at(server, measured)
        return {name: measured.percentile(share) * 1000 for name, share in SHARES.items()}

    def _looked_at(self, server: Server, measured: Measured) -> list[Answer]:
        answers = []
        for sent, content in measured.samples:
            answer = queries.data(content)
            try:
                self.check(queries.asked(sent), answer)
            except WrongAnswer as error:
                raise WrongAnswer(f"{self.name}, {server.name}: {error}") from None
            answers.append(answer)
        return answers


def constant(query: str, variables: Answer) -> Iterator[bytes]:
    """The same request again and again."""
    return itertools.repeat(queries.body(query, variables))


def varying(query: str, name: str, values: Iterator[str]) -> Iterator[bytes]:
    """Requests with one variable that differs."""
    return (queries.body(query, {name: value}) for value in values)


async def rates(
    scenarios: Sequence[Scenario], *, rounds: int, seconds: float, tell: Callable[[str], None]
) -> tuple[Figures, Figures]:
    """Answers of each scenario and server in each round: per second, and per second of the processor that it got.

    A first round, that warms up, does not count. Each round begins with another server. Where the system does not tell
    how busy a process is, there is nothing of the second.
    """
    by_clock: Figures = {each.name: {name: [] for name in each.servers} for each in scenarios}
    by_processor: Figures = {each.name: {name: [] for name in each.servers} for each in scenarios}
    for number in range(rounds + 1):
        tell(f"round {number} of {rounds}" if number else "warming up")
        for scenario in scenarios:
            for name, server in turned(list(scenario.servers.items()), number):
                before = server.busy()
                measured = await scenario.measured(server, seconds if number else min(seconds, WARM_UP))
                after = server.busy()
                if number:
                    by_clock[scenario.name][name].append(measured.rate)
                if number and before is not None and after is not None and after > before:
                    by_processor[scenario.name][name].append(measured.answers / (after - before))
    return by_clock, by_processor


async def latencies(
    scenarios: Sequence[Scenario],
    maxima: Mapping[str, Mapping[str, Sequence[float]]],
    *,
    rounds: int,
    seconds: float,
    tell: Callable[[str], None],
) -> dict[str, dict[str, dict[str, list[float]]]]:
    """The latencies of each scenario and server at half of its median rate, in each round; ``rate`` stands beside."""
    found: dict[str, dict[str, dict[str, list[float]]]] = {
        each.name: {name: {share: [] for share in ("rate", *SHARES)} for name in each.servers} for each in scenarios
    }
    for number in range(rounds):
        tell(f"latency, round {number + 1} of {rounds}")
        for scenario in scenarios:
            for name, server in turned(list(scenario.servers.items()), number):
                rate = statistics.median(maxima[scenario.name][name]) / 2
                taken = await scenario.latencies(server, rate, seconds)
                for share, value in {"rate": rate, **taken}.items():
                    found[scenario.name][name][share].append(value)
    return found


def turned(servers: list[tuple[str, Server]], number: int) -> list[tuple[str, Server]]:
    """The servers in the order of a round."""
    first = number % len(servers)
    return servers[first:] + servers[:first]
