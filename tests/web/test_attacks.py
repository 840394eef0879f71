"""The known attacks on GraphQL: each is answered within a fraction of a second, in JSON, with a code."""

from __future__ import annotations

import json
import time
from typing import Any, Final

import httpx
import pytest

from tests.graph.asking import WEB_CALL

PATIENCE: Final = 20.0
"""What no answer may take, in seconds: ten times what the slowest takes, since the machine has other things to do."""


def many(of: str, count: int) -> str:
    """A piece of a document many times over, numbered where a # stands."""
    return " ".join(of.replace("#", str(n)) for n in range(count))


def within(outer: str, inner: str, count: int) -> str:
    """A selection within itself, many times over."""
    return f"{outer} {{ " * count + inner + " }" * count


def of_call(selected: str) -> str:
    """A query of one call."""
    return f'{{ call(id: "{WEB_CALL}") {{ {selected} }} }}'


BY_NAME: Final = 't#: __type(name: "Call") { fields { type { fields { name } } } }'
PAGES: Final = "customers(first: 100) { nodes { calls(first: 100) { nodes { artifact { messages { role } } } } } }"

TOO_COMPLEX: Final = {
    "aliases": f"{{ {many('a#: __typename', 1_000)} }}",
    "aliases of an expensive field": f"{{ {many('a#: calls { totalCount }', 1_000)} }}",
    "aliases below a call": of_call(many("a#: id", 1_000)),
    "directives": f"{{ __typename {many('@include(if: true)', 1_000)} }}",
    "directives that nobody knows": f"{{ __typename {many('@a#', 1_000)} }}",
    "directives on variables": f"query ({many('$a#: Int @b', 500)}) {{ __typename }}",
    "depth": of_call(within("customer { profile { calls { nodes", "id", 40) + " } } }" * 40),
    "fragments that double": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(150))
    + " fragment F150 on Query { __typename }",
    "fragments of many fields, many times": of_call(many("...F", 100)) + f" fragment F on Call {{ {many('id', 100)} }}",
    "pages of pages": f"{{ {PAGES} }}",
    "root fields": f"{{ {many('__typename', 1_000)} }}",
    "root fields that nobody knows": f"{{ {many('f#', 1_000)} }}",
    "one object many times": of_call(many("customer { key }", 1_000)),
    "one object many times, at odds in the end": of_call(many("customer { key }", 800) + " customer { key: name }"),
    "fragments that select the same": of_call(many("...F#", 300))
    + many("fragment F# on Call { customer { key } }", 300),
    "tokens": "{ " + "a " * 100_000 + "}",
    "comments": "#\n" * 100_000 + "{ __typename }",
    "one type by many names": f"{{ {many(BY_NAME, 40)} }}",
}


async def asked(client: httpx.AsyncClient, content: str | bytes, **headers: str) -> tuple[httpx.Response, set[str]]:
    """The answer to a body, in time, and the codes in it."""
    usual = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"}
    began = time.perf_counter()
    answer = await client.post("/graphql", content=content, headers={**usual, **headers})
    assert time.perf_counter() - began < PATIENCE
    return answer, {error["extensions"]["code"] for error in answer.json().get("errors", [])}


@pytest.mark.anyio
@pytest.mark.parametrize("document", TOO_COMPLEX.values(), ids=TOO_COMPLEX)
async def test_a_document_that_stands_for_too_much_is_refused_with_the_numbers(
    client: httpx.AsyncClient, document: str
) -> None:
    answer, codes = await asked(client, json.dumps({"query": document}))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, codes) == (400, {"QUERY_TOO_COMPLEX"})
    assert error["extensions"]["found"] > error["extensions"]["limit"]
    assert "data" not in answer.json()


INVALID: Final = {
    "a circle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A ...A }",
    "a fragment within itself": "{ ...A } fragment A on Query { __typename ...A }",
    "a chain of fragments": "{ ...F0 } "
    + " ".join(f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(500))
    + " fragment F500 on Query { __typename }",
    "introspection within introspection": "{ __schema { types { "
    + within("fields { type", "name", 4)
    + " } " * 6
    + "}",
    "variables that nobody uses": f"query ({many('$a#: Int', 1_000)}) {{ __typename }}",
    "a name of a megabyte": "{ " + "a" * 900_000 + " }",
    "a mutation": "mutation { deleteEverything }",
    "a subscription": "subscription { calls { id } }",
}


