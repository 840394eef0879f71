"""Pages lead on by links: every row comes once, in whatever order, and all pages are of one state of the mirror."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import BadUserInput
from gateway.web.odata import links
from gateway.web.odata.options import options
from tests.web.odata.many import MANY, MAXIMUM, Served, call_id, page, pages, rows, served, told
from tests.web.odata.tables import TABLES

ORDERED: Final = ("cost", "ended_reason", "created_at", "customer_key", "ended_message", "type", "id")
LISTS: Final = {"calls": ("id",), "costs": ("call_id", "position"), "customers": ("customer_key",)}
BY_DOCUMENT: Final = {"messages": ("call_id", "position")}


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """An event loop for one gateway, so that each example of a property need not open its own."""
    with start_blocking_portal() as portal:
        yield portal


@pytest.fixture(scope="module")
def shared(portal: BlockingPortal) -> Iterator[Served]:
    """A gateway whose calls nobody changes."""
    with portal.wrap_async_context_manager(served()) as found:
        yield found


def listed(portal: BlockingPortal, shared: Served, url: str, size: int | None = None) -> list[dict[str, Any]]:
    """All rows of a list."""
    return rows(portal.call(pages, shared.client, url, size))


@st.composite
def orders(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Columns, and which way each goes."""
    names = draw(st.lists(st.sampled_from(ORDERED), max_size=3, unique=True))
    return [(name, draw(st.sampled_from(["asc", "desc"]))) for name in names]


def pieces() -> st.SearchStrategy[slice]:
    """A piece of a list, to its end or not."""
    top = st.none() | st.integers(0, MANY + 3)
    return st.builds(lambda skip, top: slice(skip, None if top is None else skip + top), st.integers(0, 4), top)


@given(order=orders(), size=st.integers(1, MANY + 1), piece=pieces())
@settings(max_examples=settings().max_examples // 3)  # each reads dozens of pages
def test_every_row_comes_once_whatever_the_order_and_the_size_of_pages(
    portal: BlockingPortal, shared: Served, order: list[tuple[str, str]], size: int, piece: slice
) -> None:
    stated = "" if not order else f"&$orderby={','.join(f'{name} {way}' for name, way in order)}"
    url = f"/odata/calls?$select=id,{','.join(dict.fromkeys(['cost', *(name for name, _ in order)]))}{stated}"
    whole = listed(portal, shared, url)
    assert sorted(row["id"] for row in whole) == [call_id(number) for number in range(MANY)]
    assert in_order(whole, order)
    part = f"{url}&$skip={piece.start}" + ("" if piece.stop is None else f"&$top={piece.stop - piece.start}")
    assert listed(portal, shared, part, size) == whole[piece]


def in_order(found: list[dict[str, Any]], order: list[tuple[str, str]]) -> bool:
    """Whether rows stand in an order; null is below all values."""

    def place(row: dict[str, Any], name: str) -> tuple[bool, Any]:
        return (row[name] is not None, row[name] or 0 if row[name] is None else row[name])

    by = list(found)
    for name, way in reversed(order):
        by.sort(key=lambda row, name=name: place(row, name), reverse=way == "desc")  # type: ignore[misc]
    return [[row[name] for name, _ in order] for row in by] == [[row[name] for name, _ in order] for row in found]


@pytest.mark.parametrize(("table", "key"), [*LISTS.items(), *BY_DOCUMENT.items()])
@pytest.mark.parametrize("size", [1, 2, 7])
def test_every_table_is_read_page_by_page(
    portal: BlockingPortal, shared: Served, table: str, key: tuple[str, ...], size: int
) -> None:
    found = listed(portal, shared, f"/odata/{table}?$select={','.join(key)}", size)
    keys = [tuple(row.values()) for row in found]
    whole = listed(portal, shared, f"/odata/{table}?$select={','.join(key)}")
    assert keys == [tuple(row.values()) for row in whole]
    assert len({*keys}) == len(keys) == {"calls": MANY, "costs": 2 * MANY, "customers": 3, "messages": 2 * MANY}[table]


@pytest.mark.parametrize("table", [*LISTS, *BY_DOCUMENT])
def test_rows_that_a_filter_leaves_out_leave_no_gaps(portal: BlockingPortal, shared: Served, table: str) -> None:
    condition = {
        "calls": "cost ge 0.25",
        "costs": "type eq 'model' and cost ne null",
        "customers": "customer_call_count gt 7",
        "messages": "role eq 'user'",
    }[table]
    url = f"/odata/{table}?$filter={quote(condition)}"
    found = portal.call(pages, shared.client, url, 3)
    assert rows(found) == listed(portal, shared, url) != []
    assert all(len(told(each)["value"]) == 3 for each in found[:-1])


def test_the_count_is_of_all_pages_and_on_each_of_them(portal: BlockingPortal, shared: Served) -> None:
    found = portal.call(pages, shared.client, "/odata/calls?$count=true&$filter=cost eq 0.25&$top=5", 2)
    assert [told(each)["@odata.count"] for each in found] == [11, 11, 11]
    assert [len(told(each)["value"]) for each in found] == [2, 2, 1]


def test_a_link_keeps_what_was_asked_and_says_nothing_of_where_it_begins(
    portal: BlockingPortal, shared: Served
) -> None:
    asked = "$select=id,cost&$filter=cost%20gt%200.1&$orderby=cost%20desc&$count=true&$top=9&$skip=1"
    link = urlsplit(told(portal.call(page, shared.client, f"/odata/calls?{asked}", 4))["@odata.nextLink"])
    assert (link.scheme, link.netloc, link.path) == ("http", "gateway", "/odata/calls")
    stated = dict(parse_qsl(link.query))
    assert stated.pop("$skiptoken")
    assert stated == {
        "$select": "id,cost",
        "$filter": "cost gt 0.1",
        "$orderby": "cost desc",
        "$count": "true",
    }


def test_the_size_of_a_page_is_the_clients_as_far_as_it_is_allowed(portal: BlockingPortal) -> None:
    with portal.wrap_async_context_manager(served(odata_page_size=10)) as small:

        async def asked(prefer: str) -> httpx.Response:
            return await small.client.get("/odata/calls?$select=id", headers={"Prefer": prefer} if prefer else {})

        def sized(prefer: str) -> tuple[int, str | None]:
            answer = portal.call(asked, prefer)
            return len(told(answer)["value"]), answer.headers.get("preference-applied")

        assert sized("") == (10, None)
        assert sized(f"{MAXIMUM}=4") == (4, f"{MAXIMUM}=4")
        assert sized("respond-async, maxpagesize=3;x=y") == (3, f"{MAXIMUM}=3")
        assert sized(f"{MAXIMUM}=4000") == (10, f"{MAXIMUM}=10")
        assert sized(f"{MAXIMUM}=0") == (1, f"{MAXIMUM}=1")
        assert sized(f"{MAXIMUM}=many") == (10, None)
        assert sized("return=minimal") == (10, None)


@pytest.mark.anyio
@pytest.mark.parametrize(("table", "size"), [("calls", 6), ("costs", 12), ("customers", 1)])
async def test_all_pages_are_of_one_state_while_the_mirror_changes(table: str, size: int) -> None:
    async with served() as there:
        url = f"/odata/{table}?$count=true"
        (before,) = await pages(there.client, url)
        link, found = f"{url}&$orderby={TABLES[table].key[-1]}", list[Any]()
        before = (await pages(there.client, link))[0]
        for number in range(100, 140):
            answer = await page(there.client, link, size)
            found.append(answer)
            link = told(answer).get("@odata.nextLink", "")
            if not link:
                break
            await there.changed(number, cost=7.5)
            await there.changed(number % MANY, cost=9.25)
        assert rows(found) == told(before)["value"]
        assert {told(each)["@odata.count"] for each in found} == {told(before)["@odata.count"]}
        assert {each.headers["x-as-of"] for each in found} == {before.headers["x-as-of"]}
        after = (await pages(there.client, f"/odata/{table}"))[0]
        assert told(after)["value"] != told(before)["value"]


@pytest.mark.anyio
async def test_a_link_whose_state_is_no_more_is_refused_as_such() -> None:
    async with served() as there:
        link = told(await page(there.client, "/odata/calls", 3))["@odata.nextLink"]
        for number in (100, 101, 102):
            there.clock.advance(minutes=20)
            await there.changed(number)
            await page(there.client, "/odata/calls")
        refused = await page(there.client, link)
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["target"]) == (400, "BAD_USER_INPUT", "$skiptoken")
    assert "begin again without it" in error["message"]


