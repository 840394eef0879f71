"""``python -m benchmarks.backfill``: how fast history comes into the mirror, against a Vapi that costs nothing.

Whole calls, search included, into a real SQLite file, durable as in the gateway. Prints calls per second, and the peak
of memory as it goes on: with other processes preparing, theirs stands beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import bisect
import datetime as dt
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr

from gateway.domain.backfilling import Progress
from gateway.observe.events import Event, SyncFailed
from gateway.settings import Settings
from gateway.simulator.app import create
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.mirror import keeper, mirror
from gateway.wiring.upstream import upstream

_NOW: Final = dt.datetime.now(dt.UTC).replace(microsecond=0)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_STEP: Final = 30_000
"""Milliseconds between two calls."""
_VARIETY: Final = 40


class Ready:
    """``GET /call`` over calls that are ready bytes but for their id, times and customer."""

    def __init__(self, templates: Sequence[bytes], count: int) -> None:
        self._templates = templates
        newest = (_NOW - _EPOCH) // dt.timedelta(milliseconds=1)
        self._moments = [newest - (count - number) * _STEP for number in range(count)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The newest that match."""
        low = _milliseconds(request.url.params.get("createdAtGe"), 0)
        high = _milliseconds(request.url.params.get("createdAtLe"), 1 << 60)
        if "updatedAtGe" in request.url.params:
            return httpx.Response(200, content=b"[]")
        start, stop = bisect.bisect_left(self._moments, low), bisect.bisect_right(self._moments, high)
        chosen = range(stop - 1, max(start, stop - int(request.url.params["limit"])) - 1, -1)
        return httpx.Response(200, content=b"[%s]" % b",".join(map(self._row, chosen)))

    def _row(self, number: int) -> bytes:
        moment = _EPOCH + dt.timedelta(milliseconds=self._moments[number])
        text = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
        head = {
            "id": f"00000000-0000-4000-8000-{number:012x}",
            "createdAt": f"{text}Z",
            "updatedAt": f"{text}Z",
            "customerId": f"customer-{number % 5000}",
        }
        return json.dumps(head)[:-1].encode() + b"," + self._templates[number % len(self._templates)]


def _milliseconds(text: str | None, default: int) -> int:
    return default if text is None else (dt.datetime.fromisoformat(text) - _EPOCH) // dt.timedelta(milliseconds=1)


def templates(kilobytes: int) -> list[bytes]:
    """Different calls of this size: the simulator's, with conversations that stand there as often as in life."""
    rolls = random.Random(7)  # noqa: S311  # what is said matters to nobody
    vocabulary = ["".join(rolls.choices("abcdefghijklmnoprstuvw", k=rolls.randint(2, 10))) for _ in range(7600)]
    vocabulary += [f"{word}é" for word in vocabulary[:400]]  # some words of most languages are not plain
    simulated = create(seed=3, calls=1000, live=0).state.simulator
    records = [simulated.world.record(plan, simulated.now) for plan in list(simulated.world.past(simulated.now))]
    told = [record for record in records if record.get("messages")][:_VARIETY]
    return [_tail(conversing(record, kilobytes * 1000, vocabulary, rolls)) for record in told]


def conversing(record: dict[str, Any], size: int, vocabulary: Sequence[str], rolls: random.Random) -> dict[str, Any]:
    """The call with as many turns as make it this large; few words make up most of what is said."""
    turns: list[dict[str, Any]] = []
    left = size - len(json.dumps(record))
    while left > 0:
        said = " ".join(vocabulary[int(rolls.paretovariate(0.3)) % 8000] for _ in range(rolls.randint(4, 60)))
        moment = 1_780_000_000_000 + 7000 * len(turns)
        spoken = {"role": ("bot", "user")[len(turns) % 2], "message": said, "time": moment, "endTime": moment + 5120.5}
        turns.append({**spoken, "secondsFromStart": 7.0 * len(turns), "duration": 5120.5, "source": ""})
        left -= 2 * len(json.dumps(turns[-1])) + 2 * len(said) + 50
    transcript = "".join(f"{turn['role']}: {turn['message']}\n" for turn in turns)
    openai = [{"role": turn["role"], "content": turn["message"]} for turn in turns]
    artifact = record["artifact"] | {"messages": turns, "messagesOpenAIFormatted": openai, "transcript": transcript}
    return record | {"messages": turns, "transcript": transcript, "artifact": artifact}


