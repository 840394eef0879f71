"""Calls: one by its id, or page by page, on behalf of a principal."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.filters import Comparator, Condition, Predicate
from gateway.domain.principal import ANONYMOUS
from gateway.domain.stamp import Freshness
from gateway.errors import BadUserInput, UpstreamUnavailable
from gateway.observe.events import Event, RowDropped
from gateway.ports import CallQuery, Document
from gateway.services.calls import FILTERABLE, CallPage, Calls, PageRequest, upstream_query
from gateway.upstream.instants import FIRST, LAST
from tests.contracts.sources import ListSource
from tests.e2e.clocks import Clock

pytestmark = pytest.mark.anyio

ID = "019fedaf-549c-7000-8625-582e741edd7f"
NOON = dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC)
STATED = "the digest"


@dataclasses.dataclass
class Reader:
    """A `gateway.ports.CallReader` that writes down what it is asked and told."""

    clock: Clock
    asked: list[tuple[str, dt.timedelta | None]] = dataclasses.field(default_factory=list)
    learned: list[tuple[Document, dt.datetime]] = dataclasses.field(default_factory=list)

    async def get(self, call_id: str, max_age: dt.timedelta | None = None) -> CallAnswer | None:
        self.asked.append((call_id, max_age))
        return self._answer(call_id)

    async def presigned(self, call_id: str) -> PresignedUrls | None:
        return PresignedUrls(presigned_mono_url=f"https://storage.invalid/{call_id}")

    def learn(self, document: Document, read_at: dt.datetime) -> CallAnswer:
        self.learned.append((document, read_at))
        return self._answer(document["id"])

    def _answer(self, call_id: str) -> CallAnswer:
        told = Freshness(
            fetched_at=self.clock.now, age_ms=0, state=FreshnessState.FRESH, source=FreshnessSource.UPSTREAM
        )
        return CallAnswer(Call(id=call_id), told)


@dataclasses.dataclass
class Bench:
    """The service with all that it stands on in the test's hand."""

    calls: Calls
    source: ListSource
    reader: Reader
    clock: Clock
    events: list[Event]

    async def page(self, first: int, after: str | None = None, predicate: Predicate = ()) -> CallPage:
        request = PageRequest(predicate=predicate, stated=STATED, first=first, after=after)
        return await self.calls.page(ANONYMOUS, request)


def _bench(*rows: dict[str, Any]) -> Bench:
    clock, source, events = Clock(), ListSource([*rows]), list[Event]()
    reader = Reader(clock)
    calls = Calls(reader=reader, source=source, clock=clock, largest_page=100, listen=events.append)
    return Bench(calls, source, reader, clock, events)


def _row(id_: str, minute: int, **more: Any) -> dict[str, Any]:
    return {"id": id_, "createdAt": (NOON + dt.timedelta(minutes=minute)).isoformat(), **more}


def _ids(page: CallPage) -> list[str]:
    return [edge.answer.call.id for edge in page.edges]


@pytest.mark.parametrize("written", [ID, ID.upper(), f"  {ID}\n"])
async def test_an_id_has_one_spelling(written: str) -> None:
    """However an id is written, the same call is read, with the caller's bound on its age."""
    b = _bench()
    assert await b.calls.get(ANONYMOUS, written, dt.timedelta(seconds=3))
    assert b.reader.asked == [(ID, dt.timedelta(seconds=3))]


@pytest.mark.parametrize("text", ["", "42", "../call", ID[:-1], f"{ID}?x=1", ID.replace("0", "٠")])
async def test_what_is_no_id(text: str) -> None:
    """It is refused by the name of the argument that it came from, and nobody is asked."""
    b = _bench()
    with pytest.raises(BadUserInput) as refused:
        await b.calls.get(ANONYMOUS, text, argument="ids")
    assert refused.value.argument == "ids"
    assert b.reader.asked == []