def test_a_link_of_another_list_is_refused(portal: BlockingPortal, shared: Served) -> None:
    answer = portal.call(page, shared.client, "/odata/calls?$orderby=cost&$filter=cost%20gt%200", 3)
    token = dict(parse_qsl(urlsplit(told(answer)["@odata.nextLink"]).query))["$skiptoken"]
    for url in (
        "/odata/calls?",
        "/odata/calls?$orderby=cost%20desc&$filter=cost%20gt%200&",
        "/odata/calls?$orderby=cost&$filter=cost%20gt%201&",
        "/odata/costs?$orderby=cost&$filter=cost%20gt%200&",
    ):
        refused = portal.call(page, shared.client, f"{url}$skiptoken={token}")
        error = refused.json()["error"]
        assert (refused.status_code, error["target"]) == (400, "$skiptoken"), url
        assert "the same table, filter and order" in error["message"]


def forged(token: str, at: int, value: Any) -> str:
    """A token with another value among those that say where a page begins: state, rows left, order."""
    content = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    content[1][at] = value
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@pytest.mark.parametrize("table", ["calls", "costs", "messages"])
@pytest.mark.parametrize(
    ("at", "value"), [(0, None), (0, "4"), (0, -1), (0, 10**30), (1, 0), (1, -5), (1, True), (2, None), (2, "x")]
)
def test_a_link_that_nobody_gave_is_refused(
    portal: BlockingPortal, shared: Served, table: str, at: int, value: Any
) -> None:
    link = told(portal.call(page, shared.client, f"/odata/{table}", 3))["@odata.nextLink"]
    url, _, token = link.partition("$skiptoken=")
    assert portal.call(page, shared.client, f"{url}$skiptoken={forged(token, 1, 4)}").status_code == 200
    refused = portal.call(page, shared.client, f"{url}$skiptoken={forged(token, at, value)}")
    assert (refused.status_code, refused.json()["error"]["target"]) == (400, "$skiptoken")


@given(text=st.text(max_size=40))
def test_no_text_is_taken_for_a_token(text: str) -> None:
    asked = options([], TABLES["calls"], ())
    with pytest.raises(BadUserInput):
        links.place(text, TABLES["calls"], asked)
