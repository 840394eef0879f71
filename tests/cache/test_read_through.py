"""Read-through: what is served, when upstream is asked, and what is remembered of its answer."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from gateway.cache.memory import Memory
from gateway.cache.read_through import ReadThrough
from gateway.domain import catalog as catalogs
from gateway.domain.allowance import Allowance
from gateway.domain.answers import CallAnswer
from gateway.domain.call import Call
from gateway.domain.customer import Places
from gateway.domain.decode import decoder, presigned_reader
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.lazily import lazy_decoder
from gateway.domain.lifetimes import Lifetimes
from gateway.domain.mirrored import State
from gateway.domain.ordering import Position
from gateway.errors import (
    StoreUnavailable,
    UpstreamBudgetSpent,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamUnavailable,
)
from gateway.observe.events import AttributeUnreadable, Event, RefreshFailed, StoreFailed
from gateway.ports import Change, Place, Terms
from tests.contracts.memory_mirror import MemoryMirror
from tests.contracts.sources import ListSource
from tests.e2e.clocks import Clock

pytestmark = pytest.mark.anyio

ID: Final = "019fedaf-549c-7000-8625-582e741edd7f"
OTHER: Final = "019fedaf-549c-7000-8625-582e741edd80"
CATALOG: Final = catalogs.build({}, Places())
LIFETIMES: Final = Lifetimes()

FRESH = (FreshnessState.FRESH, FreshnessSource.CACHE)
FETCHED = (FreshnessState.FRESH, FreshnessSource.UPSTREAM)
STALE = (FreshnessState.STALE, FreshnessSource.CACHE)
ERROR_STALE = (FreshnessState.ERROR_STALE, FreshnessSource.CACHE)


def call(id_: str = ID, *, updated: str = "2026-08-30T10:05:00.000Z", **more: Any) -> dict[str, Any]:
    """A settled call; ``status="in-progress"`` makes it a live one."""
    usual = {"id": id_, "status": "ended", "createdAt": "2026-08-30T10:00:00.000Z", "updatedAt": updated, "cost": 0.5}
    said = {"customer": {"name": "Ada", "number": "+15550001"}, "artifact": {"transcript": "AI: Hello."}}
    return {**usual, **said, **more}


@dataclasses.dataclass
class Bench:
    """A reader with all that it stands on in the test's hand."""

    reader: ReadThrough
    source: ListSource
    mirror: MemoryMirror
    memory: Memory
    clock: Clock
    events: list[Event]

    async def told(self, max_age: float | None = None) -> tuple[FreshnessState, FreshnessSource]:
        """State and source of the answer to whoever asks now; ``max_age`` in seconds."""
        return told(await self.reader.get(ID, None if max_age is None else dt.timedelta(seconds=max_age)))

    async def landed(self) -> None:
        """Let what is under way come to its end."""
        for _ in range(10):
            await asyncio.sleep(0)


def told(answer: CallAnswer | None) -> tuple[FreshnessState, FreshnessSource]:
    """State and source of an answer that must be there."""
    assert answer is not None
    return answer.freshness.state, answer.freshness.source


@contextlib.asynccontextmanager
async def bench(*calls: dict[str, Any], limit: int = 10**6) -> AsyncIterator[Bench]:
    """A reader over these calls; no task may be left when it has been closed."""
    before = asyncio.all_tasks()
    clock, source, mirror, events = Clock(), ListSource([*calls]), MemoryMirror(), list[Event]()
    memory = Memory(limit=limit, clock=clock)
    reader = ReadThrough(
        source=source,
        mirror=mirror,
        memory=memory,
        decode=decoder(CATALOG, b"a key for tests"),
        reread=lazy_decoder(CATALOG, b"a key for tests"),
        rebuild=lambda values: Call(**values),
        read_presigned=presigned_reader(CATALOG),
        lifetimes=LIFETIMES,
        clock=clock,
        listen=events.append,
    )
    yield Bench(reader, source, mirror, memory, clock, events)
    await reader.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_first_fetched_then_remembered() -> None:
    """The first who asks has upstream asked, the next is answered from memory."""
    async with bench(call()) as b:
        assert await b.told() == FETCHED
        b.clock.advance(minutes=5)
        answer = await b.reader.get(ID)
        assert told(answer) == FRESH
        assert answer is not None
        assert answer.freshness.age_ms == 300_000
        assert b.source.asked == [ID]
        assert b.events == []