def _tail(document: Any) -> bytes:
    """The document without what differs from call to call, and without its opening brace."""
    rest = {key: value for key, value in document.items() if key not in ("id", "createdAt", "updatedAt", "customerId")}
    return json.dumps(rest).encode()[1:]


def memory() -> str:
    """What this process and the largest of the others hold and have held at most, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    now = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return f"{now:.0f} MB now, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB at most"


def others(pids: Sequence[int]) -> str:
    """What the processes that prepare hold."""
    held = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6 for pid in pids]
    return " + ".join(f"{each:.0f}" for each in held)


async def main() -> None:
    """Walk through all of it once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--kilobytes", type=int, default=130)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default=None, help="a URL; else a SQLite file that is removed in the end")
    stated = parser.parse_args()
    ready = templates(stated.kilobytes)
    sizes = sorted(map(len, ready))
    mean = sum(sizes) / len(sizes) / 1000
    span = f"{sizes[0] / 1000:.0f} to {sizes[-1] / 1000:.0f} kB, {mean:.0f} kB in the mean"
    print(f"{stated.calls} calls of {span}; {stated.workers} workers")  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        await walk(stated, Ready(ready, stated.calls), folder)


async def walk(stated: argparse.Namespace, ready: Ready, folder: str) -> None:
    """Walk, and tell how it goes."""
    about: dict[str, object] = {
        "database_url": SecretStr(stated.database or f"sqlite:///{folder}/mirror.sqlite"),
        "upstream_key": SecretStr("key"),
        "upstream_rate": 0.0,
        "upstream_retention_days": 0,
        "backfill_workers": stated.workers,
    }
    settings = Settings().model_copy(update=about)
    vapi = upstream(settings, listen=tell, transport=httpx.MockTransport(ready))
    kept = mirror(settings, catalog_of(settings), b"benchmark", changed=lambda changes: None)
    keeps = keeper(settings, kept, vapi, b"benchmark", clock=lambda: dt.datetime.now(dt.UTC), listen=tell)
    await kept.open()
    started, before = time.perf_counter(), sum(os.times()[:2])
    walking = asyncio.ensure_future(keeps.backfilling.step())
    while not walking.done():
        await asyncio.wait([walking], timeout=5)
        pids = keeps.pool.pids() if keeps.pool else []
        report(await keeps.backfilling.progress(), time.perf_counter() - started, others(pids))
    await walking
    size = on_disk(folder)
    print(f"{size / 1e6:.0f} MB on disk, {size / 1000 / stated.calls:.1f} kB for each call")  # noqa: T201
    keeps.close()
    await kept.database.close()
    spent = os.times()
    here, there = (
        seconds * 1000 / stated.calls
        for seconds in (spent.user + spent.system - before, spent.children_user + spent.children_system)
    )
    print(f"CPU for each call: {here:.2f} ms here, {there:.2f} ms preparing, starting included")  # noqa: T201
    await vapi.http.aclose()


def on_disk(folder: str) -> int:
    """Bytes of the files in a folder."""
    return sum(path.stat().st_size for path in Path(folder).iterdir())


def report(told: Progress, seconds: float, preparing: str) -> None:
    """One line."""
    print(f"{told.rows:>8} calls {told.rows / seconds:>7.0f}/s  {memory()}; preparing: {preparing or 'here'}")  # noqa: T201


def tell(event: Event) -> None:
    """Show what should not happen."""
    if isinstance(event, SyncFailed):
        print(event)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main())
