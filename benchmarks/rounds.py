"""Rounds: timing pieces of work in turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable, Mapping


async def rounds(
    works: Mapping[str, Callable[[], Awaitable[object]]], *, count: int, times: int
) -> dict[str, list[float]]:
    """Milliseconds of each piece of work in alternating rounds of ``times`` repetitions."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            started = time.perf_counter()
            for _ in range(times):
                await work()
            spent[name].append((time.perf_counter() - started) / times * 1000)
    return spent


def table(title: str, spent: dict[str, list[float]]) -> None:
    """One line for each piece of work."""
    print(f"\n{title:<44}{'median ms':>10}{'min':>10}{'max':>10}")  # noqa: T201  # a command that prints
    for name, values in spent.items():
        print(f"{name:<44}{statistics.median(values):>10.3f}{min(values):>10.3f}{max(values):>10.3f}")  # noqa: T201


def work(piece: Callable[..., object], *arguments: object) -> Callable[[], Awaitable[object]]:
    """A piece of work that waits for nothing."""

    async def done() -> object:
        return piece(*arguments)

    return done