async def test_presigned_addresses() -> None:
    """They come from the reader, made anew."""
    urls = await _bench().calls.presigned(ANONYMOUS, ID)
    assert urls is not None
    assert urls.presigned_mono_url == f"https://storage.invalid/{ID}"


async def test_a_page_and_the_next() -> None:
    """A page holds as many calls as were asked for, newest first; its last cursor leads to the next."""
    b = _bench(*(_row(name, minute) for minute, name in enumerate("abcde")))
    first = await b.page(2)
    assert (_ids(first), first.has_next, first.has_previous) == (["e", "d"], True, False)
    second = await b.page(2, first.edges[-1].cursor)
    assert (_ids(second), second.has_next, second.has_previous) == (["c", "b"], True, True)
    third = await b.page(2, second.edges[-1].cursor)
    assert (_ids(third), third.has_next, third.has_previous) == (["a"], False, True)


async def test_any_cursor_of_a_page_leads_on() -> None:
    """Not only the last: the list goes on behind whichever call it stands for."""
    b = _bench(*(_row(name, minute) for minute, name in enumerate("abcde")))
    page = await b.page(4)
    assert _ids(await b.page(4, page.edges[0].cursor)) == ["d", "c", "b", "a"]


async def test_a_full_last_page() -> None:
    """Where exactly as many calls are left as were asked for, nothing follows."""
    b = _bench(_row("a", 1), _row("b", 2))
    page = await b.page(2)
    assert (_ids(page), page.has_next) == (["b", "a"], False)


async def test_nothing_to_list() -> None:
    """An empty list is a page without edges."""
    assert await _bench().page(10) == CallPage((), has_next=False, has_previous=False)


async def test_the_call_of_a_cursor_is_gone() -> None:
    """A list goes on behind a call that upstream has deleted meanwhile."""
    b = _bench(*(_row(name, minute) for minute, name in enumerate("abcd")))
    page = await b.page(2)
    b.source.calls = [row for row in b.source.calls if row["id"] != "c"]
    assert _ids(await b.page(2, page.edges[-1].cursor)) == ["b", "a"]


async def test_a_cursor_keeps_its_filter() -> None:
    """The filter of the first page holds for all: what a duration has become since does not matter."""
    b = _bench(*(_row(name, minute) for minute, name in enumerate("abcde")))

    def since(minute: int) -> Predicate:
        return (Condition("createdAt", Comparator.GTE, NOON + dt.timedelta(minutes=minute)),)

    page = await b.page(2, predicate=since(1))
    assert _ids(await b.page(5, page.edges[-1].cursor, predicate=since(3))) == ["c", "b"]


async def test_a_cursor_of_another_filter() -> None:
    """It is refused: the list that it belongs to is another one."""
    b = _bench(_row("a", 1), _row("b", 2))
    cursor = (await b.page(1)).edges[0].cursor
    with pytest.raises(BadUserInput, match="another filter"):
        await b.calls.page(ANONYMOUS, PageRequest(predicate=(), stated="another", first=1, after=cursor))


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_a_page_has_a_largest_size(first: int) -> None:
    """A size out of range is refused before anybody is asked."""
    b = _bench()
    with pytest.raises(BadUserInput, match="from 1 to 100"):
        await b.page(first)
    assert b.source.queries == []


async def test_a_page_teaches_the_reader() -> None:
    """Every row is learned whole, as read when upstream was asked; rows beyond the page are not."""
    b = _bench(_row("a", 1, cost=1), _row("b", 2, cost=2), _row("c", 3, cost=3))
    await b.page(2)
    assert [(row["id"], row["cost"]) for row, _ in b.reader.learned] == [("c", 3), ("b", 2)]
    assert {read_at for _, read_at in b.reader.learned} == {b.clock.now}


async def test_a_row_that_is_no_call() -> None:
    """It is told and left out, and the page holds the others."""
    b = _bench(_row("a", 1), {"createdAt": NOON.isoformat(), "id": 7}, _row("c", 3))
    assert _ids(await b.page(10)) == ["c", "a"]
    assert b.events == [RowDropped("without an id")]


