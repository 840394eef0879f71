"""Webhooks are kept before they are answered, and applied once, whatever happens in between."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.marks import Reason
from gateway.domain.mirrored import State
from gateway.domain.observations import Absence, Projection, Snapshot
from gateway.domain.revisions import revision
from gateway.domain.values import instant
from gateway.domain.webhooks import MEANINGS, Rereads, Role
from gateway.errors import StoreTimeout, StoreUnavailable
from gateway.observe.events import (
    Event,
    StoreFailed,
    WebhookBuried,
    WebhookReceived,
    WebhooksApplied,
    WebhookUnknown,
    silence,
)
from gateway.ports import Batch, Change, Delivery
from gateway.services.webhooks import Outcome, Receipt, Webhooks
from gateway.simulator.app import create
from gateway.simulator.disorder import Disorder
from gateway.simulator.listing import Filters
from gateway.simulator.simulator import Simulator
from gateway.simulator.webhooks import Webhooks as Server
from tests.domain.saved_webhooks import BODIES, CALL_ID, body, message
from tests.services.ledgers import MemoryLedger, MemoryMirror, facts

pytestmark = pytest.mark.anyio

NOW: Final = dt.datetime(2026, 8, 19, 12, 30, tzinfo=dt.UTC)
REREADS: Final = Rereads(noticed=dt.timedelta(seconds=1), late=dt.timedelta(minutes=5))
OTHER: Final = "6c0f5c0e-2b54-4d7e-9a53-0f5d8c1f77aa"


@dataclasses.dataclass
class Place:
    """A ledger, a mirror, and the clock on the wall; webhooks come and go, as processes do."""

    ledger: MemoryLedger
    mirror: MemoryMirror
    now: dt.datetime = NOW

    def webhooks(
        self,
        listen: Callable[[Event], None] = silence,
        applied: Callable[[Sequence[Change]], None] = lambda _: None,
        batch: int = 100,
    ) -> Webhooks:
        """A process of its own over them."""
        return Webhooks(
            ledger=self.ledger,
            store=self.mirror,
            rereads=REREADS,
            clock=lambda: self.now,
            applied=applied,
            listen=listen,
            batch=batch,
            pause=dt.timedelta(0),
        )


@pytest.fixture
def place() -> Place:
    """An empty one."""
    ledger = MemoryLedger()
    return Place(ledger, MemoryMirror(ledger))


def failing(error: Exception, times: int) -> Callable[[object], None]:
    """What happens before a call of the database that fails so many times, and then works."""
    left = [error] * times

    def before(_: object) -> None:
        if left:
            raise left.pop()

    return before


async def test_what_a_webhook_says_is_in_the_ledger_when_it_is_answered(place: Place) -> None:
    receipt = await place.webhooks().receive(BODIES["end_of_call_report"])
    (entry,) = place.ledger.entries.values()
    assert receipt == Receipt(Outcome.KEPT, "end-of-call-report")
    assert (entry.delivery.received_at, entry.delivery.type, entry.delivery.call_id) == (
        NOW,
        "end-of-call-report",
        CALL_ID,
    )
    assert json.loads(entry.delivery.body)["analysis"]["summary"] == "They agreed on Tuesday."
    assert b"canary" not in entry.delivery.body
    assert place.mirror.batches == []


@pytest.mark.parametrize("kind", [kind for kind, means in MEANINGS.items() if means.role is Role.PASSES])
async def test_there_is_nothing_to_keep_of_moments(place: Place, kind: str) -> None:
    receipt = await place.webhooks().receive(body(message("speech_update", type=kind)))
    assert (receipt.outcome, place.ledger.entries) == (Outcome.PASSED, {})


@pytest.mark.parametrize("kind", [kind for kind, means in MEANINGS.items() if means.role is Role.ASKS])
async def test_what_needs_an_answer_is_not_kept(place: Place, kind: str) -> None:
    receipt = await place.webhooks().receive(body(message("tool_calls", type=kind)))
    assert (receipt, place.ledger.entries) == (Receipt(Outcome.NEEDS_ANSWER, kind), {})


@pytest.mark.parametrize("posted", [b"", b"{", b"\xff", b"[" * 100_000, b"9" * 5_000, b'{"message": {"type": "x"}} {}'])
async def test_what_is_no_json_is_not_kept(place: Place, posted: bytes) -> None:
    assert (await place.webhooks().receive(posted)).outcome is Outcome.NO_JSON
    assert place.ledger.entries == {}


@pytest.mark.parametrize("posted", [1, "x", [], {}, {"message": None}, {"message": []}, {"message": {}}])
async def test_what_is_no_message_is_not_kept(place: Place, posted: Any) -> None:
    assert (await place.webhooks().receive(json.dumps(posted).encode())).outcome is Outcome.NO_MESSAGE
    assert place.ledger.entries == {}


@pytest.mark.parametrize("reason", ['"half a \\ud83d character"', "1e999", "NaN", "36893488147419103232"])
async def test_json_that_is_a_little_odd_is_kept_all_the_same(place: Place, reason: str) -> None:
    posted = body(message("status_update_in_progress", endedReason="HERE")).replace(b'"HERE"', reason.encode())
    webhooks = place.webhooks()
    assert (await webhooks.receive(posted)).outcome is Outcome.KEPT
    assert await webhooks.drain() == 1
    assert facts(place.mirror.calls[CALL_ID])["status"] == "in-progress"


async def test_a_database_that_is_down_is_told_to_the_sender(place: Place) -> None:
    place.ledger.before = failing(StoreUnavailable("down"), 1)
    with pytest.raises(StoreUnavailable):
        await place.webhooks().receive(BODIES["call_deleted"])


async def test_what_waits_is_applied_in_one_transaction_and_then_told(place: Place) -> None:
    told: list[Sequence[Change]] = []
    webhooks = place.webhooks(applied=told.append)
    for name in ("status_update_in_progress", "end_of_call_report", "status_update_ended_2024", "artifact_upload"):
        await webhooks.receive(BODIES[name])
    assert await webhooks.drain() == 4
    (batch,) = place.mirror.batches
    assert batch.settled == (1, 2, 3, 4)
    assert [(mark.call_id, mark.reason) for mark in batch.marks] == [
        (CALL_ID, Reason.NOTICED),
        (OTHER, Reason.NOTICED),
        (CALL_ID, Reason.LATE),
    ]
    assert facts(place.mirror.calls[OTHER]) == {"status": "ended", "endedReason": "silence-timed-out"}
    assert facts(place.mirror.calls[CALL_ID])["status"] == "ended"
    assert len(told) == 1
    assert await webhooks.drain() == 0


async def test_the_later_message_wins_whichever_comes_first(place: Place) -> None:
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["end_of_call_report"])
    await webhooks.receive(BODIES["status_update_in_progress"])
    await webhooks.drain()
    assert facts(place.mirror.calls[CALL_ID])["status"] == "ended"


async def test_what_was_kept_before_a_kill_is_applied_after_it(place: Place) -> None:
    await place.webhooks().receive(BODIES["end_of_call_report"])
    assert await place.webhooks().drain() == 1
    assert facts(place.mirror.calls[CALL_ID])["endedReason"] == "customer-ended-call"


async def test_a_deletion_empties_the_call(place: Place) -> None:
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["end_of_call_report"])
    await webhooks.receive(BODIES["call_deleted"])
    await webhooks.drain()
    known = place.mirror.calls[CALL_ID]
    assert (known.state, known.facts, known.absent_since) == (State.DELETED, {}, NOW)


async def test_more_than_a_batch_is_applied_batch_by_batch(place: Place) -> None:
    webhooks = place.webhooks(batch=2)
    for _ in range(5):
        await webhooks.receive(BODIES["status_update_in_progress"])
    assert [await webhooks.drain() for _ in range(4)] == [2, 2, 1, 0]


async def test_an_entry_that_cannot_be_understood_becomes_a_dead_letter_and_holds_up_nothing(place: Place) -> None:
    events: list[Event] = []
    webhooks = place.webhooks(listen=events.append)
    await webhooks.receive(body(message("status_update_in_progress", call={})))
    await webhooks.receive(BODIES["call_deleted"])
    assert await webhooks.drain() == 2
    (dead,) = await place.ledger.dead(10)
    assert dead.reason == "status-update without the id of a call"
    assert WebhookBuried(1, "status-update", dead.reason) in events
    assert place.ledger.settled == {2}


async def test_an_entry_whose_body_is_gone_becomes_a_dead_letter(place: Place) -> None:
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["call_deleted"])
    entry = place.ledger.entries[1]
    place.ledger.entries[1] = dataclasses.replace(entry, delivery=dataclasses.replace(entry.delivery, body=b""))
    await webhooks.drain()
    assert [dead.reason for dead in await place.ledger.dead(10)] == ["its body is gone, or no JSON"]


async def test_a_dead_letter_that_is_revived_is_applied(place: Place) -> None:
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["call_deleted"])
    await place.ledger.bury(1, "a mistake of an old version")
    assert await webhooks.drain() == 0
    assert await place.ledger.revive([1, 7]) == 1
    assert await webhooks.drain() == 1


def spoiling(entry: int) -> Callable[[Batch], None]:
    """A store that cannot take this entry, alone or with others."""

    def before(batch: Batch) -> None:
        if entry in batch.settled:
            raise ValueError("the name of Ada Example is too long")

    return before


async def test_the_entry_that_spoils_a_batch_is_found_and_becomes_a_dead_letter_after_three_attempts(
    place: Place,
) -> None:
    events: list[Event] = []
    place.mirror.before = spoiling(2)
    webhooks = place.webhooks(listen=events.append)
    for _ in range(3):
        await webhooks.receive(BODIES["status_update_in_progress"])
    assert await webhooks.drain() == 2
    assert place.ledger.settled == {1, 3}
    await webhooks.receive(BODIES["status_update_in_progress"])
    assert await webhooks.drain() == 1
    assert [len(batch.settled) for batch in place.mirror.batches] == [1, 1, 1]
    assert await place.ledger.dead(10) == []
    assert await webhooks.drain() == 1
    assert [dead.reason for dead in await place.ledger.dead(10)] == ["it could not be applied: ValueError"]
    assert "Ada" not in repr(events)


async def test_a_suspect_that_goes_through_is_a_suspect_no_more(place: Place) -> None:
    place.mirror.before = failing(StoreTimeout("slow"), 2)
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["call_deleted"])
    assert [await webhooks.drain() for _ in range(2)] == [0, 1]
    assert place.ledger.settled == {1}


async def test_a_database_that_is_down_makes_no_dead_letters(place: Place) -> None:
    place.mirror.before = failing(StoreUnavailable("down"), 20)
    webhooks = place.webhooks()
    await webhooks.receive(BODIES["call_deleted"])
    for _ in range(20):
        with pytest.raises(StoreUnavailable):
            await webhooks.drain()
    assert await webhooks.drain() == 1


async def test_two_processes_over_one_ledger_come_to_the_same(place: Place) -> None:
    one, other = place.webhooks(), place.webhooks()
    await one.receive(BODIES["end_of_call_report"])
    waiting = await place.ledger.waiting(10)
    await one.drain()
    known = dict(place.mirror.calls)
    place.ledger.settled.clear()
    assert await other.drain() == len(waiting)
    assert place.mirror.calls == known


@contextlib.asynccontextmanager
async def running(webhooks: Webhooks) -> AsyncIterator[None]:
    """While it runs."""
    task = asyncio.create_task(webhooks.run())
    yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_applies_what_waited_for_it(place: Place) -> None:
    await place.webhooks().receive(BODIES["end_of_call_report"])
    applied = asyncio.Event()
    async with running(place.webhooks(applied=lambda _: applied.set())):
        await applied.wait()
    assert CALL_ID in place.mirror.calls


async def test_a_webhook_wakes_it(place: Place) -> None:
    looked, applied = asyncio.Event(), asyncio.Event()
    place.ledger.before = lambda _: looked.set()
    webhooks = place.webhooks(applied=lambda _: applied.set())
    async with running(webhooks):
        await looked.wait()
        await webhooks.receive(BODIES["end_of_call_report"])
        await applied.wait()
    assert CALL_ID in place.mirror.calls


class _Slow(MemoryLedger):
    """A ledger that keeps nothing before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_keep = asyncio.Event()

    async def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them, some time."""
        await self.may_keep.wait()
        await super().keep(deliveries)


async def test_it_goes_on_applying_while_a_crowd_of_webhooks_arrives() -> None:
    ledger, applied = _Slow(), asyncio.Queue[int]()
    place = Place(ledger, MemoryMirror(ledger))
    webhooks = place.webhooks(applied=lambda _: applied.put_nowait(1), batch=1)
    ledger.may_keep.set()
    for name in ("status_update_in_progress", "end_of_call_report", "call_deleted"):
        await webhooks.receive(BODIES[name])
    ledger.may_keep.clear()
    crowd = [asyncio.create_task(webhooks.receive(BODIES["artifact_upload"])) for _ in range(100)]
    async with running(webhooks):
        for _ in range(3):
            await applied.get()
        ledger.may_keep.set()
        await asyncio.gather(*crowd)
        while len(ledger.settled) < 103:
            await applied.get()


@pytest.mark.parametrize("error", [StoreUnavailable("down"), ZeroDivisionError("Ada")])
async def test_it_goes_on_after_a_failure_and_tells_it(place: Place, error: Exception) -> None:
    events: list[Event] = []
    applied = asyncio.Event()
    webhooks = place.webhooks(listen=events.append, applied=lambda _: applied.set())
    await webhooks.receive(BODIES["end_of_call_report"])
    place.ledger.before = failing(error, 3)
    async with running(webhooks):
        await applied.wait()
    codes = [event.code for event in events if isinstance(event, StoreFailed)]
    assert codes == [getattr(error, "code", type(error).__name__)] * 3


async def test_what_happens_is_told_without_what_was_said(place: Place) -> None:
    events: list[Event] = []
    webhooks = place.webhooks(listen=events.append)
    for posted in BODIES.values():
        await webhooks.receive(posted)
    await webhooks.drain()
    assert WebhookReceived("status-update", "kept") in events
    assert WebhookReceived("speech-update", "passed") in events
    assert WebhookUnknown("call.rated") in events
    assert WebhooksApplied(7, 1) in events
    assert "anary" not in repr(events)


# Convergence


def snapshot(document: dict[str, Any], read_at: dt.datetime) -> Snapshot:
    """A call as a poll reads it."""
    said = json.dumps({name: value for name, value in document.items() if name != "artifact"}, sort_keys=True)
    return Snapshot(
        call_id=document["id"],
        revision=revision(instant(document["updatedAt"]), read_at),
        digest=hashlib.sha256(said.encode()).digest()[:16],
        body=b"",
        projection=Projection(values={}),
    )


@dataclasses.dataclass
class Clock:
    """Time that passes when the test says so."""

    now: dt.datetime

    def __call__(self) -> dt.datetime:
        return self.now


def upstream(seed: int, clock: Clock) -> Simulator:
    """An upstream that loses, repeats and mixes up a tenth of its webhooks each."""
    anchor = dt.datetime(2026, 9, 1, 15, 0, tzinfo=dt.UTC)
    simulator: Simulator = create(seed=seed, calls=60, live=0, clock=clock, anchor=anchor).state.simulator
    disorder = Disorder(dropped=0.1, duplicated=0.1, shuffled=0.1, seconds=600)
    simulator.webhooks = Server(url="http://gateway.invalid/webhooks/vapi", noisy=True, disorder=disorder)
    return simulator


@given(seed=st.integers(0, 2**16))
@settings(max_examples=settings().max_examples // 16)  # a world takes seconds; 125 of them with the profile `explore`
def test_with_a_tenth_lost_repeated_and_mixed_up_the_mirror_converges_once_it_is_read(seed: int) -> None:
    asyncio.run(converges(seed))


async def converges(seed: int) -> None:
    """Every webhook of a small world, whatever its network did to them; then one reading of all that there is."""
    clock = Clock(dt.datetime(2026, 9, 1, 16, 0, tzinfo=dt.UTC))
    simulator, ledger = upstream(seed, clock), MemoryLedger()
    place = Place(ledger, MemoryMirror(ledger))
    simulator.delete(*simulator.ids(3, 8))
    await everything_sent(simulator, place, clock.now)
    assert not await ledger.dead(10)
    clock.now += dt.timedelta(hours=2)
    rows = simulator.list(Filters(limit=1000))
    read = {row["id"]: snapshot(row, clock.now) for row in rows}
    gone = [
        Absence(call_id=each, noticed_at=clock.now, deleted=True) for each in place.mirror.calls.keys() - read.keys()
    ]
    await place.mirror.apply(Batch(observations=(*read.values(), *gone)))
    held = {each: known for each, known in place.mirror.calls.items() if known.state is not State.DELETED}
    assert {each: (known.state, known.revision, known.digest, known.facts) for each, known in held.items()} == {
        each: (State.PRESENT, row.revision, row.digest, {}) for each, row in read.items()
    }
    assert place.mirror.marks == {}


async def everything_sent(simulator: Simulator, place: Place, until: dt.datetime) -> None:
    """Receive what upstream sends, and drain now and then."""
    webhooks = place.webhooks(batch=7)
    for sent in simulator.messages(until - dt.timedelta(days=400), until + dt.timedelta(hours=1)):
        place.now = sent.sent_at
        assert (await webhooks.receive(sent.body)).outcome in (Outcome.KEPT, Outcome.PASSED)
        if sent.moment % 3 == 0:
            await webhooks.drain()
    while await webhooks.drain():
        pass
