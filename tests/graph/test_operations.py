"""Which operation of a document runs."""

from __future__ import annotations

import json

import httpx
import pytest

TWO = "query A { a: __typename } query B { b: __typename }"


async def sent(client: httpx.AsyncClient, **body: object) -> httpx.Response:
    headers = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    return await client.post("/graphql", content=json.dumps(body), headers=headers)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        {"query": TWO},
        {"query": TWO, "operationName": None},
        {"query": TWO, "operationName": ""},
        {"query": TWO, "operationName": "C"},
        {"query": "{ __typename }", "operationName": "A"},
        {"query": "fragment F on Query { __typename }"},
        {"query": TWO, "operationName": "\ud800"},
    ],
)
async def test_an_operation_that_cannot_be_told_is_an_error_of_the_request(
    client: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await sent(client, **body)
    assert answer.status_code == 400
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["OPERATION_RESOLUTION_FAILURE"]
    assert "data" not in answer.json()


@pytest.mark.anyio
@pytest.mark.parametrize(("name", "data"), [("A", {"a": "Query"}), ("B", {"b": "Query"})])
async def test_the_named_operation_of_several_runs(client: httpx.AsyncClient, name: str, data: object) -> None:
    assert (await sent(client, query=TWO, operationName=name)).json()["data"] == data


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["", None])
async def test_an_empty_name_is_none(client: httpx.AsyncClient, name: str | None) -> None:
    assert (await sent(client, query="query A { __typename }", operationName=name)).status_code == 200


@pytest.mark.anyio
async def test_a_field_that_is_selected_twice_is_answered_once(client: httpx.AsyncClient) -> None:
    answer = await sent(client, query="{ __typename __typename }")
    assert answer.json()["data"] == {"__typename": "Query"}


@pytest.mark.anyio
async def test_an_unknown_name_of_megabytes_is_shown_shortened(client: httpx.AsyncClient) -> None:
    answer = await sent(client, query="{ __typename }", operationName="x" * 1_000_000)
    assert len(answer.content) < 1000
