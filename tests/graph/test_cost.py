"""What an operation costs, from its document and its variables alone."""

from __future__ import annotations

from typing import Any, Final

import pytest
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_introspection_query,
    is_list_type,
    is_non_null_type,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway import app
from gateway.domain.artifact import PresignedUrls
from gateway.graph import lists, queries
from gateway.graph.cost import MOST_NODES, SEARCH, SIZES, WEIGHTS, Tariff
from gateway.settings import AttributeSettings, CallSettings, CustomerSettings, Settings
from tests.docs.reading import blocks
from tests.graph.asking import HERE, settings

SCHEMA: Final = app.schema_of(app.catalog_of(settings()))._schema
TARIFF: Final = Tariff(SCHEMA, largest_page=100)
LIMIT: Final = Settings.model_fields["query_cost"].default


def cost(document: str, **variables: Any) -> int:
    return TARIFF.cost(parse(document), None, variables)


NODES: Final = "fragment F on CallConnection { nodes { id } }"


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename }", 1),
        ("{ call(id: 1) { id } }", 10 + 1),
        ("{ call(id: 1) { id type } }", 10 + 2),
        ("{ calls { nodes { id } } }", 10 + 1 + 20 * 1),
        ("{ calls(first: 5) { nodes { id } } }", 10 + 1 + 5),
        ("{ calls(last: 5) { nodes { id } } }", 10 + 1 + 5),
        ("{ calls(first: null, last: 5) { nodes { id } } }", 10 + 1 + 5),
        ("{ calls(first: 5) { nodes { id } edges { cursor node { id } } } }", 10 + 1 + 5 + 1 + 5 * (1 + 1 + 1)),
        ("{ calls(first: 5) { pageInfo { hasNextPage } totalCount } }", 10 + 2 + 50),
        ("{ customers(first: 5) { nodes { calls(first: 7) { nodes { id } } } } }", 10 + 1 + 5 * (10 + 1 + 7)),
        ('{ nodes(ids: ["a", "b", "c"]) { id } }', 3 * 10 + 3),
        ('{ nodes(ids: "a") { id } }', 10 + 1),
        ("{ call(id: 1) { assistant { name } } }", 10 + 10 + 1),
        ("{ call(id: 1) { artifact { messages { role } } } }", 10 + 1 + 1 + 50),
        ('{ calls(first: 5, where: { search: "a" }) { nodes { id } } }', 10 + SEARCH + 1 + 5),
        ('{ calls(first: 5, where: { or: [{ search: "a" }] }) { nodes { id } } }', 10 + SEARCH + 1 + 5),
        ('{ calls(first: 5, where: { not: { search: "a" }, search: "b" }) { nodes { id } } }', 10 + 2 * SEARCH + 1 + 5),
        ("{ calls(first: 5, where: { search: null }) { nodes { id } } }", 10 + 1 + 5),
        ("{ calls(first: 2) { nodes { ...F } } } fragment F on Call { id type }", 10 + 1 + 2 * 2),
        ("{ a: calls(first: 2) { ...F } b: calls(first: 3) { ...F } } " + NODES, 13 + 14),
        ("{ call(id: 1) { id @skip(if: true) } }", 10 + 1),
    ],
)  # fmt: skip
def test_lists_multiply_and_what_must_be_asked_for_costs_more(document: str, expected: int) -> None:
    assert cost(document) == expected


PAGE: Final = "query ($n: Int) { calls(first: $n) { nodes { id } } }"


@pytest.mark.parametrize(
    ("stated", "page"),
    [
        (7, 7),
        (7.0, 7),
        (100, 100),
        (101, 100),
        (2_147_483_647, 100),
        (10**100, 100),
        (1e308, 100),
        (0, 100),
        (-5, 100),
        (None, 20),
        (True, 20),
        ("7", 20),
        (float("nan"), 20),
        (float("inf"), 20),
        ([7], 20),
        ({"a": 7}, 20),
    ],
)
def test_a_page_size_in_a_variable_counts_and_whatever_it_is_does_not_fail(stated: object, page: int) -> None:
    assert cost(PAGE, n=stated) == 10 + 1 + page


