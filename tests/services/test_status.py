"""Status of the mirror: what it says of its completeness, its currency and the work on it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import pytest

from gateway.domain.backfilling import Backfill
from gateway.domain.coverage import Interval
from gateway.domain.principal import ANONYMOUS
from gateway.domain.retention import Retention
from gateway.ports import Delivery
from gateway.services.checkpoints import Audit, Checkpoints, Watermark
from gateway.services.status import Coverage, MirrorStatus, Status
from tests.contracts.calls import at
from tests.contracts.memory_sync import MemorySync
from tests.services.ledgers import MemoryLedger

pytestmark = pytest.mark.anyio

WALK: Final = Backfill(started_at=at(0), position=at(-600), rows=120, seconds=60.0)


@dataclasses.dataclass
class Bench:
    """The status of a mirror, 100 minutes after noon; Vapi keeps calls for twenty hours here."""

    state: MemorySync = dataclasses.field(default_factory=MemorySync)
    ledger: MemoryLedger = dataclasses.field(default_factory=MemoryLedger)

    async def read(self) -> Status:
        status = MirrorStatus(
            state=self.state,
            ledger=self.ledger,
            retention=Retention(dt.timedelta(hours=20)),
            clock=lambda: at(100),
        )
        return await status.read(ANONYMOUS)


async def test_before_anything_was_done() -> None:
    """Nothing is known, and nothing is claimed."""
    assert await Bench().read() == Status(
        coverage=Coverage(None, None, complete=False),
        as_of=None,
        lag_seconds=None,
        last_poll=None,
        last_webhook=None,
        backfill=None,
        audit=Audit(),
    )


async def test_polls_and_webhooks() -> None:
    """The moment up to which everything is known, and when that was asked, are two."""
    b = Bench()
    await Checkpoints(b.state).keep_watermark(Watermark(at(98), at(99)))
    await b.ledger.keep([Delivery(received_at=at(97), type="status-update", call_id=None, body=b"{}")])
    found = await b.read()
    assert (found.as_of, found.last_poll, found.last_webhook) == (at(98), at(99), at(97))
    assert found.lag_seconds == 120


async def test_a_walk_under_way() -> None:
    """Half of what Vapi keeps is walked; the other half will take as long."""
    b = Bench()
    await Checkpoints(b.state).keep_backfill(WALK)
    await b.state.cover(Interval(at(-600), at(0)))
    found = await b.read()
    assert found.coverage == Coverage(at(-600), at(0), complete=False)
    assert found.backfill is not None
    assert (found.backfill.rows, found.backfill.rate, found.backfill.fraction) == (120, 2.0, 0.5)
    assert (found.backfill.seconds_left, found.backfill.done) == (60.0, False)


async def test_a_mirror_is_complete_when_history_is_walked_and_nothing_in_between_is_missing() -> None:
    """A gap is no small thing: coverage is told of the latest stretch only."""
    b = Bench()
    await Checkpoints(b.state).keep_backfill(dataclasses.replace(WALK, done=True))
    await b.state.cover(Interval(at(-600), at(0)))
    assert (await b.read()).coverage == Coverage(at(-600), at(0), complete=True)
    await b.state.cover(Interval(at(10), at(100)))
    assert (await b.read()).coverage == Coverage(at(10), at(100), complete=False)
    await b.state.cover(Interval(at(0), at(10)))
    assert (await b.read()).coverage == Coverage(at(-600), at(100), complete=True)


async def test_what_comparing_has_found() -> None:
    """Over all passes."""
    b, audit = Bench(), Audit(last_pass_at=at(50), checked=9, missed=1, stale=2, missing=3)
    await Checkpoints(b.state).keep_audit(audit)
    assert (await b.read()).audit == audit
