"""What goes wrong has a stable code; what nobody foresaw is masked and told once, without what it said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest
from graphql import GraphQLError
from pydantic import SecretStr

from gateway import errors
from gateway.errors import (
    BadUserInput,
    ExportTooLarge,
    Forbidden,
    GatewayError,
    QueryTooComplex,
    RateLimited,
    Unimplemented,
    UpstreamRateLimited,
)
from gateway.graph import faults
from gateway.observe.events import Event, RequestFailed, StoreFailed, silence
from tests.graph.asking import KEY, WEB_CALL, Upstream, answering, ask, error_of, gateway
from tests.store.forwarder import forwarding

CODES: Final = {
    "BadUserInput": "BAD_USER_INPUT",
    "Unauthenticated": "UNAUTHENTICATED",
    "Forbidden": "FORBIDDEN",
    "RateLimited": "RATE_LIMITED",
    "NotConfigured": "NOT_CONFIGURED",
    "Unimplemented": "NOT_IMPLEMENTED",
    "ExportTooLarge": "EXPORT_TOO_LARGE",
    "QueryTooComplex": "QUERY_TOO_COMPLEX",
    "QueryTimeout": "QUERY_TIMEOUT",
    "UpstreamBudgetSpent": "UPSTREAM_BUDGET_SPENT",
    "PersistedDocumentNotFound": "PERSISTED_DOCUMENT_NOT_FOUND",
    "PersistedQueryNotFound": "PERSISTED_QUERY_NOT_FOUND",
    "PersistedQueryNotSupported": "PERSISTED_QUERY_NOT_SUPPORTED",
    "DocumentNotTrusted": "DOCUMENT_NOT_TRUSTED",
    "KeysUnavailable": "KEYS_UNAVAILABLE",
    "SettingsInvalid": "SETTINGS_INVALID",
    "StoreUnavailable": "STORE_UNAVAILABLE",
    "StoreTimeout": "STORE_TIMEOUT",
    "StoreIncompatible": "STORE_INCOMPATIBLE",
    "UpstreamUnavailable": "UPSTREAM_UNAVAILABLE",
    "UpstreamRateLimited": "UPSTREAM_RATE_LIMITED",
    "UpstreamUnauthorized": "UPSTREAM_UNAUTHORIZED",
    "UpstreamForbidden": "UPSTREAM_FORBIDDEN",
    "UpstreamRejected": "UPSTREAM_REJECTED",
    "UpstreamMalformed": "UPSTREAM_MALFORMED",
    "UpstreamTooDense": "UPSTREAM_TOO_DENSE",
}
"""What clients rely on: a code is added here, and never changed."""

CALL: Final = f'{{ call(id: "{WEB_CALL}") {{ id }} }}'


def leaves(root: type[GatewayError] = GatewayError) -> Iterator[type[GatewayError]]:
    """The errors at the ends of the tree."""
    below = root.__subclasses__()
    yield from (leaf for child in below for leaf in leaves(child)) if below else (root,)


LEAVES: Final[list[type[GatewayError]]] = list(leaves())


def test_every_leaf_of_the_tree_has_its_stable_code() -> None:
    assert {leaf.__name__: leaf.code for leaf in LEAVES} == CODES


def test_no_two_leaves_share_a_code() -> None:
    assert len({leaf.code for leaf in LEAVES}) == len(LEAVES)


def test_every_leaf_is_drawn_in_the_tree() -> None:
    assert [leaf for leaf in LEAVES if f"{leaf.__name__} " not in (errors.__doc__ or "")] == []


def unreachable(_: httpx.Request) -> httpx.Response:
    """A Vapi that nobody can connect to."""
    raise httpx.ConnectError(f"no route; Authorization: Bearer {KEY}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("upstream", "query", "code"),
    [
        (answering(401), CALL, "UPSTREAM_UNAUTHORIZED"),
        (answering(402), CALL, "UPSTREAM_FORBIDDEN"),
        (answering(403), CALL, "UPSTREAM_FORBIDDEN"),
        (answering(418), CALL, "UPSTREAM_REJECTED"),
        (answering(429), CALL, "UPSTREAM_RATE_LIMITED"),
        (answering(500), CALL, "UPSTREAM_UNAVAILABLE"),
        (answering(302), CALL, "UPSTREAM_MALFORMED"),
        (lambda _: httpx.Response(200, text="<html>"), CALL, "UPSTREAM_MALFORMED"),
        (unreachable, CALL, "UPSTREAM_UNAVAILABLE"),
        (answering(200), '{ call(id: "x") { id } }', "BAD_USER_INPUT"),
    ],
)
async def test_an_error_that_reaches_a_client_has_its_code_and_never_the_key(
    upstream: Upstream, query: str, code: str
) -> None:
    async with gateway(upstream, filled=False) as client:
        error = await error_of(client, query)
    assert error["extensions"]["code"] == code
    assert KEY not in str(error)
    assert "said by upstream" not in str(error)


BESIDE: Final[Mapping[type[GatewayError], tuple[GatewayError, dict[str, Any]]]] = {
    BadUserInput: (BadUserInput("id", "x", "no"), {"argument": "id", "value": "x"}),
    Forbidden: (Forbidden("hear it", "recordings:read"), {"scope": "recordings:read"}),
    RateLimited: (RateLimited("too often", 2.5), {"retryAfter": 2.5}),
    QueryTooComplex: (QueryTooComplex("depth", 9, 3, "X"), {"measure": "depth", "found": 9, "limit": 3}),
    ExportTooLarge: (ExportTooLarge("9 rows", "3", "X"), {}),
    Unimplemented: (Unimplemented("$apply", "ask for less"), {}),
}
"""Errors that are made of more than a message, and what stands beside their codes."""


@pytest.mark.parametrize("leaf", LEAVES)
def test_every_leaf_comes_out_as_its_code(leaf: type[GatewayError]) -> None:
    cause, beside = BESIDE[leaf] if leaf in BESIDE else (leaf("a message"), {})
    error = GraphQLError("a message", original_error=cause, path=["call"])
    faults.explain([error], validating=False, request_id="r", listen=silence)
    assert error.extensions == faults.error_of(cause).extensions == {"code": leaf.code, **beside}


@pytest.mark.anyio
async def test_a_401_names_the_setting_to_look_at() -> None:
    async with gateway(answering(401), filled=False) as client:
        error = await error_of(client, CALL)
    assert "GATEWAY_UPSTREAM_KEY" in error["message"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "argument", "value"),
    [
        ('{ call(id: "x") { id } }', "id", "x"),
        ('{ node(id: "x") { id } }', "id", "x"),
        ('{ nodes(ids: ["x"]) { id } }', "ids", "x"),
        (f'{{ call(id: "{WEB_CALL}", maxAge: -1) {{ id }} }}', "maxAge", "-1"),
        (f'{{ call(id: "{WEB_CALL}", maxAge: 2147483647) {{ id }} }}', "maxAge", "2147483647"),
        ("{ calls(first: 0) { nodes { id } } }", "first", "0"),
        ("{ calls(first: -5) { nodes { id } } }", "first", "-5"),
        ("{ calls(first: 101) { nodes { id } } }", "first", "101"),
        ("{ calls(first: 2147483647) { nodes { id } } }", "first", "2147483647"),
        ('{ calls(after: "x") { nodes { id } } }', "after", "x"),
        (
            f'{{ calls(where: {{assistantId: {{eq: "{"x" * 300}"}}}}) {{ nodes {{ id }} }} }}',
            "where.assistantId.eq",
            "x" * 80 + "…",
        ),
        ('{ calls(where: {createdAt: {lt: "soon"}}) { nodes { id } } }', "where.createdAt.lt", "soon"),
        ('{ calls(where: {createdAt: {gte: "-P7"}}) { nodes { id } } }', "where.createdAt.gte", "-P7"),
        ('{ calls(before: "x") { nodes { id } } }', "before", "x"),
        ("{ calls(last: 0) { nodes { id } } }", "last", "0"),
        ("{ calls(last: 2147483647) { nodes { id } } }", "last", "2147483647"),
        ("{ calls(last: 1, first: 2) { nodes { id } } }", "first", "2"),
        ("{ customers(first: 0) { nodes { id } } }", "first", "0"),
        ('{ customers(after: "x") { nodes { id } } }', "after", "x"),
        ('{ customers(where: {lastCallAt: {gt: "x"}}) { nodes { id } } }', "where.lastCallAt.gt", "x"),
        ('{ customer(key: "id:cus_7431") { calls(first: 0) { nodes { id } } } }', "first", "0"),
        ('{ calls(where: {search: "—"}) { nodes { id } } }', "where.search", "—"),
    ],
)
async def test_bad_input_names_the_argument_and_the_value(
    client: httpx.AsyncClient, query: str, argument: str, value: str
) -> None:
    error = await error_of(client, query)
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument, "value": value}
    assert f"“{argument}”" in error["message"]
    assert repr(value) in error["message"]


@pytest.mark.anyio
async def test_a_value_of_megabytes_is_shown_shortened(client: httpx.AsyncClient) -> None:
    error = await error_of(client, "query ($id: ID!) { call(id: $id) { id } }", id="x" * 1_000_000)
    assert len(str(error)) < 1000


@pytest.mark.anyio
async def test_a_hostile_document_writes_nothing_to_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    await ask(client, "{" + " ".join(f"secret{n}" for n in range(200)) + "}")
    await ask(client, '{ call(id: "ada@example.com") { id } }')
    assert [record for record in caplog.records if record.name.startswith(("strawberry", "gateway"))] == []


@pytest.mark.anyio
async def test_a_variable_of_the_wrong_type_is_bad_user_input(client: httpx.AsyncClient) -> None:
    error = await error_of(client, "query ($n: Int) { calls(first: $n) { nodes { id } } }", n="two")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "path" not in error


@pytest.mark.anyio
async def test_a_null_for_an_argument_with_a_default_is_the_default(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "query ($n: Int) { calls(first: $n) { nodes { id } } }", n=None)
    assert "errors" not in answer


@pytest.mark.anyio
async def test_what_nobody_foresaw_is_masked_and_told_once_for_a_request() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise ZeroDivisionError("ada@example.com hung up")

    told: list[Event] = []
    query = "query ($a: ID!, $b: ID!) { a: call(id: $a) { id } b: call(id: $b) { id } }"
    async with gateway(broken, listen=told.append, filled=False) as client:
        sent = {"query": query, "variables": {"a": WEB_CALL, "b": WEB_CALL[:-1] + "0"}}
        answer = await client.post("/graphql", json=sent, headers={"X-Request-Id": "asked-by-ada"})
    assert answer.json()["data"] == {"a": None, "b": None}
    for error in answer.json()["errors"]:
        assert error["extensions"] == {"code": "INTERNAL_SERVER_ERROR", "requestId": "asked-by-ada"}
        assert "asked-by-ada" in error["message"]
        assert "ada@example.com" not in error["message"]
    failures = [event for event in told if isinstance(event, RequestFailed)]
    assert [(event.request_id, event.error) for event in failures] == [("asked-by-ada", "ZeroDivisionError")]
    assert failures[0].where.startswith(("upstream/", "cache/", "services/", "graph/"))
    assert "ada@example.com" not in str(told)


@pytest.mark.anyio
async def test_an_unforeseen_error_of_one_call_leaves_the_others_alone() -> None:
    def broken_for_one(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith(WEB_CALL):
            return httpx.Response(200, json={"id": WEB_CALL})
        raise ZeroDivisionError

    async with gateway(broken_for_one) as client:
        answer = await ask(
            client, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[WEB_CALL[:-1] + "0", WEB_CALL]
        )
    assert answer["data"]["nodes"] == [None, {"id": WEB_CALL}]
    assert [error["path"] for error in answer["errors"]] == [["nodes", 0]]


def test_an_exception_outside_of_the_document_is_masked_too() -> None:
    error = GraphQLError("ada@example.com", original_error=ZeroDivisionError("ada@example.com"))
    told: list[Event] = []
    faults.explain([error], validating=True, request_id="r", listen=told.append)
    assert error.extensions == {"code": "INTERNAL_SERVER_ERROR", "requestId": "r"}
    assert "ada@example.com" not in error.message
    assert told == [RequestFailed("r", "ZeroDivisionError", "unknown")]


def test_how_long_vapi_asked_to_wait_is_told() -> None:
    error = GraphQLError("later", original_error=UpstreamRateLimited("later", 2.5), path=["call"])
    faults.explain([error], validating=False, request_id="r", listen=silence)
    assert error.extensions == {"code": "UPSTREAM_RATE_LIMITED", "retryAfter": 2.5}


LISTS: Final = "{ calls { nodes { id } } customers { totalCount } mirror { lastPoll } }"


@pytest.mark.anyio
async def test_a_database_that_is_down_costs_what_only_it_can_answer(postgresql_url: str) -> None:
    """Lists have a coded error; a call comes from memory or from Vapi; when the database is back, all is well."""
    unknown = "019fedaf-549c-7000-8625-000000000002"
    told: list[Event] = []
    async with (
        forwarding(postgresql_url) as (url, forwarder),
        gateway(database_url=SecretStr(url), listen=told.append) as client,
    ):
        assert "errors" not in await ask(client, CALL)
        await forwarder.cut()
        down = await ask(client, LISTS)
        known = await ask(client, CALL)
        fetched = await ask(client, f'{{ call(id: "{unknown}") {{ id freshness {{ source }} }} }}')
        forwarder.mend()
        after = await ask(client, LISTS)
    assert {error["extensions"]["code"] for error in down["errors"]} == {"STORE_UNAVAILABLE"}
    assert down["data"] is None or set(down["data"].values()) == {None}
    assert known["data"] == {"call": {"id": WEB_CALL}}
    assert fetched["data"] == {"call": {"id": unknown, "freshness": {"source": "UPSTREAM"}}}
    assert "errors" not in known.keys() | fetched.keys()
    assert "errors" not in after
    assert [event.doing for event in told if isinstance(event, StoreFailed)][:2] == ["reading a call", "keeping a call"]
    assert url not in str(down) + str(told)


@pytest.mark.anyio
async def test_a_list_that_takes_the_database_too_long_has_its_own_code() -> None:
    """It is interrupted there; a narrower one may be answered."""
    async with gateway(query_patience_seconds=1e-9) as client:
        error = await error_of(client, "{ calls { nodes { id } } }")
    assert error["extensions"]["code"] == "STORE_TIMEOUT"


@pytest.mark.parametrize(
    "query",
    [
        '{ call(id: "%s") { id } }',
        '{ calls(after: "%s") { nodes { id } } }',
        '{ calls(where: { createdAt: { gte: "%s" } }) { totalCount } }',
        '{ calls(where: { status: { eq: "%s" } }) { totalCount } }',
        '{ customer(key: "x") { key @include(if: "%s") } }',
    ],
)
async def test_an_error_does_not_repeat_a_secret(client: httpx.AsyncClient, query: str) -> None:
    secret = "sk-proj-canary0123456789canary0123456789"
    answer = await client.post("/graphql", json={"query": query.replace("%s", secret)})
    assert answer.json()["errors"]
    assert "canary0123456789" not in answer.text
