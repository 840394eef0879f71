"""Documents that schemathesis makes of a schema, in its GraphQL mode: what fits the types, and what does not."""

from __future__ import annotations

from typing import Any, Final

import hypothesis
import schemathesis
from graphql import GraphQLSchema, introspection_from_schema
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis.graphql import nodes

_SCALARS: Final = {
    "DateTime": st.sampled_from(["2026-08-20T12:00:00Z", "0001-01-01", "never", ""]).map(nodes.String),
    "DateTimeOrDuration": st.sampled_from(["-P1D", "2026-08-20T12:00:00Z", "P", "P999999999Y"]).map(nodes.String),
    "JSON": st.sampled_from(["", "text"]).map(nodes.String),
}


def documents(schema: GraphQLSchema, *, seed: int, count: int) -> list[str]:
    """So many documents, the same for the same seed: of each field of the query, in turn those that fit and do not."""
    for name, values in _SCALARS.items():
        schemathesis.graphql.scalar(name, values)
    loaded = schemathesis.graphql.from_dict({"__schema": introspection_from_schema(schema)["__schema"]})
    modes = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
    operations = [loaded["Query"][name] for name in loaded["Query"]]
    cases = [operation.as_strategy(generation_mode=mode) for operation in operations for mode in modes]
    each = -(-count // len(cases))
    made = [_drawn(case, seed=seed, count=each) for case in cases]
    return [document for row in zip(*made, strict=True) for document in row][:count]


def _drawn(cases: st.SearchStrategy[schemathesis.Case[Any]], *, seed: int, count: int) -> list[str]:
    """So many documents of one field; Hypothesis may try fewer different ones, which then come again."""
    found: list[str] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases)
    def draw(case: schemathesis.Case[Any]) -> None:
        found.append(str(case.body))

    draw()
    return [found[number % len(found)] for number in range(count)]
