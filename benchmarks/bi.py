"""``python -m benchmarks.bi``: questions about a million calls, and exports of them, over HTTP and by themselves.

The mirror of a million calls is the one of ``benchmarks.graphql``: filled at the first run, in the user's cache folder.
Prints how long the columnar copy takes to be made and to be brought up to 1,000 changes, what groups cost, and for each
format the rows per second, the first byte and the memory beyond what the process holds when it does nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime as dt
import os
import re
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from benchmarks.graphql import large
from benchmarks.graphql.servers import environment, python
from benchmarks.store import catalog
from gateway.store.address import address
from gateway.store.columnar.copy import Copy
from gateway.store.columnar.source import source_of
from gateway.store.columnar.tables import copies

COLUMNS: Final = (
    *("id", "type", "status", "ended_reason", "ended_reason_category", "created_at", "updated_at", "started_at"),
    *("ended_at", "duration_seconds", "cost", "cost_breakdown_total", "cost_breakdown_stt", "cost_breakdown_llm"),
    *("cost_breakdown_tts", "cost_breakdown_vapi", "cost_breakdown_llm_prompt_tokens"),
    *("cost_breakdown_llm_completion_tokens", "cost_breakdown_tts_characters", "customer_key", "customer_id"),
    *("customer_name", "customer_email", "customer_plan", "assistant_id", "transport_provider"),
    *("analysis_success_evaluation", "artifact_recording_url", "artifact_stereo_recording_url"),
    "artifact_performance_metrics_turn_latency_average",
)
"""Thirty columns that have values."""

BY_DAY: Final = """{ callStats(
  groupBy: [{ time: CREATED_AT, bucket: DAY, timezone: "Europe/Berlin" }, { attribute: CUSTOMER_PLAN }], first: 1000
) { groups { keys { value } count sum(of: COST) p95(of: DURATION_SECONDS) } } }"""
TOP: Final = """{ callStats(
  groupBy: [{ attribute: CUSTOMER_KEY }], first: 20
  orderBy: [{ measure: { aggregate: SUM, of: COST }, direction: DESC }]
) { groups { keys { value } count sum(of: COST) } } }"""
_FILE: Final = "mirror.sqlite"
_LISTENS: Final = re.compile(r"http://127\.0\.0\.1:(\d+)")
_PATIENCE: Final = 60.0
_PIECE: Final = 2**20


def say(name: str, value: str) -> None:
    """One line of the report."""
    print(f"{name:<58}{value:>18}", flush=True)  # noqa: T201  # a command that prints


def timed(work: Callable[[], Any], times: int) -> str:
    """Median, least and most in milliseconds."""
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        work()
        spent.append((time.perf_counter() - started) * 1000)
    return f"{statistics.median(spent):.1f} ms ({min(spent):.1f}–{max(spent):.1f})"


def copy_alone(mirror: Path, folder: Path) -> None:
    """The copy by itself: making it, and bringing it up to changes."""
    of, url = copies(catalog()), address(f"sqlite:///{mirror}")
    copy = Copy(folder / "alone", key="alone", copies=of, source=source_of(url), memory_bytes=2**29)
    started = time.perf_counter()
    copy.follow(_now())
    say("the copy is made", f"{time.perf_counter() - started:.1f} s")
    say("  its size on disk", f"{sum(f.stat().st_size for f in (folder / 'alone').iterdir()) / 2**20:.0f} MiB")
    caught_up, read = [], []
    for _ in range(5):
        change(mirror, 1000)
        with source_of(url).moment() as moment:
            started = time.perf_counter()
            moment.changed(of.calls, copy.state).read_all()
            read.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        copy.follow(_now())
        caught_up.append((time.perf_counter() - started) * 1000)
    say("1,000 changed calls: read", f"{statistics.median(read):.1f} ms")
    say("1,000 changed calls: caught up, reading included", f"{statistics.median(caught_up):.1f} ms")
    copy.close()


def change(mirror: Path, count: int) -> None:
    """Let so many calls change, somewhere in the mirror."""
    connection = sqlite3.connect(mirror)
    with connection:
        ((last,),) = connection.execute("SELECT last FROM sequence").fetchall()
        ((most,),) = connection.execute("SELECT max(mirror_number) FROM calls").fetchall()
        chosen = [(last + n, (n * 7919 + last) % most + 1) for n in range(1, count + 1)]
        connection.executemany("UPDATE calls SET mirror_change = ? WHERE mirror_number = ?", chosen)
        connection.execute("UPDATE sequence SET last = ?", (last + count,))
    connection.close()


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True)
class Server:
    """A gateway that listens."""

    port: int
    process: subprocess.Popen[bytes]

    def memory(self) -> float:
        """MiB that the process holds now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1024 if found else 0

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """The memory that it holds, ten times in a second."""
        seen, ended = [self.memory()], threading.Event()

        def watch() -> None:
            while not ended.wait(0.02):
                seen.append(self.memory())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield seen
        finally:
            ended.set()
            watcher.join()


