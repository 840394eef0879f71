"""Keeping a mirror of the simulator, over its wire: what upstream has, the mirror has, and what it forgets stays."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.domain.coverage import Interval, covers
from gateway.domain.mirrored import State
from gateway.domain.redaction import redact
from gateway.domain.retention import Retention
from gateway.ports import Document
from gateway.services.backfill import Backfilling
from gateway.services.intake import Intake
from gateway.services.poll import Poll
from gateway.services.preparing import PreparedCalls
from gateway.services.reconcile import Reconcile
from gateway.services.rereads import Rereads
from gateway.simulator.app import create
from gateway.simulator.listing import Filters
from gateway.simulator.simulator import Simulator
from gateway.upstream.client import VapiClient, connect
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries
from tests.e2e.clocks import ANCHOR
from tests.services.mirrors import Mirror
from tests.services.vapi import Time, preparing

pytestmark = pytest.mark.anyio

FORTNIGHT = dt.timedelta(days=14)
RETRIES = Retries(attempts=1, timeout=5, wait_initial=0, wait_max=0, wait_jitter=0)


@dataclasses.dataclass
class Keeping:
    """A mirror of a simulator that keeps calls for 14 days, and all that keeps it."""

    time: Time
    simulator: Simulator
    mirror: Mirror
    backfilling: Backfilling
    poll: Poll
    rereads: Rereads
    reconcile: Reconcile

    async def go_on(self, **duration: float) -> None:
        """Let time pass in steps of a minute or more, with everything done after each."""
        end = self.time.now + dt.timedelta(**duration)
        step = max(dt.timedelta(**duration) / 10, dt.timedelta(minutes=1))
        while self.time.now < end:
            self.time.now = min(self.time.now + step, end)
            for part in (self.poll, self.rereads, self.backfilling, self.reconcile, self.rereads):
                await part.step()

    @property
    def upstream(self) -> dict[str, Document]:
        """What upstream has now, as the mirror should hold it."""
        return {str(row["id"]): redact(row).document for row in self.simulator.list(Filters(limit=100_000))}


@contextlib.asynccontextmanager
async def keeping(calls: int = 120, live: int = 3) -> AsyncIterator[Keeping]:
    time = Time(ANCHOR)
    app = create(seed=7, calls=calls, live=live, clock=time, anchor=ANCHOR, retention_days=14)
    transport = httpx.ASGITransport(app)
    async with connect(
        base_url="http://vapi", key="sim-private-key", timeout=5, connections=2, transport=transport
    ) as http:
        source = PreparedCalls(VapiClient(http, pacing=Pacing(rate=0), retries=RETRIES), preparing(), clock=time)
        mirror = Mirror()
        intake, retention = Intake(mirror, changed=lambda changes: None), Retention(FORTNIGHT)
        backfilling = Backfilling(source=source, intake=intake, state=mirror.state, retention=retention, clock=time)
        yield Keeping(
            time=time,
            simulator=app.state.simulator,
            mirror=mirror,
            backfilling=backfilling,
            poll=Poll(
                source=source,
                intake=intake,
                state=mirror.state,
                backfilling=backfilling,
                retention=retention,
                clock=time,
            ),
            rereads=Rereads(
                source=source,
                store=mirror,
                intake=intake,
                state=mirror.state,
                retention=retention,
                spare=lambda: 50,
                clock=time,
            ),
            reconcile=Reconcile(
                source=source, store=mirror, intake=intake, state=mirror.state, retention=retention, clock=time
            ),
        )


async def test_from_an_empty_mirror_to_all_that_upstream_has() -> None:
    async with keeping() as kept:
        await kept.go_on(minutes=10)
        assert kept.mirror.documents == kept.upstream
        assert covers(kept.mirror.state.stretches, Interval(kept.time.now - FORTNIGHT, ANCHOR))


async def test_what_changes_upstream_changes_in_the_mirror_without_a_webhook() -> None:
    async with keeping() as kept:
        await kept.go_on(minutes=2)
        renamed = kept.simulator.ids(5, 6)[0]
        kept.simulator.rename(renamed, "Ada's call")
        await kept.go_on(hours=2)
        assert kept.mirror.documents[renamed]["name"] == "Ada's call"
        assert kept.mirror.documents == kept.upstream


async def test_outputs_that_are_run_again_come_with_the_next_reconcile() -> None:
    async with keeping(live=0) as kept:
        await kept.go_on(hours=1)
        again = kept.simulator.sample("web_metadata")
        kept.simulator.rerun(again)
        await kept.go_on(days=1)
        assert kept.mirror.documents[again] == kept.upstream[again]


async def test_a_call_that_is_deleted_without_a_word_is_deleted_here_too() -> None:
    async with keeping(live=0) as kept:
        await kept.go_on(hours=1)
        deleted = kept.simulator.ids(5, 6)[0]
        kept.simulator.delete(deleted, announced=False)
        await kept.go_on(days=1)
        assert kept.mirror.held[deleted].state is State.DELETED
        assert deleted not in kept.mirror.documents


async def test_what_upstream_forgets_stays() -> None:
    async with keeping(live=0) as kept:
        await kept.go_on(hours=1)
        held = dict(kept.mirror.documents)
        assert len(held) > 10
        await kept.go_on(days=30)
        assert len(kept.upstream) == 0
        assert kept.mirror.documents == held
        assert {each.state for each in kept.mirror.held.values()} <= {State.PRESENT, State.FORGOTTEN}