async def test_a_thousand_at_once_take_one_request() -> None:
    """However many ask for a call that nobody knows yet, upstream is asked once."""
    async with bench(call()) as b:
        answers = await asyncio.gather(*(b.reader.get(ID) for _ in range(1000)))
        assert {told(answer) for answer in answers} == {FETCHED}
        assert b.source.asked == [ID]


async def test_calls_do_not_wait_for_each_other() -> None:
    """Two calls take two requests, at the same time."""
    async with bench(call(), call(OTHER)) as b:
        b.source.gate = asyncio.Event()
        asking = [asyncio.create_task(b.reader.get(id_)) for id_ in (ID, OTHER)]
        await b.landed()
        assert sorted(b.source.asked) == [ID, OTHER]
        b.source.gate.set()
        assert None not in await asyncio.gather(*asking)


async def test_stale_while_refresh() -> None:
    """A live call past its lifetime is served at once, while one refresh runs for everybody; then it is fresh."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.source.gate = asyncio.Event()
        b.clock.advance(seconds=5)
        assert [await b.told() for _ in range(10)] == [STALE] * 10
        await b.landed()
        assert len(b.source.asked) == 2
        b.source.gate.set()
        await b.landed()
        assert await b.told() == FRESH
        assert len(b.source.asked) == 2


async def test_past_stale_it_is_fetched() -> None:
    """A live call that is older than may be served even stale is waited for."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.clock.advance(seconds=65)
        b.source.replace(call(updated="2026-08-30T10:09:00.000Z"))
        answer = await b.reader.get(ID)
        assert told(answer) == FETCHED
        assert answer is not None
        assert answer.call.status == "ended"


async def test_a_settled_call_is_left_alone_for_hours() -> None:
    """An ended call whose last change is long ago takes no second request within its lifetime."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.clock.advance(hours=5, minutes=59)
        assert await b.told() == FRESH
        assert b.source.asked == [ID]


async def test_an_age_counts_from_the_question() -> None:
    """While upstream takes its time an answer grows old."""
    async with bench(call()) as b:
        b.source.gate = asyncio.Event()
        asking = asyncio.create_task(b.reader.get(ID))
        await b.landed()
        b.clock.advance(seconds=3)
        b.source.gate.set()
        answer = await asking
        assert answer is not None
        assert answer.freshness.age_ms == 3000


async def test_max_age_overrides_the_lifetime() -> None:
    """Whoever bounds the age has upstream asked as soon as what is known is older, and not before."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.clock.advance(seconds=30)
        assert await b.told(max_age=30) == FRESH
        assert await b.told(max_age=29) == FETCHED
        assert await b.told() == FRESH
        assert len(b.source.asked) == 2


async def test_max_age_does_not_lengthen_a_lifetime() -> None:
    """A generous bound changes nothing: what is past its lifetime is refreshed."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.clock.advance(seconds=6)
        assert await b.told(max_age=3600) == STALE


async def test_max_age_nought_asks_in_any_case() -> None:
    """Even what was fetched a millisecond ago is fetched again."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.clock.advance(milliseconds=1)
        assert await b.told(max_age=0) == FETCHED
        assert len(b.source.asked) == 2


async def test_max_age_is_not_kept_by_a_flight_that_set_off_before() -> None:
    """Whoever changed the call and then asks with ``max_age`` nought sees the change, though an older request runs."""
    async with bench(call(name="before")) as b:
        b.source.gate = asyncio.Event()
        early = asyncio.create_task(b.reader.get(ID))
        await b.landed()
        b.clock.advance(seconds=1)
        late = [asyncio.create_task(b.reader.get(ID, dt.timedelta())) for _ in range(100)]
        await b.landed()
        b.source.gate.set()
        await early
        b.source.replace(call(name="after"))
        names = {answer.call.name for answer in await asyncio.gather(*late) if answer is not None}
        assert names == {"after"}
        assert len(b.source.asked) == 2