def test_a_variable_that_is_not_stated_has_its_default() -> None:
    assert cost("query ($n: Int = 7) { calls(first: $n) { nodes { id } } }") == 10 + 1 + 7
    assert cost("query ($n: Int = 7) { calls(first: $n) { nodes { id } } }", n=3) == 10 + 1 + 3
    assert cost(f"query ($n: ID = {'9' * 9_999}) {{ call(id: $n) {{ id }} }}") == 10 + 1


@pytest.mark.parametrize(("ids", "many"), [([], 0), (["a"] * 3, 3), (["a"] * 5_000, MOST_NODES), ("a", 1), (None, 1)])
def test_ids_in_a_variable_count(ids: object, many: int) -> None:
    assert cost("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids) == many * 11


def test_searches_in_a_variable_count_wherever_they_are() -> None:
    document = (
        "query ($w: CallFilter, $v: [CallFilter!]) "
        "{ calls(where: $w) { nodes { id } } b: calls(where: { or: $v }) { nodes { id } } }"
    )
    plain = cost(document)
    deep: Any = {"search": "a"}
    for _ in range(5_000):
        deep = {"not": deep}
    assert cost(document, w={"or": [{"search": "a"}, {"search": None}]}, v=[{"search": "b"}]) == plain + 2 * SEARCH
    assert cost(document, w=deep) == plain + SEARCH


def test_the_named_operation_is_counted() -> None:
    document = parse("query A { __typename } query B { call(id: 1) { id } }")
    assert [TARIFF.cost(document, name, {}) for name in ("A", "B")] == [1, 11]


@given(
    st.dictionaries(
        st.sampled_from(["n", "w", "ids"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["search", "or", "a"]), inner),
            max_leaves=10,
        ),
    )
)
def test_variables_of_any_kind_have_a_cost(variables: dict[str, Any]) -> None:
    document = (
        "query ($n: Int, $w: CallFilter, $ids: [ID!]!) "
        "{ calls(first: $n, where: $w) { nodes { id } } nodes(ids: $ids) { id } }"
    )
    assert cost(document, **variables) > 0


def test_the_standard_introspection_is_within_the_limit_even_where_a_team_declares_a_hundred_attributes() -> None:
    own = tuple(AttributeSettings(name=f"own{n}", type="String", description="One of them.") for n in range(50))
    many = settings(call=CallSettings(attributes=()), customer=CustomerSettings(attributes=own))
    whole = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    made = app.schema_of(app.catalog_of(many))._schema
    assert Tariff(made, largest_page=100).cost(parse(whole), None, {}) < LIMIT
    assert cost(whole) < LIMIT * 2 / 3


def test_types_that_are_asked_for_by_name_count_as_the_largest() -> None:
    largest = max(len(of.fields) for of in SCHEMA.type_map.values() if isinstance(of, GraphQLObjectType))
    assert cost('{ __type(name: "Call") { fields { name } } }') == 1 + 1 + largest


@pytest.mark.parametrize("query", [text for _, text in blocks("graphql")])
def test_the_examples_of_the_docs_are_far_below_the_limit(query: str) -> None:
    assert cost(query) < LIMIT / 10


@pytest.mark.parametrize("path", sorted((HERE / "queries").glob("*.graphql")), ids=lambda path: path.stem)
def test_the_golden_queries_are_far_below_the_limit(path: Any) -> None:
    if path.stem not in ("not_graphql", "not_valid"):
        assert cost(path.read_text(encoding="utf-8")) < LIMIT / 10


def test_every_price_is_of_a_field_of_the_schema() -> None:
    fields = {
        f"{of.name}.{name}": field
        for of in SCHEMA.type_map.values()
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in of.fields.items()
    }
    assert {*WEIGHTS, *SIZES} - fields.keys() == set()
    for coordinate in SIZES:
        of = fields[coordinate].type
        assert is_list_type(of.of_type if is_non_null_type(of) else of), coordinate


def test_every_field_that_asks_vapi_for_presigned_addresses_has_its_price() -> None:
    catalog = app.catalog_of(settings())
    names = {attribute.name for attribute in catalog.records[PresignedUrls.__name__].attributes}
    assert {coordinate for coordinate in WEIGHTS if coordinate.startswith("Artifact.presigned")} == {
        f"Artifact.{name}" for name in names
    }


def test_a_page_is_as_long_as_lists_have_it() -> None:
    assert (lists._PAGE, queries._MOST_NODES) == (20, MOST_NODES)
