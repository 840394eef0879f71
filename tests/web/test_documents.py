"""Documents that are named over HTTP: trusted ones, persisted queries, and what a browser may keep."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.graph.asking import WEB_CALL, gateway

CALL: Final = "query Call($id: ID!) { call(id: $id) { id } }"
GRAPHQL: Final = {"Accept": "application/graphql-response+json"}


def hashed(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """A manifest with one document."""
    path = tmp_path / "documents.json"
    path.write_text(json.dumps({"call": CALL}), encoding="utf-8")
    return path


async def get(client: httpx.AsyncClient, headers: dict[str, str] | None = None, **parameters: Any) -> httpx.Response:
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in parameters.items()}
    return await client.get("/graphql", params=texts, headers=headers)


@pytest.mark.anyio
async def test_a_trusted_document_is_executed_by_its_id(manifest: Path) -> None:
    async with gateway(documents_file=manifest, documents_only=True) as client:
        posted = await client.post("/graphql", json={"documentId": "call", "variables": {"id": WEB_CALL}})
        got = await get(client, documentId="call", variables={"id": WEB_CALL})
    assert posted.json()["data"] == got.json()["data"] == {"call": {"id": WEB_CALL}}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"documentId": "nobody's"}, "PERSISTED_DOCUMENT_NOT_FOUND"),
        ({"query": CALL}, "DOCUMENT_NOT_TRUSTED"),
        ({"query": CALL, "extensions": hashed(CALL)}, "DOCUMENT_NOT_TRUSTED"),
        ({"extensions": hashed(CALL)}, "DOCUMENT_NOT_TRUSTED"),
        ({"query": CALL, "documentId": "call"}, "BAD_USER_INPUT"),
        ({"documentId": 1}, "BAD_REQUEST"),
        ({"query": ""}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
    ],
)
async def test_what_is_not_in_the_manifest_is_not_executed(manifest: Path, body: dict[str, Any], code: str) -> None:
    async with gateway(documents_file=manifest, documents_only=True) as client:
        answer = await client.post("/graphql", json=body, headers=GRAPHQL)
    assert answer.status_code == 400
    assert [error["extensions"]["code"] for error in answer.json()["errors"]] == [code]
    assert "data" not in answer.json()


@pytest.mark.anyio
async def test_apollos_protocol_first_misses_then_sends_and_then_names() -> None:
    async with gateway() as client:
        sent = {"variables": {"id": WEB_CALL}, "extensions": hashed(CALL)}
        missed = await client.post("/graphql", json=sent)
        registered = await client.post("/graphql", json={**sent, "query": CALL})
        found = await client.post("/graphql", json=sent)
        got = await get(client, **sent)
    assert missed.status_code == 200
    assert missed.json()["errors"] == [
        {"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}
    ]
    answers = [answer.json()["data"] for answer in (registered, found, got)]
    assert answers == [{"call": {"id": WEB_CALL}}] * 3


@pytest.mark.anyio
@pytest.mark.parametrize("query", ["{", "{ unknown }", "query Call { calls(first: 100) { nodes { id } } }"])
async def test_a_document_that_cannot_be_executed_is_not_kept(query: str) -> None:
    async with gateway(query_cost=50) as client:
        await client.post("/graphql", json={"query": query, "extensions": hashed(query)})
        answer = await client.post("/graphql", json={"extensions": hashed(query)})
    assert answer.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.anyio
async def test_a_hash_that_does_not_fit_its_query_is_refused_and_nothing_is_kept() -> None:
    async with gateway() as client:
        poison = {"query": "{ __typename }", "extensions": hashed(CALL)}
        refused = await client.post("/graphql", json=poison)
        after = await client.post("/graphql", json={"extensions": hashed(CALL)})
    assert refused.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert after.json()["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.anyio
@pytest.mark.parametrize("compiled", [True, False])
async def test_a_document_that_others_have_pushed_out_is_kept_when_it_is_sent_again(*, compiled: bool) -> None:
    """Whether or not somebody remembers what its body asks for."""
    document = "{ calls(first: 1) { nodes { id } } }"
    async with gateway(persisted_query_bytes=2048, compiled=compiled) as client:
        for text in (document, document, *(f"{document} #{number}" for number in range(12))):
            await client.post("/graphql", json={"query": text, "extensions": hashed(text)})
        missed = await get(client, extensions=hashed(document))
        await client.post("/graphql", json={"query": document, "extensions": hashed(document)})
        found = await get(client, extensions=hashed(document))
    assert missed.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert len(found.json()["data"]["calls"]["nodes"]) == 1


@pytest.mark.anyio
async def test_persisted_queries_can_be_switched_off() -> None:
    async with gateway(persisted_queries=False) as client:
        answer = await client.post("/graphql", json={"extensions": hashed(CALL)})
    (error,) = answer.json()["errors"]
    assert (error["message"], error["extensions"]["code"]) == (
        "PersistedQueryNotSupported",
        "PERSISTED_QUERY_NOT_SUPPORTED",
    )


@pytest.mark.anyio
@pytest.mark.parametrize(("seconds", "kept"), [(0, "private, no-cache"), (60, "private, max-age=60")])
async def test_the_answer_to_a_get_that_names_its_document_may_be_kept_by_one_browser(
    manifest: Path, seconds: int, kept: str
) -> None:
    async with gateway(documents_file=manifest, document_max_age_seconds=seconds) as client:
        first = await get(client, documentId="call", variables={"id": WEB_CALL})
        tag = first.headers["etag"]
        again = [
            await get(client, {"If-None-Match": known}, documentId="call", variables={"id": WEB_CALL})
            for known in (tag, f'"x", W/{tag}', "*", '"x"')
        ]
        other = await get(client, GRAPHQL, documentId="call", variables={"id": WEB_CALL})
    assert first.headers["cache-control"] == kept
    assert {"authorization", "accept"} <= varying(first)
    assert tag.startswith('"')
    assert [answer.status_code for answer in again] == [304, 304, 304, 200]
    assert [(answer.content, answer.headers["etag"]) for answer in again[:3]] == [(b"", tag)] * 3
    assert {"authorization", "accept"} <= varying(again[0])
    assert other.headers["etag"] != tag


def varying(answer: httpx.Response) -> set[str]:
    """The headers by which another answer may come."""
    return {name.strip().lower() for name in answer.headers["vary"].split(",")}


@pytest.mark.anyio
async def test_every_other_answer_is_kept_by_nobody(manifest: Path) -> None:
    async with gateway(documents_file=manifest) as client:
        answers = [
            await client.post("/graphql", json={"documentId": "call", "variables": {"id": WEB_CALL}}),
            await get(client, query="{ __typename }"),
            await get(client, {"If-None-Match": "*"}, query="{ __typename }"),
            await get(client, documentId="call", variables={"id": "x"}),
            await get(client, documentId="unknown"),
            await get(client, documentId="call", variables=[]),
            await client.put("/graphql"),
        ]
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 7
    assert [answer for answer in answers if "etag" in answer.headers] == []
    assert answers[2].status_code == 200
