"""Bounds: a stream of ever new documents, variables and callers makes nothing grow without end."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from graphql import parse

from gateway.domain.allowance import Allowance
from gateway.domain.catalog import build
from gateway.domain.principal import ANONYMOUS, EVERY_SCOPE
from gateway.graph.context import Context
from gateway.graph.known import KnownDocuments
from gateway.graph.lane.executor import Plans, executor
from gateway.graph.lane.operations import Lane
from gateway.graph.schema import CatalogSchema


def test_known_documents_take_no_more_bytes_than_they_may() -> None:
    """Each takes a multiple of its text; one that alone is larger is not kept."""
    documents = KnownDocuments(limit=100_000)
    for number in range(2_000):
        text = f"{{ a{number}: __typename }}"
        documents.put(text, parse(text))
        assert documents.size <= 100_000
    assert 10 < len(documents) < 100
    large = "{ a }" + " " * 2_000
    documents.put(large, parse(large))
    assert documents.get(large) is None


def _lane() -> tuple[CatalogSchema, Lane]:
    schema = CatalogSchema(build(), compiled_bytes=10**6)
    assert schema.lane is not None
    return schema, schema.lane


def test_shapes_are_as_many_as_they_may_be() -> None:
    """However many documents there are, and whatever they ask for."""
    schema, lane = _lane()
    for number in range(5_000):
        document = f"query ($id: ID!) {{ call(id: $id) {{ a{number}: id }} }}"
        schema.documents.put(document, parse(document))
        assert lane.operation(document, None, {"id": "a"}, EVERY_SCOPE) is not None
    assert len(lane) <= 4_000


def test_shapes_of_large_documents_are_fewer() -> None:
    """Each holds on to its whole document."""
    schema, lane = _lane()
    for number in range(60):
        text = f"query ($id: ID!) {{ call(id: $id) {{ a{number}: id }} }} #" + "x" * 20_000
        schema.documents.put(text, parse(text))
        assert lane.operation(text, None, {"id": "a"}, EVERY_SCOPE) is not None
    assert len(lane) < 50


def test_ever_new_variables_take_nothing() -> None:
    """A document is compiled once, whatever it is asked with; once more for each way that its directives can go."""
    schema, lane = _lane()
    document = "query ($id: ID!, $more: Boolean = true) { call(id: $id) { id name @include(if: $more) } }"
    schema.documents.put(document, parse(document))
    for number in range(100):
        more: dict[str, Any] = {} if number % 3 else {"more": number % 2 == 0}
        assert lane.operation(document, None, {"id": str(number), **more}, EVERY_SCOPE) is not None
        assert lane.operation(document, None, {"id": str(number), f"b{number}": True}, EVERY_SCOPE) is not None
    assert len(lane) == 3


@pytest.mark.anyio
async def test_plans_are_as_many_as_they_may_be() -> None:
    """Each new document has new ones for each of its selections."""
    plans = Plans(10**6, most=20)
    schema = CatalogSchema(build(), compiled_bytes=10**6)
    schema.execution_context_class = executor(plans)
    nobody: Any = None
    for number in range(60):
        context = Context(
            request_id="r", principal=ANONYMOUS, services=nobody, allowance=Allowance(None), now=dt.datetime.now(dt.UTC)
        )
        result = await schema.execute(f"{{ a{number}: __typename }}", context_value=context)
        assert result.data == {f"a{number}": "Query"}
    assert len(plans) == 20


def test_large_documents_that_cannot_be_compiled_are_few() -> None:
    """That they cannot is known by their text, which takes memory too."""
    schema, lane = _lane()
    for number in range(300):
        text = f"{{ a{number}: mirror {{ __typename }} b: mirror {{ __typename }} }} #" + "x" * 400_000
        schema.documents.put(text, parse(text))
        assert lane.operation(text, None, None, EVERY_SCOPE) is None
    assert len(lane) < 200


def test_variables_that_no_document_declares_are_let_go_of() -> None:
    """An operation is kept with its variables, and anybody can send any number of others."""
    schema, lane = _lane()
    document = "query ($id: ID!) { call(id: $id) { id } }"
    schema.documents.put(document, parse(document))
    operation = lane.operation(document, None, {"id": "a", "other": [[], []]}, EVERY_SCOPE)
    assert operation is not None
    assert operation.variables == {"id": "a"}
