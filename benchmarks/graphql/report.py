"""The report: what was measured, as tables for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.graphql.scenarios import SHARES, Figures

_AGAINST: Final = ("mercurius", "stock")
_NOTHING: Final = "-"


@dataclasses.dataclass(slots=True, kw_only=True)
class Report:
    """What was measured. Rates are answers per second, latencies milliseconds, memory MB, start-up seconds.

    ``about`` are the versions and the settings of the run, ``ceilings`` the rates of the load against a server that
    does nothing, ``notes`` what is to be known beside.
    """

    about: dict[str, Any]
    titles: dict[str, str] = dataclasses.field(default_factory=dict)
    ceilings: dict[str, float] = dataclasses.field(default_factory=dict)
    rates: Figures = dataclasses.field(default_factory=dict)
    by_processor: Figures = dataclasses.field(default_factory=dict)
    latencies: dict[str, dict[str, dict[str, list[float]]]] = dataclasses.field(default_factory=dict)
    upstream: dict[str, int] = dataclasses.field(default_factory=dict)
    memory: dict[str, float | None] = dataclasses.field(default_factory=dict)
    start_up: dict[str, float | None] = dataclasses.field(default_factory=dict)
    notes: list[str] = dataclasses.field(default_factory=list)

    def written(self, file: Path) -> None:
        """Write all of it as JSON, with the medians and the ratios that the tables show."""
        derived = {"medians": medians(self.rates), "ratios": ratios(self.rates)}
        derived |= {
            "medians_by_processor": medians(self.by_processor),
            "ratios_by_processor": ratios(self.by_processor),
        }
        file.write_text(json.dumps({**dataclasses.asdict(self), **derived}, indent=2) + "\n")

    def lines(self) -> Iterator[str]:
        """The tables."""
        yield from (f"{name}: {value}" for name, value in self.about.items())
        if self.rates:
            yield from ("", "Requests per second: median (least–most)")
            yield from table(self._rates(self.rates))
        if self.ceilings:
            yield "the load alone: " + ", ".join(f"{rate:,.0f}/s of {of}" for of, rate in self.ceilings.items())
        if self.by_processor:
            yield from ("", "Requests per second of the processor, which counts no time that others took: the same")
            yield from table(self._rates(self.by_processor))
        if self.latencies:
            yield from ("", "Latency in ms at half of that rate: median (least–most)")
            yield from table(self._latencies())
        if self.upstream:
            yield from ("", "Requests to Vapi")
            yield from table([[of, str(count)] for of, count in self.upstream.items()])
        if self.memory:
            yield from ("", "Memory at the end, and from the start to the first answer")
            yield from table(self._processes())
        yield from ("", *self.notes)

    def _rates(self, figures: Figures) -> list[list[str]]:
        names = list(dict.fromkeys(name for by in figures.values() for name in by))
        rows = [["", *names, *(f"gateway/{name}" for name in _AGAINST if name in names)]]
        for of, by in figures.items():
            against = [ratio(by, name) for name in _AGAINST if name in names]
            shown = [_NOTHING if each is None else f"{each:.2f}" for each in against]
            rows.append([self.titles[of], *(spread(by.get(name), "{:,.0f}") for name in names), *shown])
        return rows

    def _latencies(self) -> list[list[str]]:
        rows = [["", "", "at", *SHARES]]
        for of, by in self.latencies.items():
            for name, taken in by.items():
                shares = [spread(taken[share], "{:.2f}") for share in SHARES]
                rows.append([self.titles[of], name, f"{taken['rate'][0]:,.0f}/s", *shares])
        return rows

    def _processes(self) -> list[list[str]]:
        def shown(value: float | None, text: str) -> str:
            return _NOTHING if value is None else text.format(value)

        return [
            [name, shown(held, "{:.0f} MB"), shown(self.start_up.get(name), "{:.2f} s")]
            for name, held in self.memory.items()
        ]


def medians(figures: Figures) -> dict[str, dict[str, float]]:
    """The medians over the rounds."""
    return {of: {name: statistics.median(each) for name, each in by.items() if each} for of, by in figures.items()}


def ratios(figures: Figures) -> dict[str, dict[str, float | None]]:
    """How many times as fast as others the gateway is, by scenario."""
    return {of: {f"gateway/{name}": ratio(by, name) for name in _AGAINST} for of, by in figures.items()}


def ratio(by: Mapping[str, Sequence[float]], name: str) -> float | None:
    """How many times as fast as another server the gateway is, by the medians; None where one was not measured."""
    if not by.get("gateway") or not by.get(name):
        return None
    return statistics.median(by["gateway"]) / statistics.median(by[name])


def spread(values: Sequence[float] | None, text: str) -> str:
    """The median with the least and the most."""
    if not values:
        return _NOTHING
    median, least, most = (text.format(each) for each in (statistics.median(values), min(values), max(values)))
    return f"{median} ({least}–{most})"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows as lines: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (
            text.rjust(width) if column else text.ljust(width)
            for column, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()
