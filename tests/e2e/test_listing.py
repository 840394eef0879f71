"""Listing: following `endCursor` gives each call exactly once, newest first, whatever comes into the mirror."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest

from gateway.errors import UpstreamTooDense
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from gateway.simulator.timeline import CROWD
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import PAGE, Gateway, gateway
from tests.e2e.upstreams import Listing

pytestmark = pytest.mark.anyio


def _ids(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["id"] for node in nodes]


@pytest.mark.parametrize("first", [1, 7, 100])
async def test_no_calls_at_all(clock: Clock, first: int) -> None:
    """An empty list is one empty page."""
    async with gateway(clock=clock, transport=Listing([]).transport) as gate:
        await gate.fill()
        pages = [page async for page in gate.pages(first)]
    assert pages == [{"nodes": [], "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "endCursor": None}}]


@pytest.mark.parametrize(
    ("first", "count"), [(1, 40), (1, 1), (7, 7), (7, 141), (100, 100), (100, 101), (7, 500), (100, 3000)]
)
async def test_every_call_once(clock: Clock, first: int, count: int) -> None:
    """Pages of any size, full to the last or not, give every call once, newest first, ties by descending id."""
    upstream = Listing.of(count, tied=[range(2, 5), range(20, 32), range(60, 75), range(75, 77), range(300, 450)])
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        pages = [page async for page in gate.pages(first)]
    assert _ids([node for page in pages for node in page["nodes"]]) == upstream.expected
    assert {len(page["nodes"]) for page in pages[:-1]} <= {first}
    assert [page["pageInfo"]["hasPreviousPage"] for page in pages] == [False] + [True] * (len(pages) - 1)


@pytest.mark.parametrize(("first", "size"), [(1, 12), (7, 150), (100, 150), (100, 900)])
async def test_a_batch_in_one_millisecond(clock: Clock, first: int, size: int) -> None:
    """More calls of one millisecond than a page holds are neither lost nor repeated between pages."""
    upstream = Listing.of(size + 20, tied=[range(10, 10 + size)])
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        assert _ids(await gate.listed(first)) == upstream.expected


async def test_too_many_in_one_millisecond(clock: Clock) -> None:
    """Where upstream cannot tell all calls of one millisecond, the mirror says that it may miss some of them."""
    upstream = Listing.of(1200, tied=[range(100, 1150)])
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        with pytest.raises(UpstreamTooDense):
            await gate.fill()
        said = await gate.ask(PAGE, first=100)
        assert len(said["data"]["calls"]["nodes"]) == 50
        assert said["extensions"]["coverage"][0]["to"] == _wire(upstream.moments[100])


async def test_calls_that_arrive_between_pages(clock: Clock) -> None:
    """New calls belong before the first page: none of them comes in between, and nothing is repeated or lost."""
    upstream = Listing.of(300, tied=[range(100, 130)])
    before = upstream.expected
    listed = []
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        async for page in gate.pages(7):
            listed += _ids(page["nodes"])
            upstream.arrive(3)
            await gate.fill(since=ANCHOR - dt.timedelta(seconds=5))
        assert len(await gate.listed(100)) == len(before) + 3 * 43
    assert listed == before


async def test_calls_of_the_simulator(server: Server, simulator: Simulator, clock: Clock) -> None:
    """Real calls around the simulator's crowd of 150 in one millisecond, over a socket: each once, newest first."""
    timeline = simulator.world.timeline
    newest, oldest = timeline.created(CROWD.start - 20), timeline.created(CROWD.stop + 20)
    wanted = [index for index in range(1200) if oldest <= timeline.created(index) <= newest]
    expected = sorted(((timeline.created(index), timeline.id(index)) for index in wanted), reverse=True)
    async with gateway(clock=clock, upstream_url=server.url) as gate:
        await gate.fill(since=dt.datetime.fromisoformat(_iso(oldest)))
        nodes = await gate.listed(60, where={"createdAt": {"gte": _iso(oldest), "lte": _iso(newest)}})
    lived = [id_ for _, id_ in expected]
    assert [id_ for id_ in _ids(nodes) if id_ in set(lived)] == lived
    assert len(set(_ids(nodes))) == len(nodes)
    assert [node["createdAt"] for node in nodes] == sorted((node["createdAt"] for node in nodes), reverse=True)


def _iso(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).isoformat()


def _wire(milliseconds: int) -> str:
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