@contextmanager
def serving(mirror: large.Large, folder: Path) -> Iterator[Server]:
    """A gateway over the mirror, with its own folder for what it makes."""
    settings = {
        "GATEWAY_SETTINGS_FILE": str(mirror.settings),
        "GATEWAY_DATABASE_URL": f"sqlite:///{mirror.folder / _FILE}",
        "GATEWAY_DATA_DIR": str(folder),
        "GATEWAY_ALLOW_ANONYMOUS": "1",
        "GATEWAY_SYNC": "0",
        "GATEWAY_PORT": "0",
        "GATEWAY_UPSTREAM_URL": "http://127.0.0.1:9",
        "GATEWAY_UPSTREAM_KEY": "none",
        "GATEWAY_QUERY_PATIENCE_SECONDS": "120",
        "GATEWAY_QUERY_SECONDS": "120",
    }
    log = folder / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603  # a program of ours
            python("gateway", "serve"), env=environment(settings), stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield Server(_port(process, log), process)
    except RuntimeError:
        print(log.read_text(errors="replace")[-2000:], file=sys.stderr)  # noqa: T201  # why it has failed
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    started = time.perf_counter()
    while time.perf_counter() < started + _PATIENCE and process.poll() is None:
        if found := _LISTENS.search(log.read_text(errors="replace")):
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"the gateway does not listen: {log.read_text(errors='replace')[-2000:]}")


def ask(server: Server, query: str) -> Any:
    """The data of an answer."""
    answer = httpx.post(f"http://127.0.0.1:{server.port}/graphql", json={"query": query}, timeout=300).json()
    if "errors" in answer:
        raise RuntimeError(str(answer["errors"])[:500])
    return answer["data"]


def export(server: Server, path: str) -> tuple[float, float, int]:
    """Read an export to its end: seconds to the first byte of the body, to the last, and how many bytes."""
    started = time.perf_counter()
    with socket.create_connection(("127.0.0.1", server.port), timeout=600) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
        received, first, head = 0, 0.0, b""
        while piece := connection.recv(_PIECE):
            if not first:
                head += piece
                if b"\r\n\r\n" in head and not head.endswith(b"\r\n\r\n"):
                    first = time.perf_counter() - started
            received += len(piece)
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head[:500].decode(errors="replace"))
    return first, time.perf_counter() - started, received


def groups(server: Server, times: int) -> None:
    """Questions about many calls, over HTTP."""
    started = time.perf_counter()
    ask(server, "{ callStats { groups { count } } }")
    say("the first question, the copy being made", f"{time.perf_counter() - started:.1f} s")
    say("day × plan with sum and p95", timed(lambda: ask(server, BY_DAY), times))
    say("top 20 customers by cost", timed(lambda: ask(server, TOP), times))


def exports(server: Server, calls: int, times: int) -> None:
    """Exports of thirty columns, over HTTP."""
    query = urlencode({"columns": ",".join(COLUMNS)}, safe=",")
    for ending in ("csv", "parquet", "arrow", "ndjson"):
        rates, firsts, beyond, size = [], [], [], 0
        for number in range(times):
            # Another condition each time, which holds for all: a file that is kept already is not measured.
            where = urlencode({"where": f'{{"cost":{{"gte":{-1 - number}}}}}'})
            idle = server.memory()
            with server.watched() as seen:
                first, last, size = export(server, f"/export/calls.{ending}?{query}&{where}")
            rates.append(calls / last)
            firsts.append(first * 1000)
            beyond.append(max(seen) - idle)
        say(f"{ending}: rows per second", f"{statistics.median(rates):,.0f}")
        say(f"{ending}: first byte", f"{statistics.median(firsts):.0f} ms")
        say(f"{ending}: memory beyond idle", f"{max(beyond):.0f} MiB")
        say(f"{ending}: size", f"{size / 2**20:.0f} MiB")


def stated() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bi", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=3, help="exports of each format")
    parser.add_argument("--only", choices=("copy", "groups", "exports"), nargs="*", default=())
    return parser.parse_args()


def main() -> None:
    """Measure."""
    given = stated()
    wanted = given.only or ("copy", "groups", "exports")
    mirror = asyncio.run(large.made(given.calls))
    say("calls", f"{given.calls:,}")
    say("processors", f"{os.cpu_count()}, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="bi-") as temporary:
        folder = Path(temporary)
        if "copy" in wanted:
            copy_alone(mirror.folder / _FILE, folder)
        if {"groups", "exports"} & set(wanted):
            with serving(mirror, folder) as server:
                groups(server, 9)
                say("memory of the process, idle", f"{server.memory():.0f} MiB")
                if "exports" in wanted:
                    exports(server, given.calls, given.times)


if __name__ == "__main__":
    main()
