"""Calls: one by its id, or page by page out of the mirror, on behalf of a principal."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import pytest

from gateway.domain.allowance import Allowance
from gateway.domain.answers import Answers, CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.coverage import BEGINNING, Interval
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.filters import EVERYTHING, Comparator, Condition, Predicate
from gateway.domain.ordering import NEWEST_FIRST, Order, Ordering
from gateway.domain.principal import ANONYMOUS
from gateway.domain.stamp import Freshness
from gateway.errors import BadUserInput, StoreUnavailable
from gateway.ports import FREE, Batch, Place, Terms
from gateway.services.calls import CallPage, Calls
from gateway.services.checkpoints import Checkpoints, Watermark
from gateway.services.freshness import MirrorFreshness
from gateway.services.lists import ListRequest
from tests.contracts.calls import CATALOG, NOON, at, call_id, document, snapshot
from tests.services.mirrors import Mirror

pytestmark = pytest.mark.anyio

ID: Final = "019fedaf-549c-7000-8625-582e741edd7f"
NOW: Final = NOON + dt.timedelta(hours=1)
LAG: Final = dt.timedelta(minutes=1)


@dataclasses.dataclass
class Reader:
    """A `gateway.ports.CallReader` that writes down what it is asked; ``gone`` are calls that it does not find."""

    gone: frozenset[str] = frozenset()
    asked: list[tuple[str, dt.timedelta | None]] = dataclasses.field(default_factory=list)
    confirmed: list[dt.datetime | None] = dataclasses.field(default_factory=list)

    async def get(self, call_id: str, max_age: dt.timedelta | None = None, *, terms: Terms = FREE) -> CallAnswer | None:
        self.asked.append((call_id, max_age))
        return _answer(call_id)

    async def presigned(self, call_id: str, *, terms: Terms = FREE) -> PresignedUrls | None:
        return PresignedUrls(presigned_mono_url=f"https://storage.invalid/{call_id}")

    async def many(self, places: Sequence[Place], confirmed_at: dt.datetime | None) -> Answers:
        self.confirmed.append(confirmed_at)
        ids = [place.position.id for place in places]
        return Answers([None if id_ in self.gone else (Call(id=id_), None, 0) for id_ in ids], [_FRESH])


def _answer(id_: str) -> CallAnswer:
    return CallAnswer(Call(id=id_), _FRESH)


_FRESH = Freshness(fetched_at=NOW, age_ms=0, state=FreshnessState.FRESH, source=FreshnessSource.MIRROR)


@dataclasses.dataclass
class Bench:
    """The service with all that it stands on in the test's hand."""

    mirror: Mirror
    reader: Reader

    @property
    def calls(self) -> Calls:
        freshness = MirrorFreshness(state=self.mirror.state, clock=lambda: NOW, allowed_lag=LAG)
        return Calls(
            reader=self.reader,
            store=self.mirror,
            freshness=freshness,
            catalog=CATALOG,
            clock=lambda: NOW,
            largest_page=100,
        )

    async def page(
        self, predicate: Predicate = EVERYTHING, ordering: Ordering = NEWEST_FIRST, **stated: Any
    ) -> CallPage:
        return await self.calls.page(ANONYMOUS, _request(predicate, ordering, **stated))

    async def count(self, predicate: Predicate = EVERYTHING, **stated: Any) -> int:
        return await self.calls.count(ANONYMOUS, _request(predicate, NEWEST_FIRST, **stated))


def _request(predicate: Predicate, ordering: Ordering, **stated: Any) -> ListRequest:
    return ListRequest(predicate=lambda _: predicate, ordering=ordering, stated="digest", usual=20, **stated)


async def _bench(*created: float, gone: frozenset[str] = frozenset()) -> Bench:
    """Calls created at these minutes after noon, numbered from 0."""
    mirror = Mirror()
    read = tuple(snapshot(document(n, created=minute), minute) for n, minute in enumerate(created))
    await mirror.apply(Batch(observations=read))
    return Bench(mirror, Reader(gone))


def _ids(page: CallPage) -> list[str]:
    return [edge.answer.call.id for edge in page.edges]


@pytest.mark.parametrize("written", [ID, ID.upper(), f"  {ID}\n"])
async def test_an_id_has_one_spelling(written: str) -> None:
    """However an id is written, the same call is read, with the caller's bound on its age."""
    b = await _bench()
    assert await b.calls.get(ANONYMOUS, Allowance(1), written, dt.timedelta(seconds=3))
    assert b.reader.asked == [(ID, dt.timedelta(seconds=3))]


@pytest.mark.parametrize("text", ["", "42", "../call", ID[:-1], f"{ID}?x=1", ID.replace("0", "٠")])
async def test_what_is_no_id(text: str) -> None:
    """It is refused by the name of the argument, and nobody is asked."""
    b = await _bench()
    with pytest.raises(BadUserInput) as refused:
        await b.calls.get(ANONYMOUS, Allowance(1), text)
    assert refused.value.argument == "id"
    assert b.reader.asked == []