async def test_upstream_fails() -> None:
    """A list has nothing to fall back to: the error is the answer."""
    b = _bench(_row("a", 1))
    b.source.error = UpstreamUnavailable("down")
    with pytest.raises(UpstreamUnavailable):
        await b.page(1)


def _asked(*conditions: Condition) -> CallQuery:
    return upstream_query(conditions, limit=5)


def test_no_filter_asks_for_everything() -> None:
    """An empty predicate has no bounds."""
    assert _asked() == CallQuery(limit=5)


def test_ids_and_bounds_together() -> None:
    """Every condition becomes its parameter; of several bounds the tightest counts."""
    early, late = NOON, NOON + dt.timedelta(hours=1)
    query = _asked(
        Condition("assistantId", Comparator.EQ, "a"),
        Condition("phoneNumberId", Comparator.EQ, "p"),
        Condition("createdAt", Comparator.GTE, early),
        Condition("createdAt", Comparator.GTE, early - dt.timedelta(days=1)),
        Condition("createdAt", Comparator.LTE, late),
        Condition("createdAt", Comparator.LTE, late + dt.timedelta(days=1)),
    )
    assert query == CallQuery(limit=5, assistant_id="a", phone_number_id="p", created_from=early, created_to=late)


@pytest.mark.parametrize(
    ("comparator", "microseconds", "start", "end"),
    [
        (Comparator.GT, 0, 1, None),
        (Comparator.GT, 400, 1, None),
        (Comparator.GTE, 0, 0, None),
        (Comparator.GTE, 400, 1, None),
        (Comparator.LT, 0, None, -1),
        (Comparator.LT, 400, None, 0),
        (Comparator.LTE, 0, None, 0),
        (Comparator.LTE, 400, None, 0),
    ],
)
def test_bounds_in_whole_milliseconds(
    comparator: Comparator, microseconds: int, start: int | None, end: int | None
) -> None:
    """Upstream's bounds are inclusive, its times have milliseconds: each comparison becomes the bound that means it."""
    query = _asked(Condition("createdAt", comparator, NOON + dt.timedelta(microseconds=microseconds)))
    assert (query.created_from, query.created_to) == (_at(start), _at(end))


def _at(milliseconds: int | None) -> dt.datetime | None:
    return None if milliseconds is None else NOON + dt.timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("comparator", FILTERABLE["createdAt"])
@pytest.mark.parametrize("moment", [FIRST, LAST, LAST.replace(microsecond=999_999)])
def test_the_ends_of_time(comparator: Comparator, moment: dt.datetime) -> None:
    """The first and the last instant there are can be bounds like any other."""
    query = _asked(Condition("createdAt", comparator, moment))
    [bound] = [bound for bound in (query.created_from, query.created_to) if bound is not None]
    assert bound.year == moment.year


@pytest.mark.parametrize(
    "condition",
    [
        Condition("status", Comparator.EQ, "ended"),
        Condition("assistantId", Comparator.GT, "a"),
        Condition("assistantId", Comparator.EQ, NOON),
        Condition("createdAt", Comparator.EQ, NOON),
        Condition("createdAt", Comparator.GT, "yesterday"),
    ],
)
def test_what_upstream_cannot_be_asked(condition: Condition) -> None:
    """A condition that upstream does not know, which only a forged cursor can hold, is refused and not misread."""
    with pytest.raises(BadUserInput):
        _asked(condition)


@pytest.mark.parametrize(("attribute", "comparators"), FILTERABLE.items())
def test_everything_filterable_can_be_asked(attribute: str, comparators: tuple[Comparator, ...]) -> None:
    """What is offered as a filter is a question that upstream understands."""
    value = NOON if attribute == "createdAt" else "some-id"
    for comparator in comparators:
        assert _asked(Condition(attribute, comparator, value)) != CallQuery(limit=5)
