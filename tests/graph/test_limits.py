"""How large a document is, and what becomes of one that is too large."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import QueryTooComplex
from gateway.graph.limits import Limits, Size, check, size
from tests.graph.asking import WEB_CALL, ask, error_of, gateway

ROOMY: Final = Limits(
    tokens=1_000,
    depth=5,
    aliases=5,
    directives=5,
    root_fields=5,
    selections=20,
    comparisons=1_000,
    cost=1_000,
    page_size=100,
)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ a }", Size(depth=1, root_fields=1, selections=1)),
        ("{ a { b { c } } d }", Size(depth=3, root_fields=2, selections=4)),
        ("{ x: a { y: b } }", Size(depth=2, aliases=2, root_fields=1, selections=2)),
        ("{ ... { a } ... on Q { b { c } } }", Size(depth=2, root_fields=2, selections=5)),
        ("query ($v: Int @d) @d { a @d @d ... @d { b } }", Size(depth=1, directives=5, root_fields=2, selections=3)),
        ("query A { a } query B { b { c } }", Size(depth=2, root_fields=2, selections=3)),
        ("{ ...F ...F } fragment F on Q { x: a }", Size(depth=1, aliases=2, root_fields=2, selections=4)),
        ("{ a { b { ...F } } } fragment F on Q { c { d } }", Size(depth=4, root_fields=1, selections=5)),
        ("{ a { ...F } } fragment F on Q @d { b @d }", Size(depth=2, directives=2, root_fields=1, selections=3)),
        ("{ ...Unknown }", Size(selections=1)),
        ("fragment F on Q { a { b } }", Size()),
    ],
)
def test_what_is_written_is_counted(document: str, expected: Size) -> None:
    assert size(parse(document)) == expected


def test_fragments_that_double_each_other_are_counted_without_being_written_out() -> None:
    doubling = " ".join(f"fragment F{n} on Q {{ ...F{n + 1} ...F{n + 1} }}" for n in range(150))
    found = size(parse(f"{{ ...F0 }} {doubling} fragment F150 on Q {{ x: a }}"))
    assert (found.aliases, found.depth) == (2**150, 1)


def test_a_chain_of_thousands_of_fragments_needs_no_deep_stack() -> None:
    chain = " ".join(f"fragment F{n} on Q {{ a {{ ...F{n + 1} }} }}" for n in range(5_000))
    assert size(parse(f"{{ ...F0 }} {chain} fragment F5000 on Q {{ a }}")).depth == 5_001


@pytest.mark.parametrize(
    "document",
    [
        "{ ...A } fragment A on Q { ...A }",
        "{ ...A } fragment A on Q { a { ...B } } fragment B on Q { b { ...A } }",
        "{ ...A ...B } fragment A on Q { ...B ...C } fragment B on Q { ...C ...A } fragment C on Q { ...A ...B c }",
    ],
)
def test_a_circle_of_fragments_ends(document: str) -> None:
    assert size(parse(document)).selections < 20


def walked(document: DocumentNode) -> Size:
    """The size, found by writing every fragment out."""
    fragments = {d.name.value: d.selection_set for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    counts = {"aliases": 0, "selections": 0, "root_fields": 0, "depth": 0}

    def walk(selected: SelectionSetNode, depth: int) -> None:
        for selection in selected.selections:
            counts["selections"] += 1
            match selection:
                case FieldNode():
                    counts["aliases"] += selection.alias is not None
                    counts["root_fields"] += depth == 1
                    counts["depth"] = max(counts["depth"], depth)
                    if selection.selection_set:
                        walk(selection.selection_set, depth + 1)
                case InlineFragmentNode():
                    walk(selection.selection_set, depth)
                case FragmentSpreadNode():
                    walk(fragments[selection.name.value], depth)

    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            walk(definition.selection_set, 1)
    return Size(**counts)


def selections(spreads: list[str]) -> st.SearchStrategy[str]:
    """What can be selected where these fragments can be spread."""
    leaf = st.sampled_from(["a", "x: a", *(f"...{name}" for name in spreads)])
    return st.recursive(
        leaf, lambda inner: st.lists(inner, min_size=1, max_size=3).map(" ".join).flatmap(wrapped), max_leaves=8
    )


def wrapped(inner: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f"a {{ {inner} }}", f"x: a {{ {inner} }}", f"... {{ {inner} }}", inner])


@given(
    st.tuples(selections(["A", "B", "C"]), selections(["B", "C"]), selections(["C"]), selections([])),
)
def test_counting_fragments_once_gives_what_writing_them_out_gives(written: tuple[str, str, str, str]) -> None:
    query, *fragments = written
    named = zip("ABC", fragments, strict=True)
    document = parse(f"{{ {query} }}" + "".join(f" fragment {name} on Q {{ {text} }}" for name, text in named))
    assert size(document) == walked(document)


@pytest.mark.parametrize(
    ("document", "measure", "found", "limit"),
    [
        ("{ a { a { a { a { a { a } } } } } }", "depth", 6, 5),
        ("{ x { a: b b: b c: b d: b e: b f: b } }", "aliases", 6, 5),
        ("{ a @d @d @d @d @d @d }", "directives", 6, 5),
        ("{ a b c d e f }", "rootFields", 6, 5),
        ("{ x { " + "a " * 20 + "} }", "selections", 21, 20),
    ],
)
def test_a_document_beyond_a_limit_is_refused_with_the_numbers(
    document: str, measure: str, found: int, limit: int
) -> None:
    with pytest.raises(QueryTooComplex) as refused:
        check(parse(document), ROOMY)
    assert (refused.value.measure, refused.value.found, refused.value.limit) == (measure, found, limit)
    assert "GATEWAY_QUERY_" in str(refused.value)


@pytest.mark.parametrize(
    "document",
    ["{ a { a { a { a { a } } } } }", "{ x { a: b b: b c: b d: b e: b } }", "{ a b c d e }", "{ a @d @d @d @d @d }"],
)
def test_a_document_at_a_limit_is_taken(document: str) -> None:
    check(parse(document), ROOMY)


FIELDS: Final = " ".join(f"a{n}: id" for n in range(6))


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("query", "stated", "extensions"),
    [
        ("{ a: __typename b: __typename }", {"query_tokens": 7}, {"measure": "tokens", "found": 8, "limit": 7}),
        (
            f'{{ call(id: "{WEB_CALL}") {{ {FIELDS} }} }}',
            {"query_aliases": 5},
            {"measure": "aliases", "found": 6, "limit": 5},
        ),
        (
            "{ mirror { asOf } " + 'call(id: "x") { ' + "customer { key } " * 40 + "} }",
            {"query_comparisons": 100},
            {"measure": "comparisons", "found": 101, "limit": 100},
        ),
        ("{ calls(first: 50) { nodes { id } } }", {"query_cost": 50}, {"measure": "cost", "found": 61, "limit": 50}),
    ],
)
async def test_an_operation_beyond_a_setting_is_refused_with_a_code_and_the_numbers(
    query: str, stated: dict[str, Any], extensions: dict[str, object]
) -> None:
    async with gateway(**stated) as client:
        answer = await ask(client, query)
        again = await client.post(
            "/graphql", json={"query": query}, headers={"Accept": "application/graphql-response+json"}
        )
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", **extensions}
    assert "data" not in answer
    assert again.status_code == 400


@pytest.mark.anyio
async def test_a_document_is_judged_before_it_is_validated(client: httpx.AsyncClient) -> None:
    """So no document makes validation take long, whatever is wrong with it."""
    unknown = "{" + " ".join(f"f{n}" for n in range(60)) + "}"
    error = await error_of(client, unknown)
    assert error["extensions"] == {"code": "QUERY_TOO_COMPLEX", "measure": "rootFields", "found": 60, "limit": 50}


@pytest.mark.anyio
async def test_every_answer_says_what_it_cost(client: httpx.AsyncClient) -> None:
    answer = await ask(client, "query ($n: Int) { calls(first: $n) { nodes { id type } } }", n=3)
    assert answer["extensions"]["cost"] == {"requested": 10 + 1 + 3 * 2, "limit": 100_000}
