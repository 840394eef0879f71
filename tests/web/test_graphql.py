"""GraphQL over HTTP: what a request may look like, and that everything else is refused in JSON, never with a 5xx."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any, Final, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send
from strawberry.extensions import SchemaExtension

from gateway import app
from gateway.domain.principal import ANONYMOUS
from gateway.graph.documents import Documents
from gateway.observe.events import Event, RequestFailed
from gateway.web.graphql import GraphQLView, Rules
from gateway.web.middleware.request_id import RequestId
from tests.graph.asking import NOW, WEB_CALL, ask, gateway, settings, vapi

GRAPHQL: Final = "application/graphql-response+json"
DEEP: Final = 3_000

REFUSED: Final = {
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "an empty list": b"[]",
    "a batch": b'[{"query":"{__typename}"}]',
    "nothing": b"",
    "a blank": b" ",
    "half of an object": b"{",
    "no query": b"{}",
    "query null": b'{"query":null}',
    "query empty": b'{"query":""}',
    "query a number": b'{"query":1}',
    "variables a list": b'{"query":"{__typename}","variables":[]}',
    "extensions a number": b'{"query":"{__typename}","extensions":1}',
    "operationName a number": b'{"query":"{__typename}","operationName":1}',
    "no UTF-8": b"\xff\xfe",
    "NaN": b'{"query":"{__typename}","variables":{"a":NaN}}',
    "an integer of 5,000 digits": b'{"query":"{__typename}","variables":{"a":' + b"9" * 5_000 + b"}}",
    "lists 100,000 deep": b"[" * 100_000,
    "objects 100,000 deep": b'{"a":' * 100_000,
}


@pytest.mark.anyio
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
async def test_a_body_that_is_no_request_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert [error["extensions"] for error in answer.json()["errors"]] == [{"code": "BAD_REQUEST"}]


@pytest.mark.anyio
async def test_variables_of_any_depth_are_answered_in_json(client: httpx.AsyncClient) -> None:
    """How deep JSON may nest, Python's version decides; beyond that it is refused, and never an error of ours."""
    body = b'{"query":"{__typename}","variables":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}"
    answer = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", ())]
    assert (answer.status_code, codes) in ((200, []), (400, ["BAD_REQUEST"]))


DOCUMENTS: Final = {
    "selections": "{a" * DEEP + "}" * DEEP,
    "lists": "{ call(id: " + "[" * DEEP + "]" * DEEP + ") { id } }",
    "objects": "{ calls(where: " + "{a:" * DEEP + "1" + "}" * DEEP + ") { nodes { id } } }",
    "types": "query ($a: " + "[" * DEEP + "Int" + "]" * DEEP + ") { __typename }",
    "inline fragments": "{" + "... {" * DEEP + "__typename" + "}" * DEEP + "}",
    "introspection": "{ __schema { types { fields { type {" + "ofType {" * 180 + "name" + "}" * 180 + "} } } }",
    "a chain of fragments": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(1_500))
    + " fragment F1500 on Query { __typename }",
    "a circle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "two thousand unknown fields": "{" + " ".join(f"f{n}" for n in range(2_000)) + "}",
    "a surrogate": "\ud800",
    "a null character": '{ call(id: "\\u0000") { id } }',
}


@pytest.mark.anyio
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
async def test_a_document_that_is_hard_to_read_is_answered_in_time(client: httpx.AsyncClient, document: str) -> None:
    headers = {"Content-Type": "application/json", "Accept": GRAPHQL}
    async with asyncio.timeout(10):
        answer = await client.post("/graphql", content=json.dumps({"query": document}), headers=headers)
    assert answer.status_code in (200, 400)
    codes = {error["extensions"]["code"] for error in answer.json().get("errors", [])}
    assert codes <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}
    assert len(answer.json().get("errors", [])) <= 101


