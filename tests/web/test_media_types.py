"""Which media type an answer has, and which a request may have."""

from __future__ import annotations

import httpx
import pytest

from gateway.web.media_types import GRAPHQL, JSON, accepted, is_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
APOLLO = "application/graphql-response+json,application/json;q=0.9"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, JSON),
        ("", JSON),
        ("  ", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("Application/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8", GRAPHQL),
        (APOLLO, GRAPHQL),
        (URQL, GRAPHQL),
        (f"{JSON}, {GRAPHQL}", GRAPHQL),
        (f"{JSON}, {GRAPHQL};q=0.9", JSON),
        (f"{JSON};q=0.5, {GRAPHQL};q=0.9", GRAPHQL),
        (f"*/*, {GRAPHQL};q=0.9", JSON),
        (f"{GRAPHQL}, */*;q=0.1", GRAPHQL),
        (f"{JSON};q=0, {GRAPHQL}", GRAPHQL),
        (f"{JSON};q=0, */*", None),
        (BROWSER, JSON),
        ("text/html", None),
        ("text/event-stream", None),
        ("*/*;q=0", None),
        (f"{GRAPHQL};q=0", None),
        (f"{JSON};q=often", None),
        (f"{JSON};q=nan", None),
        ("garbage", None),
        (";;,,", None),
    ],
)
def test_the_answer_has_the_type_that_the_client_would_rather_have(accept: str | None, expected: str | None) -> None:
    assert accepted(accept) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("application/json; charset=utf-8", True),
        ('application/json; charset="UTF-8"', True),
        ("APPLICATION/JSON;charset=utf8", True),
        ("application/json; charset=utf-16", False),
        ("application/json; charset=latin-1", False),
        ("application/graphql", False),
        (GRAPHQL, False),
        ("text/plain", False),
        ("multipart/form-data; boundary=x", False),
        ("json", False),
        ("", False),
        (None, False),
        (";=;", False),
    ],
)
def test_a_body_is_json_where_its_type_says_so(content_type: str | None, *, expected: bool) -> None:
    assert is_json(content_type) is expected


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("accept", "query", "status", "media_type"),
    [
        (JSON, "{ __typename }", 200, JSON),
        (GRAPHQL, "{ __typename }", 200, GRAPHQL),
        (JSON, "{ nothing }", 200, JSON),
        (GRAPHQL, "{ nothing }", 400, GRAPHQL),
        (JSON, "{", 200, JSON),
        (GRAPHQL, "{", 400, GRAPHQL),
        (JSON, '{ call(id: "x") { id } }', 200, JSON),
        (GRAPHQL, '{ call(id: "x") { id } }', 200, GRAPHQL),
        (GRAPHQL, "mutation { x }", 400, GRAPHQL),
        (GRAPHQL, "subscription { x }", 400, GRAPHQL),
        (GRAPHQL, "query ($n: Int!) { calls(first: $n) { nodes { id } } }", 400, GRAPHQL),
        ("text/html", "{ __typename }", 406, JSON),
    ],
)
async def test_an_answer_without_data_is_400_for_whoever_takes_graphqls_own_type(
    client: httpx.AsyncClient, accept: str, query: str, status: int, media_type: str
) -> None:
    answer = await client.post("/graphql", json={"query": query}, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert ("data" in answer.json()) == (status == 200 and query not in ("{", "{ nothing }"))


@pytest.mark.anyio
async def test_several_accept_headers_count_as_one(client: httpx.AsyncClient) -> None:
    headers = [("Accept", "text/html"), ("Accept", GRAPHQL)]
    answer = await client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)
    assert answer.headers["content-type"] == f"{GRAPHQL}; charset=utf-8"


@pytest.mark.anyio
async def test_a_refusal_has_the_accepted_type_too(client: httpx.AsyncClient) -> None:
    answer = await client.post("/graphql", json=[], headers={"Accept": GRAPHQL})
    assert (answer.status_code, answer.headers["content-type"]) == (400, GRAPHQL)
