"""Runs: a real ``gateway serve``, killed with SIGKILL at random moments while history is walked, calls go on and
webhooks come; then upstream stands still, the gateway runs once more until it is quiet, and its mirror is compared with
one that is made of a single full listing.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import dataclasses
import datetime as dt
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import httpx

from gateway import app
from gateway.domain.webhooks import Role, meaning
from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.signing import Secret
from gateway.simulator.webhooks import Webhooks
from tests.e2e.gateways import KEY, StatedSettings, quick_settings
from tests.kills.contents import contents, differences

_SECRET: Final = "a secret between Vapi and us"
_EARLY: Final = 0.2
"""The share of kills that do not wait until the gateway listens."""
_QUIET: Final = 90.0
"""Seconds in which a gateway must become quiet once upstream stands still."""
_SETTINGS: Final[Mapping[str, str]] = {
    "VAPI_API_KEY": KEY,
    "GATEWAY_IDENTITY_KEY": "an identity key for kills",
    "GATEWAY_PORT": "",
    "GATEWAY_UPSTREAM_RATE": "0",
    "GATEWAY_POLL_SECONDS": "0.5",
    "GATEWAY_WEBHOOK_SECRETS": _SECRET,
    "GATEWAY_WEBHOOK_LATE_SECONDS": "1",
    "GATEWAY_LOG_LEVEL": "error",
}


@dataclasses.dataclass
class Standing:
    """The clock on the wall, until it is told to stand still."""

    stopped: dt.datetime | None = None

    def __call__(self) -> dt.datetime:
        return self.stopped or dt.datetime.now(dt.UTC)

    def stop(self) -> None:
        """From now on it is always now."""
        self.stopped = dt.datetime.now(dt.UTC)


@dataclasses.dataclass
class Acknowledged:
    """Posts webhooks as Vapi does, once each, and remembers those that were answered with 2xx."""

    client: httpx.Client
    kept: collections.Counter[tuple[str, str]] = dataclasses.field(default_factory=collections.Counter)
    posted: int = 0

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.posted += 1
        message = json.loads(body)["message"]
        answer = await asyncio.to_thread(self.client.post, url, content=body, headers=dict(headers))
        status = answer.status_code
        if status < 300 and meaning(message["type"]).role is not Role.PASSES:  # 2xx
            self.kept[message["type"], message["call"]["id"]] += 1
        return status


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a round came to; ``wrong`` is empty where nothing is."""

    kills: int
    killed_walking: int
    killed_starting: int
    posted: int
    acknowledged: int
    calls: int
    wrong: list[str]


def rounds(*, kills: int, calls: int, seed: int, longest: float) -> Outcome:
    """One mirror, killed so many times within ``longest`` seconds from its first word each."""
    dice, clock, acknowledged = random.Random(seed), Standing(), Acknowledged(httpx.Client(timeout=5))
    port = _free_port()
    webhooks = Webhooks(f"http://127.0.0.1:{port}/webhooks/vapi", authentication=Secret(_SECRET))
    simulated = create(
        seed=seed, calls=calls, live=150, private_key=KEY, clock=clock, webhooks=webhooks, post=acknowledged.post
    )
    with tempfile.TemporaryDirectory() as folder, Server(simulated) as upstream:
        data, walking, starting = Path(folder), 0, 0
        for _ in range(kills):
            with _gateway(data, port, upstream.url) as process:
                if dice.random() < _EARLY:
                    starting += 1
                    time.sleep(dice.uniform(0.2, 3))
                else:
                    _until_it_listens(port)
                    time.sleep(dice.uniform(0, longest))
                process.kill()
            walking += not _walked(data)
        clock.stop()
        with _gateway(data, port, upstream.url) as process:
            wrong = _become_quiet(data, process)
            process.terminate()
        settings = quick_settings(
            data_dir=data, upstream_url=upstream.url, identity_key=_SETTINGS["GATEWAY_IDENTITY_KEY"]
        )
        wrong += _lost(data, acknowledged.kept) + _compared(settings)
    return Outcome(
        kills=kills,
        killed_walking=walking,
        killed_starting=starting,
        posted=acknowledged.posted,
        acknowledged=acknowledged.kept.total(),
        calls=simulated.state.simulator.world.count(simulated.state.simulator.now),
        wrong=wrong,
    )


