"""Windows: walking history without a cursor, each call exactly once, newest first."""

from __future__ import annotations

import bisect
import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import UpstreamTooDense
from gateway.observe.events import Event, RowDropped, silence
from gateway.ports import CallQuery, CallSource, Document
from gateway.upstream.client import VapiClient, connect
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries
from gateway.upstream.rows import Reading, Span, read
from gateway.upstream.windows import LARGEST, STEADY, Position, Row, Walk, newest_first, onward
from tests.upstream.worlds import BEGIN, Order, World, arbitrary, at, call, newest, oldest, shuffled, world

pytestmark = pytest.mark.anyio


async def walked(source: CallSource, query: CallQuery | None = None, after: Position | None = None) -> list[Row]:
    return [row async for row in newest_first(source, query or CallQuery(limit=2), after=after)]


async def ids(source: CallSource, query: CallQuery | None = None, after: Position | None = None) -> list[str]:
    return [row.id for row in await walked(source, query, after)]


# Examples


async def test_no_calls_are_no_rows() -> None:
    assert await ids(world()) == []


async def test_calls_come_newest_first_and_ties_by_id() -> None:
    source = world(call("a", 1), call("c", 2), call("b", 2), call("d", 0))
    assert await ids(source) == ["c", "b", "a", "d"]


async def test_a_row_is_the_document_and_when_it_was_created() -> None:
    document = call("a", 1.5, cost=3)
    assert await walked(world(document)) == [Row(at(1), "a", document)]


async def test_the_first_request_is_a_little_larger_than_what_is_expected() -> None:
    source = world(*(call(f"{number:03}", number) for number in range(50)))
    rows = newest_first(source, CallQuery(limit=20), after=None)
    assert [(await anext(rows)).id for _ in range(20)] == [f"{number:03}" for number in range(49, 29, -1)]
    assert [query.limit for query in source.asked] == [23]


async def test_a_page_behind_a_position_takes_one_request() -> None:
    source = world(*(call(f"{number:03}", number) for number in range(50)))
    rows = newest_first(source, CallQuery(limit=20), after=Position(at(30), "030"))
    assert [(await anext(rows)).id for _ in range(20)] == [f"{number:03}" for number in range(29, 9, -1)]
    assert len(source.asked) == 1


async def test_who_reads_on_gets_larger_answers_up_to_a_measure() -> None:
    source = world(*(call(f"{number:04}", number) for number in range(500)))
    await walked(source, CallQuery(limit=2))
    assert [query.limit for query in source.asked][:6] == [5, 10, 20, 40, 80, STEADY]
    assert max(query.limit for query in source.asked) == STEADY


async def test_filters_are_passed_on() -> None:
    source = world(call("a", 0))
    await walked(source, CallQuery(limit=1, assistant_id="x", phone_number_id="y"))
    assert (source.asked[0].assistant_id, source.asked[0].phone_number_id) == ("x", "y")


async def test_bounds_are_inclusive() -> None:
    source = world(*(call(f"{number}", number) for number in range(10)))
    assert await ids(source, CallQuery(limit=1, created_from=at(3), created_to=at(6))) == ["6", "5", "4", "3"]


async def test_bounds_that_leave_nothing_ask_for_nothing() -> None:
    source = world(call("a", 0))
    assert await ids(source, CallQuery(limit=1, created_from=at(3), created_to=at(2))) == []
    assert source.asked == []


async def test_many_calls_of_one_millisecond_are_all_found() -> None:
    source = world(*(call(f"{number:04}", 5) for number in range(999)), call("old", 4), call("new", 6))
    assert await ids(source) == ["new", *(f"{number:04}" for number in range(998, -1, -1)), "old"]


@pytest.mark.parametrize("order", [newest, oldest])
async def test_more_calls_of_one_millisecond_than_an_answer_holds_are_an_error_that_names_it(order: Order) -> None:
    source = world(*(call(f"{number:04}", 5) for number in range(LARGEST)), order=order)
    with pytest.raises(UpstreamTooDense, match=r"2026-03-01T00:00:00\.005Z"):
        await ids(source)