EMPTY = [
    pytest.param({"createdAt": {"gte": "2031-01-01T00:00:00Z"}}, id="the-future"),
    pytest.param({"createdAt": {"lte": "2001-01-01T00:00:00Z"}}, id="before-all"),
    pytest.param({"createdAt": {"gte": "2026-09-01T14:00:00Z", "lte": "2026-09-01T13:00:00Z"}}, id="upside-down"),
    pytest.param({"createdAt": {"gt": "2026-09-01T14:00:00Z", "lt": "2026-09-01T14:00:00.001Z"}}, id="in-between"),
    pytest.param({"createdAt": {"gt": "9999-12-31T23:59:59.999Z"}}, id="the-end-of-time"),
    pytest.param({"createdAt": {"gte": "9999-12-31T23:59:59.999999Z"}}, id="the-last-microsecond"),
    pytest.param({"createdAt": {"lt": "0001-01-01T00:00:00Z"}}, id="the-beginning-of-time"),
    pytest.param({"assistantId": {"eq": "019fedaf-549c-7000-8625-582e741edd7f"}}, id="nobody"),
]


@pytest.mark.parametrize("where", EMPTY)
async def test_nothing_matches(clock: Clock, where: dict[str, Any]) -> None:
    """A filter that holds for no call gives one empty page."""
    async with gateway(clock=clock, transport=Listing.of(10).transport) as gate:
        await gate.fill()
        pages = [page async for page in gate.pages(7, where=where)]
    assert [(page["nodes"], page["pageInfo"]["hasNextPage"]) for page in pages] == [([], False)]


async def test_the_end_of_time_bounds_nothing(clock: Clock) -> None:
    """Bounds beyond every call leave the list whole."""
    upstream = Listing.of(10)
    where = {"createdAt": {"lt": "9999-12-31T23:59:59.9999Z", "gt": "0001-01-01T00:00:00Z"}}
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        assert _ids(await gate.listed(7, where=where)) == upstream.expected


@pytest.mark.parametrize(
    ("comparator", "operand", "expected"),
    [
        ("gt", ".100", [3, 2]),
        ("gte", ".100", [3, 2, 1]),
        ("lt", ".100", [0]),
        ("lte", ".100", [1, 0]),
        ("gt", ".1004", [3, 2]),
        ("gte", ".1004", [3, 2]),
        ("lt", ".1004", [1, 0]),
        ("lte", ".1004", [1, 0]),
    ],
)
async def test_bounds_to_the_millisecond(clock: Clock, comparator: str, operand: str, expected: list[int]) -> None:
    """The four comparisons differ by the millisecond at their bound; what is finer than that is rounded rightly."""
    begin = 1_788_000_000_000
    upstream = Listing([begin + number for number in (99, 100, 101, 102)])
    bound = _iso(begin).replace("+00:00", "") + operand + "Z"
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        nodes = await gate.listed(100, where={"createdAt": {comparator: bound}})
    assert _ids(nodes) == [upstream.id(position) for position in expected]


async def test_a_duration_is_frozen_at_the_first_page(clock: Clock) -> None:
    """“The last hour” is the same hour on every page, however long the reading takes."""
    upstream = Listing.of(120, step=60_000)
    where = {"createdAt": {"gte": "-PT2H"}}  # an hour since the newest, by this clock
    listed = []
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        async for page in gate.pages(7, where=where):
            listed += _ids(page["nodes"])
            clock.advance(minutes=10)
        assert listed == upstream.expected[:60]
        assert len(await gate.listed(7, where=where)) < 60


async def _refused(gate: Gateway, **variables: Any) -> tuple[str, str]:
    error = await gate.error(PAGE, **{"first": 3, **variables})
    return error["extensions"]["code"], error["extensions"]["argument"]


async def test_what_is_no_cursor(clock: Clock) -> None:
    """A cursor that was made up, cut, or belongs to another filter is refused by name."""
    upstream = Listing.of(10)
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        page = await anext(gate.pages(3))
        cursor = page["pageInfo"]["endCursor"]
        for after in ("x", cursor[:-3], cursor + cursor, "🂡", "W10"):
            assert await _refused(gate, after=after) == ("BAD_USER_INPUT", "after")
        other = {"createdAt": {"gte": "-P7D"}}
        assert await _refused(gate, after=cursor, where=other) == ("BAD_USER_INPUT", "after")
        for first in (0, -1, 101, 2147483647):
            assert await _refused(gate, first=first) == ("BAD_USER_INPUT", "first")


async def test_whoever_waits_beside_a_large_page(clock: Clock) -> None:
    """While a page is decoded, call by call, a query for a known call gets its turn."""
    upstream = Listing.of(200)
    async with gateway(clock=clock, transport=upstream.transport) as gate:
        await gate.fill()
        [known, *_] = _ids(await gate.listed(100, where={"createdAt": {"gte": "2026-09-01T14:59:00Z"}}))
        page = asyncio.create_task(gate.ask(PAGE, first=100))
        await gate.call(known)
        assert not page.done()
        assert len((await page)["data"]["calls"]["nodes"]) == 100
