"""Cost: what executing an operation may take, as a number, from its document and its variables alone.

Every field that may be answered costs 1, which is about five microseconds of work. A list multiplies what is selected
of its elements by how many there may be: `first` or `last` of a page, the number of `ids`, or what is usual
(`SIZES`). What has to be asked of Vapi or of the database costs more (`WEIGHTS`). A field counts whatever ``@skip`` and
``@include`` say of it, and as often as it is written; where a thing can be of several types, the fields of all count.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

WEIGHTS: Final[Mapping[str, int]] = {
    "Query.call": 10,
    "Query.node": 10,
    "Query.nodes": 10,
    "Query.customer": 10,
    "Query.calls": 10,
    "Query.customers": 10,
    "Query.mirror": 10,
    "Query.callStats": 200,
    "Customer.calls": 10,
    "CallCustomer.profile": 2,
    "CallConnection.totalCount": 50,
    "CustomerConnection.totalCount": 50,
    "Call.assistant": 10,
    "Call.squad": 10,
    "Call.phoneNumber": 10,
    "Call.document": 50,
    "CallEdge.highlights": 10,
    "Artifact.presignedMonoUrl": 10,
    "Artifact.presignedStereoUrl": 10,
    "Artifact.presignedVideoUrl": 10,
    "Artifact.presignedAssistantUrl": 10,
    "Artifact.presignedCustomerUrl": 10,
    "Artifact.presignedPcapUrl": 10,
    "Artifact.presignedLogUrl": 10,
    "Artifact.presignedUrlsExpiresAt": 10,
}
"""What a field costs where it is more than 1; `Query.nodes` for each id."""

SEARCH: Final = 50
"""What each `search` in a filter costs beside the list."""

SIZES: Final[Mapping[str, int]] = {
    "Artifact.messages": 50,
    "Artifact.messagesOpenAIFormatted": 50,
    "PerformanceMetrics.turnLatencies": 20,
    "CallEdge.highlights": 5,
    "Highlight.found": 2,
    "CallCustomer.provenance": 8,
    "CallStats.groups": 100,
    "CallGroup.keys": 2,
}
"""How many elements a list usually has that is no page, where it is not `USUAL`."""

USUAL: Final = 10
PAGE: Final = 20
"""The page of a list that states none."""
MOST_NODES: Final = 100

_MOST_DIGITS: Final = 20
_ITEMS: Final = ("edges", "nodes")
_INTROSPECTION: Final = {"__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}
_OF_A_TYPE: Final = ("fields", "inputFields", "enumValues", "interfaces", "possibleTypes")


@dataclasses.dataclass(frozen=True, slots=True)
class _Price:
    """What one field of the schema costs; ``of`` is the type that is selected from.

    ``times`` is how many there are of it, ``paged`` whether a page size is stated beside it, ``item`` whether there are
    as many as the page has, ``ids`` whether there are as many as are named.
    """

    weight: int
    times: int
    of: str
    paged: bool
    item: bool
    ids: bool


class _Place(NamedTuple):
    """Where something is selected: of which type, below which field, and on a page of which size."""

    of: str
    below: str
    page: int


class Tariff:
    """The prices of a schema's fields; ``largest_page`` is what a page is counted as that is none."""

    def __init__(self, schema: GraphQLSchema, *, largest_page: int) -> None:
        self._largest_page = largest_page
        self._prices = dict(_prices(schema))
        self._listed = _usual_of_types(schema)
        self._root = schema.query_type.name if schema.query_type else ""

    def cost(self, document: DocumentNode, operation_name: str | None, variables: Mapping[str, Any]) -> int:
        """What the operation of this name costs; the document is a valid one, the variables may be anything."""
        operation = next(operation for operation in _operations(document) if _is(operation, operation_name))
        bill = _Bill(self, document, operation, variables)
        return bill.of(operation.selection_set, _Place(self._root, "", PAGE))

    def price(self, place: _Place, name: str) -> _Price | None:
        """The price of a field at a place; None for what costs 1 and has nothing below it."""
        price = self._prices.get((place.of, name))
        if price is not None and place.below == "__Schema.types" and name in self._listed:
            return dataclasses.replace(price, times=self._listed[name])
        return price

    def page(self, stated: int) -> int:
        """How many a page may have; what no page can have is refused later, and counts as the largest."""
        return stated if 0 < stated <= self._largest_page else self._largest_page