@pytest.mark.anyio
@pytest.mark.parametrize("document", INVALID.values(), ids=INVALID)
async def test_a_document_that_does_not_fit_the_schema_is_refused(client: httpx.AsyncClient, document: str) -> None:
    answer, codes = await asked(client, json.dumps({"query": document}))
    assert answer.status_code == 400
    assert codes == {"GRAPHQL_VALIDATION_FAILED"}


FIRST: Final = "query ($v: Int) { calls(first: $v) { nodes { id } } }"
WHERE: Final = "query ($v: CallFilter) { calls(where: $v) { nodes { id } } }"
OR: Final = "query ($v: [CallFilter!]) { calls(where: { or: $v }) { nodes { id } } }"
OFTEN: Final = f"query ($v: [CallFilter!]) {{ {many('a#: calls(where: { or: $v }) { nodes { id } }', 40)} }}"

VARIABLES: Final[dict[str, tuple[str, Any]]] = {
    "twenty thousand values": (WHERE, {"assistantId": {"in": ["x"] * 20_000}}),
    "twenty thousand filters": (OR, [{}] * 20_000),
    "twenty thousand unknown members": (WHERE, {f"a{n}": n for n in range(20_000)}),
    "a large filter in many places": (OFTEN, [{"search": "a"}] * 5_000),
    "a text of a megabyte": ("query ($v: ID!) { call(id: $v) { id } }", "x" * 1_000_000),
    "the largest Int": (FIRST, 2_147_483_647),
    "the smallest Int": (FIRST, -2_147_483_648),
    "more than an Int": (FIRST, 2_147_483_648),
    "half of a page": (FIRST, 0.5),
    "a text for a number": (FIRST, "1"),
    "more than a Float": (WHERE, {"cost": {"gt": 10**400}}),
    "an age beyond time": ('query ($v: Int) { call(id: "x", maxAge: $v) { id } }', 2_147_483_647),
}


@pytest.mark.anyio
@pytest.mark.parametrize(("document", "value"), VARIABLES.values(), ids=VARIABLES)
async def test_variables_of_any_size_are_answered(client: httpx.AsyncClient, document: str, value: Any) -> None:
    _, codes = await asked(client, json.dumps({"query": document, "variables": {"v": value}}))
    assert codes
    assert codes <= {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}


@pytest.mark.anyio
@pytest.mark.parametrize("depth", [100, 190, 300, 900, 100_000])
@pytest.mark.parametrize(
    ("declared", "open_with", "close_with"),
    [("CallFilter", '{"not":', "}"), ("CallFilter", '{"or":[', "]}"), ("ID!", "[", "]")],
)
async def test_variables_of_any_depth_are_answered(
    client: httpx.AsyncClient, depth: int, declared: str, open_with: str, close_with: str
) -> None:
    argument = "calls(where: $v) { nodes { id } }" if declared == "CallFilter" else "call(id: $v) { id }"
    value = open_with * depth + "{}" + close_with * depth
    body = f'{{"query":"query ($v: {declared}) {{ {argument} }}","variables":{{"v":{value}}}}}'
    _, codes = await asked(client, body)
    assert codes
    assert codes <= {"BAD_USER_INPUT", "BAD_REQUEST"}


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 2, 1_000])
async def test_a_batch_is_refused_as_a_whole(client: httpx.AsyncClient, count: int) -> None:
    answer, codes = await asked(client, json.dumps([{"query": "{ __typename }"}] * count))
    assert (answer.status_code, codes) == (400, {"BAD_REQUEST"})


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("mutation { x }", 405),
        ("mutation M { x }", 405),
        ("query A { __typename } mutation M { x }", 405),
        ("subscription { x }", 400),
    ],
)
async def test_a_get_changes_nothing(client: httpx.AsyncClient, query: str, status: int) -> None:
    asked = {"query": query, "operationName": "M" if " M " in query else ""}
    answer = await client.get("/graphql", params=asked, headers={"Accept": "application/graphql-response+json"})
    assert answer.status_code == status
    assert answer.json().get("data") is None
    assert answer.json()["errors"]


@pytest.mark.anyio
async def test_invalid_utf_8_is_refused(client: httpx.AsyncClient) -> None:
    answer, codes = await asked(client, b'{"query":"{ __typename } #\xff"}')
    assert (answer.status_code, codes) == (400, {"BAD_REQUEST"})