async def test_what_is_newer_than_a_millisecond_that_is_too_dense_is_given_before_the_error() -> None:
    source = world(*(call(f"{number:04}", 5) for number in range(LARGEST)), call("new", 6))
    rows = newest_first(source, CallQuery(limit=2), after=None)
    assert (await anext(rows)).id == "new"
    with pytest.raises(UpstreamTooDense):
        await anext(rows)


async def test_calls_that_are_finer_than_a_millisecond_upstream_are_not_lost_at_a_windows_edge() -> None:
    """Vapi's database may know microseconds where its JSON shows milliseconds."""
    fine = [(at(number // 4 + number % 4 / 10), call(f"{number:03}", number // 4)) for number in range(100)]
    assert await ids(World(fine)) == [f"{number:03}" for number in range(99, -1, -1)]
    assert await ids(World(fine), after=Position(at(12), "050")) == [f"{number:03}" for number in range(49, -1, -1)]


async def test_a_row_without_an_id_is_dropped_and_told() -> None:
    heard: list[Event] = []
    source = world(call("a", 1), {"createdAt": "2026-03-01T00Z"}, {"id": 7, "createdAt": "2026-03-01T00Z"}, call("", 2))
    assert [row.id async for row in newest_first(source, CallQuery(limit=9), after=None, listen=heard.append)] == ["a"]
    assert heard == [RowDropped("without an id")] * 3


async def test_an_empty_row_counts_and_was_told_already() -> None:
    """The client leaves it in place of a row that is no object, so that a full answer is known as one."""
    heard: list[Event] = []
    source = World([(at(9), {}), (at(8), {}), *((at(number), call(str(number), number)) for number in range(8))])
    rows = [row.id async for row in newest_first(source, CallQuery(limit=1), after=None, listen=heard.append)]
    assert rows == ["7", "6", "5", "4", "3", "2", "1", "0"]
    assert heard == []


@pytest.mark.parametrize(
    "created_at",
    ["2026-03-01T00:00:00Z", "2026-03-01T02:00:00.000999+02:00", "2026-03-01", 1772323200000, 1772323200000.9],
)
async def test_created_at_is_read_leniently(created_at: object) -> None:
    rows = await walked(World([(BEGIN, {"id": "a", "createdAt": created_at})]))
    assert [row.created_at for row in rows] == [BEGIN]


@pytest.mark.parametrize("created_at", [None, "", "yesterday", True, [], float("nan"), 1e300, "9" * 5_000])
async def test_an_unreadable_created_at_is_taken_from_an_id_of_version_7(created_at: object) -> None:
    document = {"id": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "createdAt": created_at}
    rows = await walked(World([(BEGIN, document)]))
    assert [row.created_at for row in rows] == [dt.datetime(2022, 2, 22, 19, 22, 22, tzinfo=dt.UTC)]


async def test_or_else_from_the_row_before_it() -> None:
    source = World([(at(3), call("a", 3)), (at(2), {"id": "b"}), (at(1), call("c", 1))])
    assert [(row.id, row.created_at) for row in await walked(source)] == [("b", at(3)), ("a", at(3)), ("c", at(1))]


async def test_calls_none_of_which_says_when_it_was_are_given_nevertheless() -> None:
    source = World([(at(number), {"id": str(number)}) for number in range(3)])
    assert sorted(await ids(source)) == ["0", "1", "2"]


async def test_a_source_without_order_is_found_out_in_a_few_requests() -> None:
    source = world(*(call(f"{number:04}", number * 60_000) for number in range(3_000)), order=oldest)
    rows = newest_first(source, CallQuery(limit=10), after=None)
    assert (await anext(rows)).id == "2999"
    assert len(source.asked) < 40


async def test_calls_from_before_there_was_vapi_are_found_in_any_order() -> None:
    source = world(*(call(f"{number:04}", -number * 10_000_000_000) for number in range(2_000)), order=oldest)
    assert await ids(source) == [f"{number:04}" for number in range(2_000)]


async def test_a_source_that_gives_any_calls_in_any_order_loses_none() -> None:
    dice = random.Random(7)
    source = world(*(call(f"{number:04}", number // 3 * 1_000) for number in range(3_000)), order=arbitrary(dice))
    assert await ids(source, CallQuery(limit=LARGEST)) == [f"{number:04}" for number in range(2_999, -1, -1)]
    assert await ids(source, CallQuery(limit=50)) == [f"{number:04}" for number in range(2_999, -1, -1)]


@pytest.mark.parametrize("liar", ["017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "03bb2cc3-d800-7cc3-98c4-dc0c0c07398f"])
@pytest.mark.parametrize("place", range(40))
async def test_an_id_that_lies_about_its_time_costs_no_call(liar: str, place: int) -> None:
    """The ids say 2022 and 2100; a guess must not decide where the next window begins."""
    entries: list[tuple[dt.datetime, Document]] = [(at(number), call(f"{number:02}", number)) for number in range(40)]
    entries[place] = (at(place), {"id": liar})
    assert sorted(await ids(World(entries))) == sorted(document["id"] for _, document in entries)


async def test_it_walks_the_wire_whose_bounds_are_milliseconds() -> None:
    calls = world(*(call(f"{number:03}", number // 4) for number in range(100)))

    async def vapi(request: httpx.Request) -> httpx.Response:
        low, high = (request.url.params.get(name) for name in ("createdAtGe", "createdAtLe"))
        query = CallQuery(
            limit=int(request.url.params["limit"]),
            created_from=dt.datetime.fromisoformat(low) if low else None,
            created_to=dt.datetime.fromisoformat(high) if high else None,
        )
        return httpx.Response(200, json=await calls.list(query))

    transport = httpx.MockTransport(vapi)
    retries = Retries(attempts=1, timeout=1.0, wait_initial=0.0, wait_max=0.0, wait_jitter=0.0)
    async with connect(base_url="http://vapi", key="k", timeout=1, connections=1, transport=transport) as http:
        source = VapiClient(http, pacing=Pacing(rate=0), retries=retries)
        assert await ids(source) == [f"{number:03}" for number in range(99, -1, -1)]
        within = CallQuery(limit=3, created_from=at(4), created_to=at(6))
        assert await ids(source, within) == [f"{number:03}" for number in range(27, 15, -1)]


# The decision


def full(*milliseconds: int) -> Reading:
    rows = [call(f"{number}", when) for number, when in enumerate(milliseconds)]
    return read(rows, Span(None, None), asked=len(rows), listen=silence)


def test_once_an_answer_was_out_of_order_no_full_one_is_trusted() -> None:
    walk = Walk((Span(None, None),), limit=4)
    assert onward(walk, full(4, 3, 2, 1), usual=STEADY).walk.trusted
    walk = onward(walk, full(4, 2, 3, 1), usual=STEADY).walk
    assert not walk.trusted
    assert onward(walk, full(9, 8, 7, 6), usual=STEADY).settled is None


@given(low=st.none() | st.integers(0, 99), high=st.none() | st.integers(100, 999), seen=st.integers(0, 999))
def test_halves_meet_without_overlap(low: int | None, high: int | None, seen: int) -> None:
    whole = Span(None if low is None else at(low), None if high is None else at(high))
    older, newer = onward(Walk((whole,), limit=2, trusted=False), full(seen, seen), usual=STEADY).walk.spans
    assert (older.lower, newer.upper) == (whole.lower, whole.upper)
    assert older.upper
    assert newer.lower == older.upper + dt.timedelta(milliseconds=1)


# Any world


def expected(calls: Sequence[tuple[int, str]], after: tuple[int, str] | None) -> list[str]:
    return [id_ for place in sorted(calls, reverse=True) if after is None or place < after for id_ in place[1:]]


CALLS = st.lists(
    st.tuples(st.integers(0, 12) | st.integers(0, 10**9), st.uuids().map(str)),
    max_size=60,
    unique_by=lambda each: each[1],
)
ORDERS = st.sampled_from(["newest", "oldest", "shuffled"])


def ordered(name: str, seed: int) -> Order:
    return {"newest": newest, "oldest": oldest, "shuffled": shuffled(random.Random(seed))}[name]


def populated(calls: Sequence[tuple[int, str]], order: str, seed: int) -> World:
    entries = [(at(millisecond), call(id_, millisecond)) for millisecond, id_ in calls]
    return World(entries, ordered(order, seed), random.Random(seed))


@settings(deadline=None)
@given(calls=CALLS, limit=st.integers(1, 70), order=ORDERS, seed=st.integers(0, 99), data=st.data())
async def test_in_any_world_each_call_comes_exactly_once_and_in_order(
    calls: list[tuple[int, str]], limit: int, order: str, seed: int, data: st.DataObject
) -> None:
    places = st.tuples(st.integers(-1, 13), st.uuids().map(str)) | st.sampled_from(calls or [(0, "")])
    after = data.draw(st.none() | places)
    position = Position(at(after[0]), after[1]) if after else None
    assert await ids(populated(calls, order, seed), CallQuery(limit=limit), position) == expected(calls, after)


@settings(deadline=None)
@given(calls=CALLS, limit=st.integers(1, 9), order=ORDERS, low=st.integers(-2, 14), high=st.integers(-2, 14))
async def test_in_any_window_each_call_comes_exactly_once_and_in_order(
    calls: list[tuple[int, str]], limit: int, order: str, low: int, high: int
) -> None:
    query = CallQuery(limit=limit, created_from=at(low), created_to=at(high))
    within = [place for place in calls if low <= place[0] <= high]
    assert await ids(populated(calls, order, 1), query) == expected(within, None)


@settings(deadline=None)
@given(calls=CALLS, size=st.integers(1, 9), order=ORDERS, seed=st.integers(0, 99))
async def test_page_by_page_is_the_same_as_in_one_go(
    calls: list[tuple[int, str]], size: int, order: str, seed: int
) -> None:
    source, pages, after = populated(calls, order, seed), list[str](), None
    while rows := await first(source, size, after):
        pages += [row.id for row in rows]
        after = Position(rows[-1].created_at, rows[-1].id)
    assert pages == expected(calls, None)


async def first(source: CallSource, size: int, after: Position | None) -> list[Row]:
    rows = newest_first(source, CallQuery(limit=size), after=after)
    return [row for _ in range(size) if (row := await anext(rows, None))]


@settings(deadline=None)
@given(
    calls=CALLS,
    odd=st.lists(st.sampled_from([{}, {"createdAt": None}, {"createdAt": "soon"}, {"id": None}]), max_size=60),
    limit=st.integers(1, 9),
    seed=st.integers(0, 99),
)
async def test_odd_rows_lose_no_other_and_come_once_themselves(
    calls: list[tuple[int, str]], odd: list[dict[str, Any]], limit: int, seed: int
) -> None:
    broken = odd + [{}] * (len(calls) - len(odd))
    entries = [(at(when), call(id_, when) | wrong) for (when, id_), wrong in zip(calls, broken, strict=False)]
    rows = await walked(World(entries, newest, random.Random(seed)), CallQuery(limit=limit))
    assert sorted(row.id for row in rows) == sorted(document["id"] for _, document in entries if document["id"])
    assert [row.place for row in rows] == sorted((row.place for row in rows), reverse=True)


class Cheap:
    """A hundred thousand calls, seven to a millisecond, found by bisection."""

    def __init__(self) -> None:
        self.documents = [call(f"{number:06}", number // 7) for number in range(100_000)]
        self.instants = [at(number // 7) for number in range(100_000)]

    async def get(self, call_id: str) -> Document | None:
        raise NotImplementedError

    async def list(self, query: CallQuery) -> Sequence[Document]:
        until = bisect.bisect_right(self.instants, query.created_to) if query.created_to else len(self.instants)
        return self.documents[max(0, until - query.limit) : until][::-1]


async def test_a_hundred_thousand_calls_come_exactly_once() -> None:
    assert await ids(Cheap()) == [f"{number:06}" for number in range(99_999, -1, -1)]
