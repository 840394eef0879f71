"""What of the schema a stranger is told: introspection and suggestions can be switched off."""

from __future__ import annotations

from typing import Any, Final

import pytest
from graphql import get_introspection_query

from tests.graph.asking import WEB_CALL, ask, gateway

GUESSES: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "a field": ("{ call(id: 1) { idd } }", {}),
    "a field of an interface": ("{ node(id: 1) { endedReason } }", {}),
    "an argument": ("{ call(idd: 1) { id } }", {}),
    "a directive's argument": ("{ __typename @include(iff: true) }", {}),
    "a type": ("query ($a: CallFilterr) { __typename }", {}),
    "a type of a fragment": ("{ node(id: 1) { ... on Calll { id } } }", {}),
    "an input field": ("{ calls(where: { assistantIdd: { eq: 1 } }) { nodes { id } } }", {}),
    "an enum value": ("{ calls(where: { type: { eq: WEB_CAL } }) { nodes { id } } }", {}),
    "an enum value as a text": ('{ calls(where: { type: { eq: "WEB_CALL" } }) { nodes { id } } }', {}),
    "an object without a selection": (f'{{ call(id: "{WEB_CALL}") }}', {}),
    "an input field in a variable": (
        "query ($w: CallFilter) { calls(where: $w) { nodes { id } } }",
        {"w": {"assistantIdd": {"eq": "x"}}},
    ),
    "an enum value in a variable": (
        "query ($w: CallFilter) { calls(where: $w) { nodes { id } } }",
        {"w": {"type": {"eq": "WEB_CAL"}}},
    ),
    "an order in a variable": (
        "query ($o: [CallOrder!]) { calls(orderBy: $o) { nodes { id } } }",
        {"o": [{"attribute": "CREATED_A"}]},
    ),
}


@pytest.mark.anyio
async def test_errors_suggest_what_may_have_been_meant() -> None:
    async with gateway() as client:
        answers = [await ask(client, query, **variables) for query, variables in GUESSES.values()]
    told = ["Did you mean" in str(answer["errors"]) for answer in answers]
    assert sum(told) >= len(GUESSES) - 2  # two of them are unlike anything


@pytest.mark.anyio
@pytest.mark.parametrize(("query", "variables"), GUESSES.values(), ids=GUESSES)
async def test_without_suggestions_errors_name_nothing_that_the_caller_did_not(
    query: str, variables: dict[str, Any]
) -> None:
    async with gateway(suggestions=False) as client:
        answer = await ask(client, query, **variables)
    assert answer["errors"]
    for error in answer["errors"]:
        assert "did you mean" not in error["message"].lower()
        assert error["message"].strip() == error["message"] != ""


@pytest.mark.anyio
@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        "{ __schema { types { name } } }",
        '{ __type(name: "Call") { name } }',
        "{ ...F } fragment F on Query { x: __schema { queryType { name } } }",
    ],
)
async def test_without_introspection_the_schema_cannot_be_asked_for(query: str) -> None:
    async with gateway(introspection=False) as client:
        answer = await ask(client, query)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"GRAPHQL_VALIDATION_FAILED"}
    assert "data" not in answer


@pytest.mark.anyio
async def test_without_introspection_a_thing_still_says_of_which_type_it_is() -> None:
    async with gateway(introspection=False) as client:
        answer = await ask(client, f'{{ __typename node(id: "{WEB_CALL}") {{ __typename }} }}')
    assert answer["data"] == {"__typename": "Query", "node": {"__typename": "Call"}}
