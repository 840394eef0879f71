"""Lists: any order that the schema offers can be walked by its cursors, both ways, and none can be made up."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest

from tests.graph.asking import ask, error_of

pytestmark = pytest.mark.anyio

NAMES: Final = "query ($type: String!) { __type(name: $type) { enumValues { name } } }"
IDS: Final = {"calls": "id", "customers": "key"}
TYPES: Final = {"calls": "Call", "customers": "Customer"}


async def offered(client: httpx.AsyncClient, of: str) -> list[str]:
    """What a list can be sorted by."""
    answer = await ask(client, NAMES, type=f"{TYPES[of]}OrderAttribute")
    return [value["name"] for value in answer["data"]["__type"]["enumValues"]]


def orders(names: list[str]) -> Iterator[list[dict[str, str]]]:
    """By each attribute, one upwards, the next downwards."""
    ways = itertools.cycle((("ASC", "LAST"), ("DESC", "FIRST"), ("ASC", "FIRST"), ("DESC", "LAST")))
    for name, (direction, nulls) in zip(names, ways, strict=False):
        yield [{"attribute": name, "direction": direction, "nulls": nulls}]


async def piece(client: httpx.AsyncClient, of: str, **stated: Any) -> Any:
    """A piece of a list: its ids, and where it stands."""
    query = f"""query ($orderBy: [{TYPES[of]}Order!], $first: Int, $after: String, $last: Int, $before: String) {{
      {of}(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {{
        nodes {{ {IDS[of]} }} pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
      }}
    }}"""
    answer = await ask(client, query, **stated)
    assert "errors" not in answer, (stated, answer)
    found = answer["data"][of]
    return [node[IDS[of]] for node in found["nodes"]], found["pageInfo"]


@pytest.mark.parametrize("of", ["calls", "customers"])
async def test_every_order_that_is_offered_can_be_walked_both_ways(client: httpx.AsyncClient, of: str) -> None:
    """The whole of it at once, by pages of one from the beginning, and by pages of one from the end are the same."""
    for order_by in orders(await offered(client, of)):
        whole, _ = await piece(client, of, orderBy=order_by)
        forwards: list[str] = []
        at: dict[str, Any] = {"hasNextPage": True, "endCursor": None}
        while at["hasNextPage"]:
            ids, at = await piece(client, of, orderBy=order_by, first=1, after=at["endCursor"])
            forwards += ids
        backwards: list[str] = []
        at = {"hasPreviousPage": True, "startCursor": None}
        while at["hasPreviousPage"]:
            ids, at = await piece(client, of, orderBy=order_by, last=1, before=at["startCursor"])
            backwards = [*ids, *backwards]
        assert len(whole) > 1
        assert (forwards, backwards) == (whole, whole), order_by


async def cursor(client: httpx.AsyncClient, arguments: str) -> list[Any]:
    """What a cursor of a list of calls holds."""
    answer = await ask(client, f"{{ calls({arguments}) {{ pageInfo {{ endCursor }} }} }}")
    text = answer["data"]["calls"]["pageInfo"]["endCursor"]
    content: list[Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return content


@pytest.mark.parametrize("values", [["2026"], [1], [1.5], [True], [[]], [], [None, None], [{"at": "soon"}], [{}]])
async def test_a_cursor_that_was_made_up_is_refused_by_name(client: httpx.AsyncClient, values: list[Any]) -> None:
    """Whoever has one cursor can make another of it; what no row can have as its place reaches no database."""
    content = await cursor(client, "first: 1")
    content[1] = values
    forged = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    error = await error_of(client, "query ($after: String) { calls(after: $after) { nodes { id } } }", after=forged)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["argument"] == "after"


async def test_a_cursor_behind_a_missing_value_is_none_that_was_made_up(client: httpx.AsyncClient) -> None:
    """Null is the place of a row that has no such value."""
    arguments = "first: 3, orderBy: [{ attribute: COST }]"
    content = await cursor(client, arguments)
    assert content[1] == [None]
    after = base64.urlsafe_b64encode(json.dumps(content).encode()).decode()
    query = f"query ($after: String) {{ calls({arguments}, after: $after) {{ nodes {{ id }} }} }}"
    assert len((await ask(client, query, after=after))["data"]["calls"]["nodes"]) == 1