async def test_a_missing_call_is_remembered_briefly() -> None:
    """That upstream has no such call is asked once in ten seconds; then the call may have come to be."""
    async with bench() as b:
        assert await b.reader.get(ID) is None
        b.clock.advance(seconds=9)
        assert await b.reader.get(ID) is None
        assert b.source.asked == [ID]
        b.source.replace(call())
        assert await b.told(max_age=0) == FETCHED
        assert len(b.source.asked) == 2


async def test_a_missing_call_that_came_to_be() -> None:
    """After ten seconds upstream is asked again, whatever it said before."""
    async with bench() as b:
        await b.reader.get(ID)
        b.source.replace(call())
        b.clock.advance(seconds=10)
        assert len(b.memory) == 0
        assert await b.told() == FETCHED


async def test_a_deleted_call_leaves_an_outline() -> None:
    """A call that upstream has no more is told to be deleted; nothing personal is left of it, here or in memory."""
    async with bench(call(metadata={"customerName": "Ada"}, name="Ada's call")) as b:
        await b.reader.get(ID)
        b.source.calls.clear()
        answer = await b.reader.get(ID, dt.timedelta())  # at the same instant: not older than nought
        assert told(answer) == FRESH
        b.clock.advance(seconds=1)
        for _ in range(2):
            answer = await b.reader.get(ID, dt.timedelta())
            assert answer is not None
            assert answer.freshness.state is FreshnessState.DELETED
            assert (answer.call.id, answer.call.status) == (ID, "ended")
            b.clock.advance(seconds=1)
        entry = b.memory.get(ID)
        for left in (repr(answer), repr(entry)):
            assert not [text for text in ("Ada", "5550001", "Hello") if text in left]


async def test_a_deleted_call_that_cannot_be_asked_for() -> None:
    """A tombstone stays one while upstream fails."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.calls.clear()
        b.clock.advance(hours=24)
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        b.clock.advance(hours=1)
        assert (await b.told())[0] is FreshnessState.DELETED


async def test_a_deleted_call_that_is_there_again() -> None:
    """Where upstream has the call after all, it is itself again."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.calls.clear()
        b.clock.advance(hours=24)
        await b.reader.get(ID)
        b.source.replace(call())
        b.clock.advance(seconds=10)
        answer = await b.reader.get(ID)
        assert told(answer) == FETCHED
        assert answer is not None
        assert answer.call.customer.name == "Ada"


async def test_a_call_that_ought_to_be_there_is_doubted_before_it_counts_as_deleted() -> None:
    """A mistaken 404 takes nothing away: what is known is served as stale, until the mirror is sure."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.calls.clear()
        b.mirror.doubts = 1
        b.clock.advance(hours=24)
        assert await b.told() == STALE
        b.clock.advance(minutes=1)
        assert (await b.told())[0] is FreshnessState.DELETED


async def test_what_upstream_merely_forgot_stays_and_cannot_grow_old() -> None:
    """After its retention upstream has no call; what was read last is served for good, and upstream left alone."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.calls.clear()
        b.mirror.forgets = True
        b.clock.advance(hours=24)
        for _ in range(3):
            answer = await b.reader.get(ID)
            assert answer is not None
            assert (answer.freshness.state, answer.call.customer.name) == (FreshnessState.FORGOTTEN, "Ada")
            b.clock.advance(days=30)
        assert b.source.asked == [ID, ID]