class _Bill:
    """What one operation costs: each fragment is counted once for each place that it is spread at."""

    def __init__(
        self,
        tariff: Tariff,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: Mapping[str, Any],
    ) -> None:
        self._tariff = tariff
        self._variables = variables
        self._defaults = {v.variable.name.value: v.default_value for v in operation.variable_definitions or ()}
        self._fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        self._counted: dict[tuple[str, str, int], int] = {}
        self._searches: dict[str, int] = {}

    def of(self, selected: SelectionSetNode, place: _Place) -> int:
        """What is selected at a place."""
        return sum(self._selection(selection, place) for selection in selected.selections)

    def _selection(self, selection: Any, place: _Place) -> int:
        if isinstance(selection, FieldNode):
            return self._field(selection, place)
        if isinstance(selection, InlineFragmentNode):
            return self.of(selection.selection_set, _narrowed(place, selection))
        return self._fragment(selection.name.value, place)

    def _fragment(self, name: str, place: _Place) -> int:
        key = (name, place.below, place.page)
        if key not in self._counted:
            fragment = self._fragments[name]
            self._counted[key] = self.of(fragment.selection_set, _narrowed(place, fragment))
        return self._counted[key]

    def _field(self, field: FieldNode, place: _Place) -> int:
        price = self._tariff.price(place, field.name.value)
        if price is None:
            return 1
        weight, times, page = price.weight, price.times, PAGE
        if price.paged:
            page = self._page(field)
            weight += SEARCH * self._searches_in(_argument(field, "where"))
        elif price.item:
            times = place.page
        elif price.ids:
            times = self._ids(field)
            weight *= times
        if field.selection_set is None:
            return weight
        below = _Place(price.of, f"{place.of}.{field.name.value}", page)
        return weight + times * self.of(field.selection_set, below)

    def _page(self, field: FieldNode) -> int:
        stated = (self._stated(field, name) for name in ("first", "last"))
        return self._tariff.page(next((number for each in stated if (number := _number(each)) is not None), PAGE))

    def _ids(self, field: FieldNode) -> int:
        stated = self._stated(field, "ids")
        many = stated.values if isinstance(stated, ListValueNode) else stated
        return min(len(many), MOST_NODES) if isinstance(many, list | tuple) else 1

    def _stated(self, field: FieldNode, name: str) -> object:
        """The value of an argument: a node of the document, or what a variable holds."""
        node = _argument(field, name)
        if not isinstance(node, VariableNode):
            return node
        return self._variables.get(node.name.value, self._defaults.get(node.name.value))

    def _searches_in(self, stated: object) -> int:
        """How many searches there are in a filter, however deep; its size is bounded by that of the request."""
        found, left = 0, [stated]
        while left:
            match left.pop():
                case VariableNode(name=name):
                    found += self._searches_of(name.value)
                case ListValueNode(values=values):
                    left += values
                case ObjectValueNode(fields=fields):
                    found += sum(f.name.value == "search" and not isinstance(f.value, NullValueNode) for f in fields)
                    left += [f.value for f in fields]
                case list() as values:
                    left += values
                case dict() as members:
                    found += members.get("search") is not None
                    left += members.values()
        return found

    def _searches_of(self, variable: str) -> int:
        """The searches in a variable: counted once, since callers may send a megabyte and use it a hundred times."""
        if variable not in self._searches:
            held = self._variables.get(variable, self._defaults.get(variable))
            self._searches[variable] = self._searches_in(held)
        return self._searches[variable]


def _prices(schema: GraphQLSchema) -> Iterator[tuple[tuple[str, str], _Price]]:
    """The price of every field."""
    sizes = {**SIZES, **_introspected(schema)}
    for of in schema.type_map.values():
        if isinstance(of, GraphQLObjectType | GraphQLInterfaceType):
            fields = {**of.fields, **(_INTROSPECTION if of is schema.query_type else {})}
            for name, field in fields.items():
                yield (of.name, name), _price(of.name, name, field, sizes)


def _price(of: str, name: str, field: GraphQLField, sizes: Mapping[str, int]) -> _Price:
    coordinate = f"{of}.{name}"
    return _Price(
        weight=WEIGHTS.get(coordinate, 1),
        times=sizes.get(coordinate, USUAL) if _is_list(field) else 1,
        of=get_named_type(field.type).name,
        paged="first" in field.args,
        item=of.endswith("Connection") and name in _ITEMS,
        ids="ids" in field.args,
    )


def _introspected(schema: GraphQLSchema) -> dict[str, int]:
    """How long the lists of introspection are at most."""
    types = [_lengths(of) for of in schema.type_map.values()]
    longest = {f"__Type.{name}": max(of[name] for of in types) for name in _OF_A_TYPE}
    return {**longest, "__Schema.types": len(types), "__Schema.directives": len(schema.directives), "__Field.args": 1}


def _usual_of_types(schema: GraphQLSchema) -> dict[str, int]:
    """How long they are for a type on the average: where all types are listed, that times all types is the truth."""
    types = [_lengths(of) for of in schema.type_map.values()]
    return {name: math.ceil(sum(of[name] for of in types) / len(types)) for name in _OF_A_TYPE}


def _lengths(of: object) -> dict[str, int]:
    return {
        "fields": len(of.fields) if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else 0,
        "inputFields": len(of.fields) if isinstance(of, GraphQLInputObjectType) else 0,
        "enumValues": len(of.values) if isinstance(of, GraphQLEnumType) else 0,
        "interfaces": len(of.interfaces) if isinstance(of, GraphQLObjectType | GraphQLInterfaceType) else 0,
        "possibleTypes": USUAL if isinstance(of, GraphQLInterfaceType) else 0,
    }


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(field.type.of_type if is_non_null_type(field.type) else field.type)


def _operations(document: DocumentNode) -> Iterator[OperationDefinitionNode]:
    return (d for d in document.definitions if isinstance(d, OperationDefinitionNode))


def _is(operation: OperationDefinitionNode, name: str | None) -> bool:
    return name is None or (operation.name is not None and operation.name.value == name)


def _number(stated: object) -> int | None:
    """A whole number as GraphQL takes it; None for anything else, and for more digits than any number needs."""
    if isinstance(stated, IntValueNode):
        return int(stated.value) if len(stated.value) < _MOST_DIGITS else None
    if isinstance(stated, float) and stated.is_integer():
        return int(stated)
    return stated if isinstance(stated, int) and not isinstance(stated, bool) else None


def _argument(field: FieldNode, name: str) -> ValueNode | None:
    return next((each.value for each in field.arguments or () if each.name.value == name), None)


def _narrowed(place: _Place, fragment: InlineFragmentNode | FragmentDefinitionNode) -> _Place:
    condition = fragment.type_condition
    return place if condition is None else place._replace(of=condition.name.value)