@pytest.mark.anyio
async def test_twenty_thousand_ids_are_refused_and_cost_no_question(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[WEB_CALL] * 20_000)
    assert answer["errors"][0]["extensions"] == {
        "code": "BAD_USER_INPUT",
        "argument": "ids",
        "value": "20000 ids",
    }


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/graphql", "application/json; charset=utf-16", "é", "a/b/c"]
)
async def test_a_body_of_another_type_is_refused(client: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {b"Content-Type": content_type.encode("latin-1")}
    answer = await client.post("/graphql", content=b'{"query":"{__typename}"}', headers=headers)
    assert answer.status_code == 415
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"])
async def test_another_method_is_refused_and_told_which_there_are(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"query": "{ __typename }"}, 200),
        ({"query": "query A { __typename }", "operationName": "A", "variables": "{}", "extensions": "{}"}, 200),
        ({"query": "{ __typename }", "operationName": "", "variables": "", "extensions": ""}, 200),
        ({}, 400),
        ({"query": ""}, 400),
        ({"variables": "{}"}, 400),
        ({"query": "{ __typename }", "variables": "{"}, 400),
        ({"query": "{ __typename }", "variables": "[]"}, 400),
        ({"query": "{ __typename }", "variables": "[" * 20_000}, 400),
        ({"query": "{ __typename }", "extensions": "1"}, 400),
        ({"query": "{"}, 400),
        ({"query": "subscription { x }"}, 400),
        ({"query": "mutation { x }"}, 405),
        ({"query": "query A { __typename } mutation B { x }", "operationName": "B"}, 405),
    ],
)
async def test_a_query_can_be_asked_by_get(client: httpx.AsyncClient, parameters: dict[str, str], status: int) -> None:
    answer = await client.get("/graphql", params=parameters, headers={"Accept": GRAPHQL})
    assert answer.status_code == status
    codes = [error["extensions"]["code"] for error in answer.json().get("errors", [])]
    assert bool(codes) == (status != 200)
    assert answer.headers.get("allow") == ("GET, POST" if status == 405 else None)


@pytest.mark.anyio
async def test_variables_come_by_get_as_json(client: httpx.AsyncClient) -> None:
    query = "query ($id: ID!) { call(id: $id) { id } }"
    answer = await client.get("/graphql", params={"query": query, "variables": json.dumps({"id": WEB_CALL})})
    assert answer.json()["data"] == {"call": {"id": WEB_CALL}}


@pytest.mark.anyio
async def test_a_browser_that_opens_the_address_gets_json(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/graphql", "/livez", "/nowhere"])
async def test_a_websocket_is_closed_before_it_opens(path: str) -> None:
    sent: list[Any] = []
    scope = {"type": "websocket", "path": path, "headers": [], "query_string": b"", "subprotocols": []}

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app.build(settings())(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]


def post(body: bytes) -> dict[str, Any]:
    """The scope of a POST to ``/graphql`` with a body of this length."""
    headers = [
        (b"host", b"localhost"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    return {"type": "http", "method": "POST", "path": "/graphql", "headers": headers, "query_string": b""}


@pytest.mark.anyio
async def test_a_client_that_leaves_while_it_sends_is_no_error() -> None:
    told: list[Event] = []
    messages = iter([{"type": "http.request", "body": b'{"que', "more_body": True}, {"type": "http.disconnect"}])
    answered: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        answered.append(message)

    await app.build(settings(), listen=told.append)(post(b'{"query":"{__typename}"}'), receive, send)
    assert (told, answered) == ([], [])


@pytest.mark.anyio
async def test_a_request_that_is_cancelled_is_no_error_and_the_fetch_goes_on() -> None:
    told: list[Event] = []
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request: httpx.Request) -> httpx.Response:
        asked.set()
        await go_on.wait()
        return vapi(request)

    query = "query ($id: ID!) { call(id: $id) { id freshness { source } } }"
    async with gateway(slow, listen=told.append, filled=False) as client:
        waiting = asyncio.create_task(ask(client, query, id=WEB_CALL))
        await asked.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go_on.set()
        answer = await ask(client, query, id=WEB_CALL)
    assert answer["data"]["call"]["id"] == WEB_CALL
    assert [event for event in told if isinstance(event, RequestFailed)] == []


class Broken(SchemaExtension):
    """Fails while a document is validated."""

    def on_validate(self) -> Iterator[None]:
        yield
        raise ZeroDivisionError("ada@example.com")


@pytest.mark.anyio
async def test_an_error_before_execution_that_nobody_foresaw_is_a_masked_500() -> None:
    told: list[Event] = []
    schema = app.schema_of(app.catalog_of(settings()), listen=told.append)
    schema.extensions = (Broken,)
    services = cast("Any", None)  # there is nothing to be asked
    documents = Documents({}, only=False, bytes_kept=None)
    rules = Rules(body_bytes=2**20, body_seconds=10, seconds=10, upstream_budget=None, max_age=0)
    view = GraphQLView(schema, services=services, documents=documents, rules=rules, clock=lambda: NOW)

    async def known(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"]["principal"] = ANONYMOUS
        await view(scope, receive, send)

    served = RequestId(Starlette(routes=[Mount("/graphql", known)]), listen=told.append)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://gateway") as client:
        answer = await client.post("/graphql/", json={"query": "{ __typename }"}, headers={"Accept": GRAPHQL})
    (error,) = answer.json()["errors"]
    assert answer.status_code == 500
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "requestId": answer.headers["x-request-id"],
    }
    assert "ada@example.com" not in answer.text + str(told)
    assert [type(event) for event in told] == [RequestFailed]