async def test_whoever_was_erased_here_is_not_brought_back_by_upstream() -> None:
    """However often upstream shows the call, and however new the answer must be."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.mirror.erase(ID)
        b.reader.outdated([Change(2, ID, State.ERASED)])
        for age in (None, dt.timedelta()):
            b.clock.advance(hours=30)
            answer = await b.reader.get(ID, age)
            assert answer is not None
            assert answer.freshness.state is FreshnessState.DELETED
            assert "Ada" not in repr(answer)


async def test_unknown_and_upstream_fails() -> None:
    """Where nothing is known, the error is the answer; it is told, and not remembered."""
    async with bench(call()) as b:
        b.source.error = UpstreamUnavailable("down")
        with pytest.raises(UpstreamUnavailable):
            await b.reader.get(ID)
        assert b.events == [RefreshFailed(ID, "UPSTREAM_UNAVAILABLE")]
        b.source.error = None
        assert await b.told() == FETCHED


async def test_a_failure_is_shared_by_all_who_wait() -> None:
    """A thousand who ask for the same unknown call get the same error from one request."""
    async with bench(call()) as b:
        b.source.error = UpstreamRateLimited("slow down", 7.0)
        answers = await asyncio.gather(*(b.reader.get(ID) for _ in range(1000)), return_exceptions=True)
        assert all(isinstance(a, UpstreamRateLimited) and a.retry_after == 7.0 for a in answers)
        assert b.source.asked == [ID]
        assert len(b.events) == 1


async def test_missing_and_upstream_fails() -> None:
    """That a call was missing is nothing to be served when upstream cannot be asked any more."""
    async with bench() as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        b.clock.advance(seconds=1)
        for _ in range(2):
            with pytest.raises(UpstreamUnavailable):
                await b.reader.get(ID, dt.timedelta())


async def test_known_and_upstream_fails() -> None:
    """Past stale, what is known is served and marked; then upstream is left alone for a few seconds."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        b.clock.advance(seconds=65)
        assert await b.told() == ERROR_STALE
        assert b.events == [RefreshFailed(ID, "UPSTREAM_UNAVAILABLE")]
        b.clock.advance(seconds=4)
        assert await b.told() == ERROR_STALE
        assert len(b.source.asked) == 2
        b.clock.advance(seconds=1)
        assert await b.told() == ERROR_STALE
        assert len(b.source.asked) == 3


async def test_a_refresh_that_fails() -> None:
    """Stale, what is known is served as stale once, and as error-stale when the refresh has failed."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        b.clock.advance(seconds=6)
        assert await b.told() == STALE
        await b.landed()
        assert b.events == [RefreshFailed(ID, "UPSTREAM_UNAVAILABLE")]
        assert [await b.told() for _ in range(3)] == [ERROR_STALE] * 3
        assert len(b.source.asked) == 2
        b.source.error = None
        b.clock.advance(seconds=5)
        assert await b.told() == STALE
        await b.landed()
        assert await b.told() == FRESH


async def test_max_age_and_upstream_fails() -> None:
    """Whoever asked for fresher than there is gets what there is, marked; others still count it as fresh."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        b.clock.advance(seconds=60)
        assert await b.told(max_age=0) == ERROR_STALE
        assert await b.told(max_age=0) == ERROR_STALE
        assert await b.told() == FRESH
        assert len(b.source.asked) == 2


async def test_an_outage_has_no_end_that_the_mirror_does_not_outlive() -> None:
    """Memory lets go of a call after 48 hours; the mirror still has it."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        for hours in (47, 2, 1000):
            b.clock.advance(hours=hours)
            assert (await b.told())[0] is FreshnessState.ERROR_STALE


async def test_with_upstream_and_mirror_down_memory_has_an_end() -> None:
    """After 48 hours nothing is known of the call any more."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.error, b.mirror.error = UpstreamUnavailable("down"), StoreUnavailable("down")
        b.clock.advance(hours=47, minutes=59)
        assert await b.told() == ERROR_STALE
        b.clock.advance(minutes=1)
        with pytest.raises(UpstreamUnavailable):
            await b.reader.get(ID)


async def test_a_mirror_that_is_down_costs_nobody_an_answer() -> None:
    """Upstream and memory answer as ever; that the mirror failed is told."""
    async with bench(call()) as b:
        b.mirror.error = StoreUnavailable("down")
        assert await b.told() == FETCHED
        assert await b.told() == FRESH
        assert b.events == [
            StoreFailed("reading a call", "STORE_UNAVAILABLE"),
            StoreFailed("keeping a call", "STORE_UNAVAILABLE"),
        ]


async def test_what_the_mirror_holds_needs_no_request() -> None:
    """A call that is settled, and was read an hour ago by whomever, is served from the mirror, once from memory."""
    async with bench() as b:
        await b.mirror.take(call(), b.clock.now)
        b.clock.advance(hours=1)
        assert await b.told() == (FreshnessState.FRESH, FreshnessSource.MIRROR)
        assert await b.told() == FRESH
        assert b.source.asked == []
        assert b.mirror.asked == [(ID,)]


async def test_a_thousand_at_once_read_the_mirror_once() -> None:
    """However many ask for a call that memory does not know."""
    async with bench() as b:
        await b.mirror.take(call(), b.clock.now)
        await asyncio.gather(*(b.reader.get(ID) for _ in range(1000)))
        assert b.mirror.asked == [(ID,)]