@contextlib.contextmanager
def _gateway(data: Path, port: int, upstream: str) -> Iterator[subprocess.Popen[bytes]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "VAPI_"))}
    about = {"GATEWAY_DATA_DIR": str(data), "GATEWAY_PORT": str(port), "GATEWAY_UPSTREAM_URL": upstream}
    process = subprocess.Popen(  # our own command
        [sys.executable, "-m", "gateway", "serve"],
        env={**own, **_SETTINGS, **about},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL if not os.environ.get("KILLS_SHOW") else None,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()


def _become_quiet(data: Path, process: subprocess.Popen[bytes]) -> list[str]:
    """Wait until nothing is left to do; what is, after too long."""
    deadline = time.monotonic() + _QUIET
    still = ["it did not start"]
    begun = dt.datetime.now(dt.UTC)
    while still and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.5)
        still = _to_do(data, begun)
    return still


def _to_do(data: Path, begun: dt.datetime) -> list[str]:
    if not (data / "mirror.sqlite").exists():
        return ["it did not start"]
    with contextlib.closing(_reading(data)) as database:
        saved = {name: json.loads(value) for name, value in database.execute("SELECT name, value FROM saved")}
        still = []
        if not saved.get("backfill", {}).get("done"):
            still.append("history is not walked to its end")
        polled = dt.datetime.fromisoformat(saved.get("poll", {}).get("polledAt", "1970-01-01T00:00:00+00:00"))
        if polled < begun + dt.timedelta(seconds=2):
            still.append("upstream was not asked for changes")
        for table, what in (("marks", ""), ("ledger", " WHERE state = 'waiting'")):
            ((left,),) = database.execute(f"SELECT count(*) FROM {table}{what}")  # noqa: S608  # words of ours
            if left:
                still.append(f"{left} rows wait in {table}")
        return still


def _walked(data: Path) -> bool:
    if not (data / "mirror.sqlite").exists():
        return False
    with contextlib.closing(_reading(data)) as database, contextlib.suppress(sqlite3.OperationalError):
        for (value,) in database.execute("SELECT value FROM saved WHERE name = 'backfill'"):
            return bool(json.loads(value)["done"])
    return False


def _lost(data: Path, kept: collections.Counter[tuple[str, str]]) -> list[str]:
    """What was answered with 2xx and is not in the ledger."""
    with contextlib.closing(_reading(data)) as database:
        held = collections.Counter[tuple[str, str]](map(tuple, database.execute("SELECT type, call_id FROM ledger")))
        ((dead,),) = database.execute("SELECT count(*) FROM ledger WHERE state = 'dead'")
    lost = kept - held
    return [f"acknowledged and lost: {kind} of {call_id}" for kind, call_id in lost] + (
        [f"{dead} dead"] if dead else []
    )


def _compared(settings: StatedSettings) -> list[str]:
    """What differs between this mirror and one that is made of a single listing."""
    found: list[str] = []

    async def compare() -> None:
        with tempfile.TemporaryDirectory() as folder:
            ours = app.maintenance(settings)
            fresh = app.gateway(settings.model_copy(update={"data_dir": Path(folder)}))
            async with ours.opened(), fresh.opened():
                await fresh.keeper.backfilling.step()
                found.extend(differences(await contents(ours.mirror.database), await contents(fresh.mirror.database)))

    thread = threading.Thread(target=lambda: asyncio.run(compare()))
    thread.start()
    thread.join()
    return found


def _reading(data: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{data / 'mirror.sqlite'}?mode=ro", uri=True, timeout=10)


def _until_it_listens(port: int) -> None:
    deadline = time.monotonic() + _QUIET
    while not _listens(port) and time.monotonic() < deadline:
        time.sleep(0.02)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
