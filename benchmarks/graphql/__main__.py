"""``python -m benchmarks.graphql``: the gateway beside other GraphQL servers, over the same data, in turns.

The gateway is `gateway serve` over a SQLite mirror in front of the simulated Vapi; beside it Strawberry as it comes
over the same schema, and Mercurius (with graphql-jit) and Apollo Server over `schema.graphql`, all three with their
records in memory. Each is one process on one core, the load another one on another. The first run takes longer: it
installs the servers of Node.js and fills the large mirror, both into the user's cache folder.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import importlib.metadata
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.graphql import cores
from benchmarks.graphql.cores import LOADING
from benchmarks.graphql.loader import LoadFailed
from benchmarks.graphql.queries import WrongAnswer
from benchmarks.graphql.report import Report
from benchmarks.graphql.run import Run
from benchmarks.graphql.servers import Fleet, ServerFailed
from benchmarks.graphql.wanted import SCENARIOS, SERVERS, Wanted

_NAMES: Final = (*SCENARIOS, *SERVERS)
_PACKAGES: Final = ("strawberry-graphql", "graphql-core", "uvicorn", "uvloop", "httptools")


def names(text: str) -> tuple[str, ...]:
    """Names of scenarios and servers with commas between them. Raises `argparse.ArgumentTypeError`."""
    found = tuple(name.strip() for name in text.split(","))
    if unknown := [name for name in found if name not in _NAMES]:
        raise argparse.ArgumentTypeError(f"there is no {', '.join(unknown)}; there are {', '.join(_NAMES)}")
    return found


def stated(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.graphql", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count")
    parser.add_argument("--seconds", type=float, default=1.5, help="how long each server is asked in each round")
    parser.add_argument("--calls", type=int, default=1_000_000, help="calls of the large mirror; 0 for none")
    parser.add_argument("--json", type=Path, help="a file for all figures")
    parser.add_argument("--only", type=names, default=(), help=f"some of {', '.join(_NAMES)}")
    parser.add_argument("--skip-node", action="store_true", help="leave out the servers of Node.js")
    parser.add_argument("--plain", action="store_true", help="measure the gateway with GATEWAY_COMPILED=0, too")
    return parser.parse_args(arguments)


async def measured(wanted: Wanted) -> Report:
    """Everything that is wanted."""
    report = Report(about=about(wanted))
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # so that the servers are ended, too
    with tempfile.TemporaryDirectory(prefix="gateway-benchmark-") as folder, Fleet(Path(folder)) as fleet:
        await Run(wanted, fleet, Path(folder), report).everything()
    return report


def about(wanted: Wanted) -> dict[str, str]:
    """What a reader must know of the run."""
    versions = [f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES]
    return {
        "at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "rounds": f"{wanted.rounds} of {wanted.seconds:g} s for each server and scenario, in turns, after a warm-up",
        "processes": cores.described(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}; Python {platform.python_version()}",
        "python": ", ".join(versions),
    }


def main() -> None:
    """Measure and print."""
    given = stated()
    for name in [each for each in os.environ if each.startswith(("GATEWAY_", "VAPI_"))]:
        del os.environ[name]  # what is measured is what is stated here
    cores.stay(LOADING)
    started = time.perf_counter()
    try:
        report = uvloop.run(measured(Wanted.of(given)))
    except (LoadFailed, ServerFailed, WrongAnswer) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except asyncio.CancelledError:
        sys.exit("ended before its end")
    report.about["took"] = f"{time.perf_counter() - started:.0f} s"
    for line in report.lines():
        print(line)  # noqa: T201  # a command that prints
    if given.json:
        report.written(given.json)


if __name__ == "__main__":
    main()