async def test_pushed_out_of_memory_while_upstream_fails() -> None:
    """Whoever asked while the call was known gets it, though memory had to let go of it meanwhile."""
    async with bench(call(), limit=20_000) as b:
        await b.reader.get(ID)
        b.clock.advance(hours=25)
        b.source.gate = asyncio.Event()
        asking = asyncio.create_task(b.reader.get(ID))
        await b.landed()
        for number in range(20):
            await b.mirror.take(call(f"{OTHER[:-2]}{number:02}"), b.clock.now)
            await b.reader.get(f"{OTHER[:-2]}{number:02}")
        assert b.memory.get(ID) is None
        b.source.error = UpstreamUnavailable("down")
        b.source.gate.set()
        assert told(await asking) == ERROR_STALE


async def test_pushed_out_of_memory_while_being_fetched() -> None:
    """The answer does not depend on what memory can hold."""
    async with bench(call(), limit=100) as b:
        assert [await b.told(), await b.told()] == [FETCHED, (FreshnessState.FRESH, FreshnessSource.MIRROR)]
        assert b.memory.get(ID) is None


async def test_something_nobody_foresaw() -> None:
    """A defect in a refresh is told, though nobody waits for it, and the call is left alone; it is no stale answer."""
    async with bench(call(status="in-progress")) as b:
        b.source.error = KeyError("Ada")
        with pytest.raises(KeyError):
            await b.reader.get(ID)
        b.source.error = None
        await b.reader.get(ID)
        b.source.error = KeyError("Ada")
        b.clock.advance(seconds=6)
        assert await b.told() == STALE
        await b.landed()
        assert b.events == [RefreshFailed(ID, "KeyError")] * 2
        assert await b.told() == ERROR_STALE


async def test_an_older_revision_does_not_win() -> None:
    """A lagging replica of upstream changes nothing, and does not make what is known any younger."""
    async with bench(call(updated="2026-08-30T10:06:00.000Z", name="newer")) as b:
        await b.reader.get(ID)
        b.source.replace(call(updated="2026-08-30T10:05:00.000Z", name="older"))
        b.clock.advance(minutes=1)
        answer = await b.reader.get(ID, dt.timedelta())
        assert answer is not None
        assert (answer.call.name, *told(answer)) == ("newer", *FRESH)
        assert answer.freshness.age_ms == 60_000
        b.clock.advance(hours=6)
        answer = await b.reader.get(ID, dt.timedelta())
        assert answer is not None
        assert (answer.call.name, *told(answer)) == ("newer", *STALE)


async def test_the_later_reading_of_one_revision_wins() -> None:
    """Outputs that are extracted anew do not always move ``updatedAt``."""
    async with bench(call(name="first")) as b:
        await b.reader.get(ID)
        b.source.replace(call(name="second"))
        b.clock.advance(seconds=1)
        answer = await b.reader.get(ID, dt.timedelta())
        assert answer is not None
        assert answer.call.name == "second"


def place(change: int, call_id: str = ID) -> Place:
    """Where a call stands in a list."""
    return Place(Position((), call_id), change)


async def test_a_list_comes_from_memory_where_that_has_the_same_change() -> None:
    """What memory lacks, or has an older change of, is read from the mirror, all of it at once."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        await b.mirror.take(call(OTHER), b.clock.now)
        b.mirror.asked.clear()
        answers = await b.reader.many([place(2, OTHER), place(1)], None)
        assert [told(answer) for answer in answers] == [(FreshnessState.FRESH, FreshnessSource.MIRROR), FRESH]
        assert b.mirror.asked == [(OTHER,)]
        await b.mirror.take(call(updated="2026-08-30T10:06:00.000Z", name="new"), b.clock.now)
        (answer,) = await b.reader.many([place(3)], None)
        assert answer is not None
        assert answer.call.name == "new"


async def test_a_list_is_as_current_as_the_last_poll() -> None:
    """What did not change since upstream was asked for all changes is as current as that."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.clock.advance(minutes=10)
        (answer,) = await b.reader.many([place(1)], b.clock.now - dt.timedelta(seconds=3))
        assert answer is not None
        assert (answer.freshness.state, answer.freshness.age_ms) == (FreshnessState.FRESH, 3000)
        (answer,) = await b.reader.many([place(1)], None)
        assert told(answer) == STALE
        assert b.source.asked == [ID]


