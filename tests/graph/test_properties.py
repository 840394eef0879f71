"""Whatever is sent as an id, a cursor, a moment or a body: the answer is JSON, and never the gateway's failure."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.graph.asking import WEB_CALL

usual: Final = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

texts: Final = st.text(st.characters(codec=None), max_size=60)
"""Any text, surrogates included: JSON can state them."""

jsons: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


async def sent(client: httpx.AsyncClient, body: object) -> Any:
    """The answer's JSON to a body, none of which may fail."""
    return await sent_raw(client, json.dumps(body).encode())


async def sent_raw(client: httpx.AsyncClient, content: bytes) -> Any:
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    answer = await client.post("/graphql", content=content, headers=headers)
    assert answer.status_code in (200, 400)
    body = json.loads(answer.content)
    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert "INTERNAL_SERVER_ERROR" not in codes
    assert codes or answer.status_code == 200
    return body


@pytest.mark.anyio
@given(text=texts)
@usual
async def test_any_text_as_an_id_is_null_or_named(client: httpx.AsyncClient, text: str) -> None:
    query = "query ($id: ID!) { call(id: $id) { id } node(id: $id) { id } nodes(ids: [$id]) { id } }"
    body = await sent(client, {"query": query, "variables": {"id": text}})
    assert {error["extensions"]["argument"] for error in body.get("errors", [])} <= {"id", "ids"}


@pytest.mark.anyio
@given(text=texts | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
@usual
async def test_any_text_as_a_cursor_is_refused_by_name(client: httpx.AsyncClient, text: str) -> None:
    query = "query ($after: String) { calls(after: $after) { nodes { id } } }"
    body = await sent(client, {"query": query, "variables": {"after": text}})
    assert text == "" or body["errors"][0]["extensions"]["argument"] == "after"


moments: Final = texts | st.from_regex(r"[+-]?P(\d{0,9}[YMWD]){0,3}(T(\d{0,9}[HMS]){0,3})?", fullmatch=True)


@pytest.mark.anyio
@given(text=moments | st.datetimes().map(str), comparator=st.sampled_from(["gt", "gte", "lt", "lte"]))
@usual
async def test_any_text_as_a_moment_is_understood_or_named(
    client: httpx.AsyncClient, text: str, comparator: str
) -> None:
    query = "query ($where: CallFilter) { calls(where: $where) { pageInfo { endCursor } } }"
    body = await sent(client, {"query": query, "variables": {"where": {"createdAt": {comparator: text}}}})
    named = [error["extensions"]["argument"] for error in body.get("errors", [])]
    assert named in ([], [f"where.createdAt.{comparator}"])


@pytest.mark.anyio
@given(text=texts | st.integers(0, 100_000).map("x".__mul__))
@example("\ud800")
@usual
async def test_any_text_as_an_assistant_is_asked_for_or_named(client: httpx.AsyncClient, text: str) -> None:
    query = "query ($where: CallFilter) { calls(where: $where) { pageInfo { endCursor } } }"
    body = await sent(client, {"query": query, "variables": {"where": {"assistantId": {"eq": text}}}})
    named = [error["extensions"]["argument"] for error in body.get("errors", [])]
    assert named in ([], ["where.assistantId.eq"])


@pytest.mark.anyio
@given(body=jsons)
@usual
async def test_any_json_is_answered(client: httpx.AsyncClient, body: object) -> None:
    await sent(client, body)


@pytest.mark.anyio
@given(variables=jsons, extensions=jsons, name=jsons)
@usual
async def test_any_json_beside_the_query_is_answered(
    client: httpx.AsyncClient, variables: object, extensions: object, name: object
) -> None:
    query = "query ($where: CallFilter) { calls(where: $where) { nodes { id } } }"
    await sent(client, {"query": query, "variables": variables, "extensions": extensions, "operationName": name})


@pytest.mark.anyio
@given(value=jsons)
@usual
async def test_any_json_as_any_argument_is_answered(client: httpx.AsyncClient, value: object) -> None:
    query = """query ($id: ID!, $age: Int, $first: Int, $after: String, $where: CallFilter) {
      call(id: $id, maxAge: $age) { id } calls(first: $first, after: $after, where: $where) { nodes { id } }
    }"""
    for name in ("id", "age", "first", "after", "where"):
        await sent(client, {"query": query, "variables": {"id": WEB_CALL, name: value}})


@pytest.mark.anyio
@given(content=st.binary(max_size=200))
@usual
async def test_any_bytes_are_answered(client: httpx.AsyncClient, content: bytes) -> None:
    await sent_raw(client, content)


words: Final = st.sampled_from(
    [*'{}()[]:$!@"#,. ', "...", "on", "query", "call", "id", "1", '"x"', "__typename", "nodes"]
)


@pytest.mark.anyio
@given(query=texts | st.lists(words, max_size=30).map("".join))
@usual
async def test_any_document_is_answered(client: httpx.AsyncClient, query: str) -> None:
    await sent(client, {"query": query})
