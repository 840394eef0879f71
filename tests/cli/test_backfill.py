"""``gateway backfill``: history in the foreground, alone or beside a gateway that is at it already."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import signal
from pathlib import Path

import pytest

from gateway.cli.backfill import Watch, line, run
from gateway.domain.backfilling import Progress
from gateway.domain.retention import Retention
from gateway.errors import StoreUnavailable, UpstreamUnauthorized
from gateway.observe.events import SyncFailed, silence
from gateway.services.backfill import Backfilling
from gateway.services.checkpoints import Checkpoints
from gateway.services.intake import Intake
from gateway.services.poll import Poll
from gateway.services.sync import Part, Sync
from gateway.simulator.app import create
from gateway.simulator.server import Server
from tests.cli.processes import PATIENCE, gateway
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi

KEY = "sim-private-key"
TOLD = Progress(
    started_at=NOON,
    position=NOON - dt.timedelta(days=2),
    rows=12_340,
    rate=310.4,
    fraction=0.5,
    seconds_left=250.0,
    done=False,
)


# What is shown


def test_progress_is_rows_rate_window_and_time_left() -> None:
    assert line(TOLD) == "12,340 calls, 310/s, back to 2026-08-28 12:00 UTC, 4 min left"


@pytest.mark.parametrize(("seconds", "text"), [(12.0, "12 s left"), (6 * 3600.0, "6 h left")])
def test_time_left_is_told_as_people_do(seconds: float, text: str) -> None:
    assert line(dataclasses.replace(TOLD, seconds_left=seconds)).endswith(text)


def test_where_nobody_knows_how_much_is_left_nothing_is_said_of_it() -> None:
    assert line(dataclasses.replace(TOLD, fraction=None, seconds_left=None)).endswith("12:00 UTC")


def test_what_is_done_is_calls_and_rate() -> None:
    assert line(dataclasses.replace(TOLD, done=True)) == "12,340 calls, 310/s"


# How it runs


@dataclasses.dataclass
class Bench:
    """A mirror with nothing in it, of a Vapi with 300 calls."""

    time: Time = dataclasses.field(default_factory=Time)
    mirror: Mirror = dataclasses.field(default_factory=Mirror)
    shown: list[Progress] = dataclasses.field(default_factory=list)
    said: list[str] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.vapi = Vapi(self.time)
        for number in range(300):
            self.vapi.create(number, NOON - number * dt.timedelta(minutes=1))
        self.watch = Watch(silence)

    def sync(self) -> Sync:
        intake = Intake(self.mirror, changed=lambda changes: None)
        source, state, retention = self.vapi.prepared(), self.mirror.state, Retention()
        backfilling = Backfilling(source=source, intake=intake, state=state, retention=retention, clock=self.time)
        poll = Poll(
            source=source,
            intake=intake,
            state=state,
            backfilling=backfilling,
            retention=retention,
            clock=self.time,
        )
        return Sync(
            [Part("backfill", backfilling.step), Part("poll", poll.step)],
            state=self.mirror.state,
            holder="command",
            clock=self.time,
            sleep=self.time.sleep,
            listen=self.watch,
        )

    def start(self) -> asyncio.Task[int]:
        work = run(
            self.sync(),
            Checkpoints(self.mirror.state),
            Retention(),
            clock=self.time,
            show=self.shown.append,
            say=self.said.append,
            hopeless=lambda: self.watch.hopeless,
            sleep=self.time.sleep,
        )
        return asyncio.ensure_future(work)


@pytest.mark.anyio
async def test_it_ends_when_history_is_in_the_mirror_and_gives_the_lease_back() -> None:
    bench = Bench()
    running = bench.start()
    for _ in range(5):
        await bench.time.advance(seconds=1)
    assert await running == 0
    assert bench.mirror.documents == bench.vapi.calls
    assert (bench.shown[-1].rows, bench.shown[-1].done) == (300, True)
    assert (bench.said, bench.mirror.state.leases) == ([], {})


@pytest.mark.anyio
async def test_where_history_is_in_it_brings_what_has_changed_since() -> None:
    bench = Bench()
    running = bench.start()
    for _ in range(5):
        await bench.time.advance(seconds=1)
    await running
    bench.time.now += dt.timedelta(days=3)
    bench.vapi.change(7, name="renamed")
    bench.time.now += dt.timedelta(days=3)
    running = bench.start()
    for _ in range(5):
        await bench.time.advance(seconds=1)
    assert await running == 0
    assert bench.mirror.documents == bench.vapi.calls
    assert bench.shown[-1].rows == 300


@pytest.mark.anyio
async def test_beside_another_process_it_shows_that_ones_progress_and_takes_over_where_it_stops() -> None:
    bench = Bench()
    bench.mirror.state.leases["sync"] = ("serve", NOON + dt.timedelta(seconds=25))
    running = bench.start()
    await bench.time.advance(seconds=5)
    (said,) = bench.said
    assert said.startswith("Another process keeps this mirror, or did until a moment ago")
    assert bench.vapi.queries == []
    for _ in range(30):
        await bench.time.advance(seconds=1)
    assert await running == 0
    assert bench.mirror.documents == bench.vapi.calls


@pytest.mark.anyio
async def test_a_store_that_is_away_for_a_moment_is_waited_for() -> None:
    bench = Bench()

    def down(name: str) -> None:
        raise StoreUnavailable("down")

    bench.mirror.state.before = down
    running = bench.start()
    await bench.time.advance(seconds=5)
    bench.mirror.state.before = lambda name: None
    for _ in range(30):
        await bench.time.advance(seconds=1)
    assert await running == 0


@pytest.mark.anyio
async def test_a_key_that_vapi_does_not_take_ends_it() -> None:
    bench = Bench()

    def refused(name: str) -> None:
        raise UpstreamUnauthorized("no")

    bench.vapi.before = refused
    running = bench.start()
    for _ in range(3):
        await bench.time.advance(seconds=1)
    assert await running == 1
    assert "UPSTREAM_UNAUTHORIZED" in bench.said[0]


@pytest.mark.parametrize(("part", "code"), [("poll", "UPSTREAM_UNAUTHORIZED"), ("backfill", "UPSTREAM_UNAVAILABLE")])
def test_only_a_backfill_that_waiting_does_not_mend_is_hopeless(part: str, code: str) -> None:
    watch = Watch(silence)
    watch(SyncFailed(part, code, "x.py:1", 1, 5.0))
    assert watch.hopeless is None


# As a person starts it


def about(vapi: Server, folder: Path) -> dict[str, str]:
    return {
        "GATEWAY_UPSTREAM_URL": vapi.url,
        "VAPI_API_KEY": KEY,
        "GATEWAY_DATA_DIR": str(folder),
        "GATEWAY_UPSTREAM_RATE": "0",
    }


def test_the_command_fills_the_mirror_and_says_so(tmp_path: Path) -> None:
    with Server(create(calls=250, live=0, private_key=KEY)) as vapi:
        for _ in range(2):
            with gateway("backfill", **about(vapi, tmp_path)) as process:
                _, said = process.communicate(timeout=PATIENCE)
            assert process.returncode == 0, said
            assert "250 calls" in said
            assert "The mirror holds all calls that Vapi still has." in said
        with gateway("backfill", "--reproject", **about(vapi, tmp_path)) as process:
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said
        assert "250 calls read anew" in said


def test_ctrl_c_ends_the_command_and_the_next_one_goes_on(tmp_path: Path) -> None:
    with Server(create(calls=150, live=0, private_key=KEY)) as vapi:
        vapi.app.state.simulator.fail("latency", times=None, seconds=60)
        with gateway("backfill", **about(vapi, tmp_path)) as process:
            assert process.stderr is not None
            while not vapi.app.state.simulator.requests.total():
                assert process.poll() is None, process.stderr.read()
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        assert "Traceback" not in said
        vapi.app.state.simulator.clear()
        with gateway("backfill", **about(vapi, tmp_path)) as process:
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, said


def test_a_wrong_key_is_said_in_one_line(tmp_path: Path) -> None:
    with Server(create(calls=5, live=0, private_key="another")) as vapi:
        with gateway("backfill", **about(vapi, tmp_path)) as process:
            _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert "gateway: Vapi refuses: UPSTREAM_UNAUTHORIZED" in said
        assert "Traceback" not in said