async def test_a_list_leaves_out_what_is_gone_since() -> None:
    """Between the question and the answer a call may vanish."""
    async with bench() as b:
        answers = await b.reader.many([place(1)], None)
        assert (list(answers), answers.has_gaps) == ([None], True)


async def test_memory_forgets_what_the_mirror_has_something_newer_of() -> None:
    """So that the next who asks gets what a poll or a webhook brought."""
    async with bench(call(name="old")) as b:
        await b.reader.get(ID)
        number = await b.mirror.take(call(updated="2026-08-30T10:06:00.000Z", name="new"), b.clock.now)
        b.reader.outdated([Change(number or 0, ID, State.PRESENT)])
        answer = await b.reader.get(ID)
        assert answer is not None
        assert answer.call.name == "new"
        b.reader.outdated([Change(number or 0, ID, State.PRESENT)])
        assert await b.told() == FRESH


async def test_what_changed_while_it_was_read_is_not_remembered_as_it_was() -> None:
    """A change is told of once: who was reading the mirror just then must not keep what it held before."""
    async with bench(call(name="old")) as b:
        await b.reader.get(ID)
        b.memory.drop(ID)
        reading = asyncio.create_task(b.reader.get(ID))
        b.mirror.hold = asyncio.Event()
        await b.landed()
        number = await b.mirror.take(call(updated="2026-08-30T10:06:00.000Z", name="new"), b.clock.now)
        b.reader.outdated([Change(number or 0, ID, State.PRESENT)])
        b.mirror.hold.set()
        assert [answer and answer.call.name for answer in (await reading, await b.reader.get(ID))] == ["old", "new"]


async def test_presigned_addresses_are_never_kept() -> None:
    """They are fetched for whoever selects them, anew each time, and are nowhere in memory or in a call."""
    async with bench(call()) as b:
        answer = await b.reader.get(ID)
        assert answer is not None
        assert answer.presigned is not None  # fetched for this answer, and for no other
        assert "X-Amz-Signature" not in repr(answer)
        known = await b.reader.get(ID)
        assert known is not None
        assert known.presigned is None
        addresses = [await b.reader.presigned(ID) for _ in range(2)]
        assert [a and (a.presigned_mono_url or "")[-8:] for a in addresses] == ["00000002", "00000003"]
        assert "X-Amz-Signature" not in repr(b.memory.get(ID))
        assert len(b.source.asked) == 3


async def test_presigned_addresses_join_what_is_under_way() -> None:
    """Whoever asks for the call and its addresses at once takes one request, and the call is remembered of it."""
    async with bench(call()) as b:
        answer, *addresses = await asyncio.gather(b.reader.get(ID), b.reader.presigned(ID), b.reader.presigned(ID))
        assert told(answer) in (FETCHED, FRESH)
        assert [a and a.presigned_mono_url for a in addresses] == [addresses[0] and addresses[0].presigned_mono_url] * 2
        assert b.source.asked == [ID]
        assert await b.told() == FRESH


async def test_presigned_addresses_of_no_call() -> None:
    """A call that upstream does not have has no addresses, and is remembered as missing."""
    async with bench() as b:
        assert await b.reader.presigned(ID) is None
        assert await b.reader.get(ID) is None
        assert b.source.asked == [ID]


async def test_presigned_addresses_while_upstream_fails() -> None:
    """There are none to fall back to: the error is the answer, and the call itself is still served."""
    async with bench(call()) as b:
        await b.reader.get(ID)
        b.source.error = UpstreamUnavailable("down")
        with pytest.raises(UpstreamUnavailable):
            await b.reader.presigned(ID)
        assert await b.told() == FRESH


async def test_a_call_that_is_known_to_be_none_for_whoever_asks_is_not_asked_for() -> None:
    """There is none for them, fresh or stale, and neither upstream nor memory shows that somebody asked."""
    async with bench(call()) as b:
        hidden = Terms(may_see=lambda call: call.customer.name != "Ada", spend=lambda: None)
        await b.reader.get(ID)
        b.clock.advance(days=2)
        assert await b.reader.get(ID, terms=hidden) is None
        assert await b.reader.get(ID, dt.timedelta(0), terms=hidden) is None
        assert await b.reader.presigned(ID, terms=hidden) is None
        assert b.source.asked == [ID]


