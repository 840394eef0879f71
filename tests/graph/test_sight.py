"""What a principal sees of the fields that they select."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, Final

import pytest
from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema, GraphQLString, graphql_sync

from gateway import app
from gateway.domain.allowance import Allowance
from gateway.domain.attributes import Kind, Sensitivity
from gateway.domain.principal import EVERY_SCOPE, Principal, Scope
from gateway.graph.context import Context
from gateway.graph.derive import ReadField
from gateway.graph.sight import limit_sight
from tests.graph.asking import NOW, WEB_CALL, Running, running, settings

pytestmark = pytest.mark.anyio

SCHEMA: Final = app.schema_of(app.catalog_of(settings()))
ALL_KINDS: Final = """
    { call(id: "%s") { status metadata document customer { key name email plan planRaw provenance { path } }
        artifact { transcript recordingUrl presignedMonoUrl recording { stereoUrl } messages { role } }
        analysis { summary } } }
"""


@pytest.fixture(scope="module")
async def there(anyio_backend: str) -> AsyncIterator[Running]:
    async with running() as gateway:
        yield gateway


def somebody(*scopes: Scope, **bound: Any) -> Principal:
    """A principal with these scopes beside `calls:read`."""
    return Principal(name="somebody", scopes=frozenset({Scope.CALLS_READ, *scopes}), **bound)


async def told(there: Running, principal: Principal, query: str) -> Any:
    """The result of a query that a principal makes."""
    services = there.parts.services
    context = Context(request_id="r", principal=principal, services=services, allowance=Allowance(None), now=NOW)
    return await SCHEMA.execute(query, context_value=context)


async def refusal(there: Running, principal: Principal, query: str) -> Any:
    """The extensions of the only error that a query comes to."""
    (error,) = (await told(there, principal, query)).errors
    return error.extensions


async def test_without_further_scopes_texts_about_persons_are_masked_and_the_rest_is_null(there: Running) -> None:
    result = await told(there, somebody(), ALL_KINDS % WEB_CALL)
    assert result.errors is None
    call = result.data["call"]
    assert call["customer"]["key"].startswith("id:")
    assert call["customer"]["name"].endswith("•••")
    assert call["customer"]["email"].partition("@")[0].endswith("•••")
    assert call["status"] == "ENDED"
    hidden = [call["metadata"], call["document"], call["customer"]["plan"], call["customer"]["planRaw"]]
    hidden += [*(value for value in call["artifact"].values() if not isinstance(value, dict))]
    assert set(hidden) == {None}


async def test_one_entry_for_each_scope_says_which_fields_are_withheld(there: Running) -> None:
    result = await told(there, somebody(Scope.CONTENT_READ), ALL_KINDS % WEB_CALL)
    withheld = {entry["scope"]: entry["fields"] for entry in result.extensions["withheld"]}
    assert withheld == {
        "document:read": ["Call.document"],
        "personal:read": ["Call.metadata", "CallCustomer.plan", "CallCustomer.planRaw"],
        "recordings:read": ["Artifact.presignedMonoUrl", "Artifact.recordingUrl"],
    }


async def test_whoever_has_every_scope_sees_everything_and_reads_of_nothing_withheld(there: Running) -> None:
    result = await told(there, somebody(*EVERY_SCOPE), ALL_KINDS % WEB_CALL)
    assert "withheld" not in (result.extensions or {})
    assert result.data["call"]["artifact"]["transcript"]
    assert "•" not in result.data["call"]["customer"]["name"]


async def test_presigned_addresses_that_came_with_the_call_are_withheld_too(there: Running) -> None:
    query = '{ call(id: "%s", maxAge: 0) { artifact { presignedMonoUrl } } }' % WEB_CALL  # noqa: UP031  # braces
    assert (await told(there, somebody(), query)).data["call"]["artifact"] == {"presignedMonoUrl": None}


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ('{ calls(where: { customer: { email: { startsWith: "a" } } }) { totalCount } }', "personal:read"),
        ('{ calls(where: { not: { customer: { name: { eq: "x" } } } }) { nodes { id } } }', "personal:read"),
        ("{ calls(orderBy: [{ attribute: CUSTOMER_NAME }]) { nodes { id } } }", "personal:read"),
        ('{ calls(where: { search: "invoice" }) { nodes { id } } }', "content:read"),
        ('{ calls(where: { search: "invoice" }) { totalCount } }', "content:read"),
        ("{ customers { totalCount } }", "customers:read"),
        ('{ customer(key: "id:x") { key } }', "customers:read"),
    ],
)
async def test_what_one_may_not_see_one_cannot_ask_by(there: Running, query: str, scope: str) -> None:
    assert await refusal(there, somebody(), query) == {"code": "FORBIDDEN", "scope": scope}


async def test_customers_are_no_way_around_it(there: Running) -> None:
    query = '{ customers(where: { name: { startsWith: "a" } }) { totalCount } }'
    reader = somebody(Scope.CUSTOMERS_READ)
    assert await refusal(there, reader, query) == {"code": "FORBIDDEN", "scope": "personal:read"}
    sorting = "{ customers(orderBy: [{ attribute: EMAIL }]) { nodes { key } } }"
    assert await refusal(there, reader, sorting) == {"code": "FORBIDDEN", "scope": "personal:read"}


@pytest.mark.parametrize("query", ['{ call(id: "%s") { id } }', "{ calls { nodes { id } } }", "{ mirror { asOf } }"])
async def test_without_calls_read_there_is_nothing_to_see(there: Running, query: str) -> None:
    nobody = Principal(name="nobody", scopes=frozenset({Scope.CUSTOMERS_READ}))
    text = query.replace("%s", WEB_CALL)
    assert await refusal(there, nobody, text) == {"code": "FORBIDDEN", "scope": "calls:read"}


async def test_who_sees_a_part_of_the_calls_is_not_told_what_happens_to_the_others(there: Running) -> None:
    query = "{ mirror { lastWebhook backfill { rows } audit { checked } coverage { complete } } }"
    everything = (await told(there, somebody(), query)).data["mirror"]
    part = (await told(there, somebody(customers=frozenset({"id:x"})), query)).data["mirror"]
    assert everything["backfill"] is not None
    assert part == {"lastWebhook": None, "backfill": None, "audit": None, "coverage": everything["coverage"]}


async def test_a_cursor_is_of_the_list_that_its_owner_sees(there: Running) -> None:
    query = "{ calls(first: 1) { pageInfo { endCursor } } }"
    cursor = (await told(there, somebody(), query)).data["calls"]["pageInfo"]["endCursor"]
    bound = somebody(assistants=frozenset({"a1"}))
    after = '{ calls(first: 1, after: "%s") { nodes { id } } }' % cursor  # noqa: UP031  # braces
    assert (await refusal(there, bound, after))["code"] == "BAD_USER_INPUT"


def test_a_secret_that_got_into_a_schema_would_be_seen_by_nobody() -> None:
    """Whatever reads it, graphql-core's own way included."""
    status = next(a for a in app.catalog_of(settings()).records["Call"].attributes if a.name == "status")
    secret = dataclasses.replace(status, sensitivity=Sensitivity.SECRET)
    definition = ReadField("status", str, "", secret, lambda source: source.status)
    for resolve in (lambda source, _: source.status, None):
        field = GraphQLField(GraphQLString, resolve=resolve, extensions={"strawberry-definition": definition})
        schema = GraphQLSchema(GraphQLObjectType("Query", {"status": field}))
        limit_sight(schema)
        answer = graphql_sync(schema, "{ status }", root_value=SimpleNamespace(status="ended"))
        assert (answer.data, answer.errors) == ({"status": None}, None)


def test_every_field_of_an_attribute_that_not_everybody_may_see_asks_who_looks() -> None:
    for of in SCHEMA._schema.type_map.values():
        for name, field in of.fields.items() if isinstance(of, GraphQLObjectType) else ():
            definition = field.extensions.get("strawberry-definition")
            if not isinstance(definition, ReadField):
                continue
            limited = getattr(field.resolve, "__module__", "") == "gateway.graph.sight"
            is_open = definition.attribute.sensitivity is Sensitivity.PUBLIC or definition.attribute.kind is Kind.GROUP
            assert limited != is_open, f"{of.name}.{name}"