async def test_presigned_addresses() -> None:
    """They come from the reader, made anew."""
    urls = await (await _bench()).calls.presigned(ANONYMOUS, Allowance(1), ID)
    assert urls is not None
    assert urls.presigned_mono_url == f"https://storage.invalid/{ID}"


async def test_a_page_and_the_next() -> None:
    """A page holds as many calls as were asked for, newest first; any of its cursors leads on."""
    b = await _bench(1, 2, 3, 4, 5)
    first = await b.page(first=2)
    assert (_ids(first), first.has_next, first.has_previous) == ([call_id(4), call_id(3)], True, False)
    second = await b.page(first=2, after=first.edges[-1].cursor)
    assert (_ids(second), second.has_next, second.has_previous) == ([call_id(2), call_id(1)], True, True)
    anew = await b.page(first=4, after=first.edges[0].cursor)
    assert _ids(anew) == [call_id(3), call_id(2), call_id(1), call_id(0)]
    assert not anew.has_next


async def test_a_page_backwards() -> None:
    """The last of a list, and those before them, in the order of the list."""
    b = await _bench(1, 2, 3)
    last = await b.page(last=2)
    assert (_ids(last), last.has_next, last.has_previous) == ([call_id(1), call_id(0)], False, True)
    assert _ids(await b.page(last=2, before=last.edges[0].cursor)) == [call_id(2)]


async def test_nothing_to_list() -> None:
    """An empty list is a page without edges."""
    page = await (await _bench()).page()
    assert (page.edges, page.has_next, page.has_previous) == ([], False, False)


async def test_a_call_that_is_gone_since_is_left_out_and_the_list_goes_on_behind_it() -> None:
    """Between the question for places and that for calls one may vanish: the page is shorter, nothing else."""
    b = await _bench(1, 2, 3, gone=frozenset({call_id(1)}))
    page = await b.page(first=2)
    assert (_ids(page), page.has_next) == ([call_id(2)], True)


async def test_a_filter_goes_to_the_store_and_into_the_page() -> None:
    """Whoever shows the page needs it: to count, and to highlight what was searched for."""
    b = await _bench(1, 2, 3)
    later = Condition("created_at", Comparator.GT, at(1))
    page = await b.page(later)
    assert (_ids(page), page.predicate) == ([call_id(2), call_id(1)], later)
    assert await b.count(later, first=1) == 2


@pytest.mark.parametrize("stated", [{"first": 0}, {"last": 101}, {"after": "nothing"}, {"first": 1, "last": 1}])
async def test_what_cannot_be_fetched_cannot_be_counted(stated: dict[str, Any]) -> None:
    """A mistake in an argument is told of, whichever fields are selected."""
    b = await _bench(1)
    for asked in (b.page, b.count):
        with pytest.raises(BadUserInput):
            await asked(**stated)


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_has_a_largest_size(first: int) -> None:
    """A size out of range is refused."""
    with pytest.raises(BadUserInput, match="from 1 to 100"):
        await (await _bench()).page(first=first)


async def test_a_page_is_as_current_as_the_last_poll() -> None:
    """When upstream was last asked for all changes is told to whoever knows what that means for each call."""
    b = await _bench(1)
    await b.page()
    await Checkpoints(b.mirror.state).keep_watermark(Watermark(at(7), at(8)))
    await b.page()
    assert b.reader.confirmed == [None, at(7)]


async def test_the_store_fails() -> None:
    """A list has nothing to fall back to: the error is the answer."""
    b = await _bench(1)

    def fail(_: str) -> None:
        raise StoreUnavailable("down")

    b.mirror.before = fail
    with pytest.raises(StoreUnavailable):
        await b.page()


async def test_a_page_that_reaches_into_what_the_mirror_may_miss_says_which_stretch() -> None:
    """A page of the newest calls is whole as soon as their time is; one that ends the list speaks of all time."""
    b = await _bench(1, 2, 3, 4)
    await b.mirror.state.cover(Interval(at(2), NOW))
    assert (await b.page(first=2)).uncovered is None
    assert (await b.page()).uncovered == Interval(BEGINNING, at(2) - dt.timedelta(milliseconds=1))
    assert (await b.page(Condition("created_at", Comparator.GTE, at(2)))).uncovered is None


async def test_in_another_order_any_call_could_stand_in_a_page() -> None:
    """The dearest calls may be among those that the mirror misses."""
    b = await _bench(1, 2, 3)
    await b.mirror.state.cover(Interval(at(1), NOW))
    page = await b.page(ordering=(Order("cost"),), first=1)
    assert page.uncovered == Interval(BEGINNING, at(1) - dt.timedelta(milliseconds=1))


async def test_the_last_moments_are_nobodys_loss() -> None:
    """The mirror is always a little behind: that much is not worth a word, more is."""
    b = await _bench(1, 2)
    late = Condition("created_at", Comparator.GTE, at(1))
    await b.mirror.state.cover(Interval(at(0), NOW - LAG))
    assert (await b.page(late)).uncovered is None
    b = await _bench(1, 2)
    await b.mirror.state.cover(Interval(at(0), NOW - LAG * 2))
    assert (await b.page(late)).uncovered == Interval(NOW - LAG * 2 + dt.timedelta(milliseconds=1), NOW - LAG)