async def test_a_call_that_turns_out_to_be_none_for_whoever_asks() -> None:
    """Upstream must be asked for what nobody knows; what it says is kept, and told to others alone."""
    async with bench(call()) as b:
        hidden = Terms(may_see=lambda call: call.customer.name != "Ada", spend=lambda: None)
        assert await b.reader.get(ID, terms=hidden) is None
        assert await b.told() == FRESH
        assert b.source.asked == [ID]


async def test_presigned_addresses_of_a_call_that_turns_out_to_be_none_for_whoever_asks() -> None:
    """They open a recording, so they go to nobody else."""
    async with bench(call()) as b:
        assert await b.reader.presigned(ID, terms=Terms(may_see=lambda call: False, spend=lambda: None)) is None


async def test_a_budget_that_is_spent() -> None:
    """What is unknown fails; what is known is served as it is, and no refresh begins; memory costs nothing."""
    async with bench(call(), call(OTHER)) as b:
        allowance = Allowance(1)
        terms = Terms(may_see=lambda call: True, spend=allowance.spend)
        assert told(await b.reader.get(ID, terms=terms)) == FETCHED
        assert told(await b.reader.get(ID, terms=terms)) == FRESH
        with pytest.raises(UpstreamBudgetSpent):
            await b.reader.get(OTHER, terms=terms)
        b.clock.advance(seconds=1)
        assert told(await b.reader.get(ID, dt.timedelta(0), terms=terms)) == ERROR_STALE
        b.clock.advance(hours=7)
        assert told(await b.reader.get(ID, terms=terms)) == STALE
        await b.landed()
        assert b.source.asked == [ID]


async def test_whoever_joins_a_request_under_way_spends_nothing() -> None:
    """A request is paid for once, by whoever began it."""
    async with bench(call()) as b:
        spent = Terms(may_see=lambda call: True, spend=Allowance(0).spend)
        first, second = await asyncio.gather(b.reader.get(ID), b.reader.get(ID, terms=spent))
        assert told(first) == told(second)
        assert b.source.asked == [ID]


async def test_a_document_with_another_id() -> None:
    """Another call is no answer; an id that is none is taken for the one that was asked for."""
    async with bench() as b:
        stated: list[Any] = [OTHER, 13, None, "no id"]

        async def get(call_id: str) -> dict[str, Any]:
            return {**call(OTHER), "id": stated.pop(0)}

        b.source.get = get  # type: ignore[method-assign]  # this upstream confuses its calls
        with pytest.raises(UpstreamMalformed, match="another call"):
            await b.reader.get(ID)
        assert (b.memory.get(ID), b.memory.get(OTHER)) == (None, None)
        while stated:
            answer = await b.reader.get(ID, dt.timedelta(0))
            assert answer is not None
            assert answer.call.id == ID
            b.clock.advance(seconds=1)


async def test_an_attribute_that_cannot_be_read() -> None:
    """It costs the call that one attribute and is told without its value."""
    async with bench(call(cost={"of": "Ada"})) as b:
        answer = await b.reader.get(ID)
        assert answer is not None
        assert (answer.call.cost, answer.call.status) == (None, "ended")
        assert b.events == [AttributeUnreadable("Call.cost", "Float", "object")]


async def test_whoever_goes_away() -> None:
    """When all who asked have gone, the answer is still remembered for the next."""
    async with bench(call()) as b:
        b.source.gate = asyncio.Event()
        asking = asyncio.create_task(b.reader.get(ID))
        await b.landed()
        asking.cancel()
        await b.landed()
        b.source.gate.set()
        await b.landed()
        assert await b.told() == FRESH
        assert b.source.asked == [ID]


async def test_closing_ends_a_refresh() -> None:
    """What is under way when the gateway stops is given up, without a complaint."""
    async with bench(call(status="in-progress")) as b:
        await b.reader.get(ID)
        b.source.gate = asyncio.Event()
        b.clock.advance(seconds=6)
        assert await b.told() == STALE
        await b.landed()
        await b.reader.close()
        assert b.events == []
