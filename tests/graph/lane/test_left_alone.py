"""What the lane leaves to the executor, so that nobody can tell which of the two has answered."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from gateway.domain.catalog import build
from gateway.domain.principal import EVERY_SCOPE
from gateway.graph.schema import CatalogSchema


def _is_compiled(document: str, variables: dict[str, Any] | None = None) -> bool:
    schema = CatalogSchema(build(), compiled_bytes=10**6)
    assert schema.lane is not None
    schema.documents.put(document, parse(document))
    return schema.lane.operation(document, None, variables, EVERY_SCOPE) is not None


@pytest.mark.parametrize(
    "document",
    [
        "{ calls { __typename } }",
        "{ customers(first: 0) { __typename } }",
        "{ calls { totalCount @skip(if: true) __typename } }",
    ],
)
def test_lists_of_which_nothing_is_read(document: str) -> None:
    """The executor does not even ask for them."""
    assert not _is_compiled(document)
    assert _is_compiled("{ calls { nodes { id } } }")


def test_directives_that_are_given_null() -> None:
    """That is an error where the directive stands, and of nothing above it."""
    document = "query ($a: Boolean = true) { calls { nodes { id customer { key @include(if: $a) } } } }"
    assert _is_compiled(document)
    assert not _is_compiled(document, {"a": None})
