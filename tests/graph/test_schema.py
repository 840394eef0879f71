"""The schema is complete: everything described, everything of the catalog shown, nothing shared between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_introspection_type,
    specified_directives,
)
from pydantic import SecretStr

from gateway import app
from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute, Kind, Use, snake
from gateway.domain.catalog import Catalog, Record
from gateway.graph.derive import exposed
from gateway.graph.inputs import COMPARATORS
from gateway.graph.schema import RECORDS, CatalogSchema
from gateway.settings import CallSettings, CustomerSettings
from tests.graph.asking import BOOKED, PLAN, WEB_CALL, ask, gateway, settings

SPECIFIED: Final = {"Int", "Float", "String", "Boolean", "ID"}
BY_HAND: Final = {
    "Call": {"freshness"},
    "CallCustomer": {"key", "provenance", "profile"},
    "Customer": {"id", "calls"},
}
"""Fields that are not attributes; all others follow from the catalog."""


def schema_of(catalog: Catalog) -> CatalogSchema:
    return app.schema_of(catalog)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return app.catalog_of(settings())


@pytest.fixture(scope="module")
def schema(catalog: Catalog) -> GraphQLSchema:
    return schema_of(catalog)._schema


def parts(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    """Everything of ours that can have a description, by its path."""
    for name, type_ in schema.type_map.items():
        if name in SPECIFIED or is_introspection_type(type_):
            continue
        yield name, type_
        if isinstance(type_, GraphQLEnumType):
            yield from ((f"{name}.{value}", member) for value, member in type_.values.items())
        if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field_name, field in type_.fields.items():
                yield f"{name}.{field_name}", field
                arguments = getattr(field, "args", {})
                yield from ((f"{name}.{field_name}({arg})", argument) for arg, argument in arguments.items())
    for directive in schema.directives:
        if directive not in specified_directives:
            yield f"@{directive.name}", directive
            yield from ((f"@{directive.name}({arg})", argument) for arg, argument in directive.args.items())


def shown(attribute: Attribute) -> set[str]:
    """The fields that an attribute is shown as."""
    raw = attribute.kind is Kind.ENUM and (attribute.paths or attribute.keys)
    return {attribute.name, f"{attribute.name}Raw"} if raw else {attribute.name}


def test_everything_has_a_description_that_ends_like_a_sentence(schema: GraphQLSchema) -> None:
    seen = dict(parts(schema))
    assert len(seen) > 400
    undescribed = [path for path, part in seen.items() if not (part.description or "").strip().endswith((".", "…"))]
    assert undescribed == []


def test_every_record_of_the_catalog_has_its_named_class(catalog: Catalog) -> None:
    named = {cls.__name__ for cls in RECORDS}
    assert named == set(catalog.records) - {PresignedUrls.__name__}  # whose fields stand in the artifact


def test_every_class_bears_the_name_of_its_record_and_nobody_exposes_one_twice() -> None:
    records = [found.record.__name__ for cls in RECORDS if (found := exposed(cls))]
    assert records == [cls.__name__ for cls in RECORDS]
    assert len(set(records)) == len(records)


def test_the_fields_of_every_type_are_the_exposed_attributes_and_those_written_by_hand(
    catalog: Catalog, schema: GraphQLSchema
) -> None:
    for record in catalog.records.values():
        if record.type is PresignedUrls:
            continue
        type_ = schema.type_map[record.name]
        assert isinstance(type_, GraphQLObjectType | GraphQLInterfaceType)
        attributes = {name for a in record.attributes if a.exposed for name in shown(a)}
        joining = {a.name for a in catalog.records[PresignedUrls.__name__].attributes}
        by_hand = joining if record.name == "Artifact" else BY_HAND.get(record.name, set())
        assert set(type_.fields) == attributes | by_hand, record.name


def filters(catalog: Catalog, record: Record) -> set[str]:
    """The fields that the filter over a record must have."""
    groups = ((a, catalog.records[a.record.__name__]) for a in record.attributes if a.kind is Kind.GROUP and a.record)
    return {a.name for a in record.attributes if Use.FILTER in a.use and a.exposed} | {
        a.name for a, below in groups if filters(catalog, below)
    }


@pytest.mark.parametrize(("of", "more"), [("Call", {"and", "or", "not", "search"}), ("Customer", {"and", "or", "not"})])
def test_what_can_be_filtered_is_exactly_what_is_declared_so(
    catalog: Catalog, schema: GraphQLSchema, of: str, more: set[str]
) -> None:
    where = schema.type_map[f"{of}Filter"]
    assert isinstance(where, GraphQLInputObjectType)
    record = catalog.call if of == "Call" else catalog.customers
    assert set(where.fields) == filters(catalog, record) | more
    for name in more - {"search"}:
        assert get_named_type(where.fields[name].type) is where


def test_a_calls_customer_can_be_filtered_by_whatever_is_declared_of_customers(
    catalog: Catalog, schema: GraphQLSchema
) -> None:
    below = schema.type_map["CallCustomerFilter"]
    assert isinstance(below, GraphQLInputObjectType)
    assert set(below.fields) == filters(catalog, catalog.records["CallCustomer"])
    assert {"key", "email", "plan"} <= set(below.fields)


def test_values_of_each_kind_are_compared_as_makes_sense_for_them(schema: GraphQLSchema) -> None:
    names = {"StringFilter": Kind.STRING, "FloatFilter": Kind.FLOAT, "BooleanFilter": Kind.BOOLEAN}
    names |= {"DateTimeFilter": Kind.DATETIME, "IDFilter": Kind.ID, "CallStatusFilter": Kind.ENUM}
    for name, kind in names.items():
        comparison = schema.type_map[name]
        assert isinstance(comparison, GraphQLInputObjectType)
        assert set(comparison.fields) == {comparator.value for comparator in COMPARATORS[kind]}


@pytest.mark.parametrize("of", ["Call", "Customer"])
def test_what_can_be_sorted_by_is_exactly_what_is_declared_so(catalog: Catalog, schema: GraphQLSchema, of: str) -> None:
    by = schema.type_map[f"{of}OrderAttribute"]
    assert isinstance(by, GraphQLEnumType)
    columns = catalog.mirrored() if of == "Call" else catalog.mirrored_customer()
    declared = [a for a in columns if Use.SORT in a.use and a.exposed and a.kind is not Kind.STRINGS]
    assert set(by.values) == {(a.flat if of == "Call" else snake(a.name)).upper() for a in declared}
    assert len(by.values) == len(declared)


def test_every_type_that_implements_an_interface_repeats_its_record(schema: GraphQLSchema, catalog: Catalog) -> None:
    for record in catalog.records.values():
        if not isinstance(schema.type_map.get(record.extends or ""), GraphQLInterfaceType):
            continue
        type_ = schema.type_map[record.name]
        assert isinstance(type_, GraphQLObjectType)
        assert [interface.name for interface in type_.interfaces] == [record.extends]


def test_every_closed_set_of_vapi_has_unknown(catalog: Catalog) -> None:
    stated = (a for record in catalog.records.values() for a in record.attributes if not a.computed)
    sets = {a.values for a in stated if a.values is not None}
    assert {values.__name__ for values in sets if "UNKNOWN" not in values.__members__} == set()


def test_a_field_says_its_unit(schema: GraphQLSchema) -> None:
    call = schema.type_map["Call"]
    assert isinstance(call, GraphQLObjectType)
    assert call.fields["cost"].description == "What it cost. In USD."


@pytest.mark.anyio
async def test_two_gateways_with_different_attributes_live_in_one_process() -> None:
    other = PLAN.model_copy(update={"values": ("gold", "silver"), "description": "Another plan.", "keys": ("email",)})
    query = "query ($id: ID!) { call(id: $id) { customer { plan planRaw } } __type(name: NAME) { description } }"
    query = query.replace("NAME", '"CallCustomerPlan"')
    async with (
        gateway() as one,
        gateway(customer=CustomerSettings(attributes=(other,)), identity_key=SecretStr("another identity")) as two,
    ):
        first, second, again = [await ask(client, query, id=WEB_CALL) for client in (one, two, one)]
    assert first["data"]["call"]["customer"] == {"plan": "PRO", "planRaw": "pro"}
    assert second["data"]["call"]["customer"] == {"plan": "UNKNOWN", "planRaw": "ada@example.com"}
    assert second["data"]["__type"]["description"] == "Another plan."
    assert again == first


def test_two_schemas_share_neither_output_types_nor_inputs_nor_enums() -> None:
    one = schema_of(app.catalog_of(settings()))._schema
    two = schema_of(app.catalog_of(settings(call=CallSettings(), customer=CustomerSettings())))._schema
    assert "CallCustomerPlan" in one.type_map
    assert "CallCustomerPlan" not in two.type_map
    for name in ("Call", "CallCustomer", "CallFilter", "CallStatus", "FreshnessState"):
        assert one.type_map[name] is not two.type_map[name]
    fields = [schema.type_map["Call"].fields for schema in (one, two)]  # type: ignore[attr-defined]  # an object type
    assert set(fields[0]) - set(fields[1]) == {BOOKED.name}


@pytest.mark.parametrize("kind", ["String", "Int", "Float", "Boolean", "DateTime", "[String]"])
@pytest.mark.anyio
async def test_an_attribute_of_any_type_can_be_declared_on_call_and_customer(kind: str) -> None:
    own = BOOKED.model_copy(update={"name": "own", "type": kind, "paths": ("nowhere",)})
    call, customer = CallSettings(attributes=(own,)), CustomerSettings(attributes=(own,))
    async with gateway(call=call, customer=customer) as client:
        answer = await ask(client, "query ($id: ID!) { call(id: $id) { own customer { own } } }", id=WEB_CALL)
    assert answer["data"] == {"call": {"own": None, "customer": {"own": None}}}
