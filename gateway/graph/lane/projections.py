"""Projections: selections of pure fields, compiled into plain functions from a value to JSON.

A field is *pure* where its value follows from that of its parent alone: a declared attribute, or one that Strawberry
reads without a resolver. What such fields are selected from is compiled as a whole, with fragments, aliases and
directives resolved, types completed and the policy applied, so that nothing is looked up any more when it runs. All
other fields stay with the executor.

A compiled function is handed the value and the `Notes` of the answer. It raises `Fault` for a value that GraphQL
answers with an error; the executor completes the same value once more then, since it knows how to tell of it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from strawberry.types.field import StrawberryField

from gateway.domain.masking import masked
from gateway.domain.policy import NEEDED, Sight, sight
from gateway.domain.principal import Scope
from gateway.graph.derive import MOMENTARY, ReadField

Notes: TypeAlias = set[tuple[Scope, str]]
"""What an answer withholds: the scope that would show it, and the field."""
Project: TypeAlias = Callable[[Any, Notes], Any]
"""From a value to what stands for it in JSON."""
Collect: TypeAlias = Callable[[GraphQLObjectType, FieldDetailsList], GroupedFieldSet]
"""The fields of a type that are selected below some nodes of a document."""


class Keep(Protocol):
    """What becomes of a type whose selection is compiled as a whole."""

    def keeping(self, of: GraphQLObjectType, selected: Selected) -> Project:
        """The function for one value."""
        ...

    def keeping_all(self, of: GraphQLObjectType, selected: Selected) -> Project | None:
        """The function for a list of values without null, if there is one."""
        ...


TYPENAME: Final = "__typename"


class Fault(Exception):
    """A value that GraphQL has an error for."""


class Selected:
    """What is selected of a type: the compiled fields, and the keys of those that stay with the executor.

    ``momentary`` are the keys of compiled fields whose value is another one at every moment.
    """

    def __init__(self, keys: Sequence[str], compiled: Mapping[str, Project], momentary: AbstractSet[str]) -> None:
        self.keys = tuple(keys)
        self.compiled = tuple(compiled.items())
        self.rest = tuple(key for key in keys if key not in compiled)
        self.momentary = momentary

    def project(self, source: Any, notes: Notes) -> dict[str, Any]:
        """The compiled fields of a value. Raises `Fault`."""
        return {key: project(source, notes) for key, project in self.compiled}


class Compiler:
    """Compiles selections of one operation for callers with these scopes; ``keep`` as `Keep` has it."""

    def __init__(self, schema: GraphQLSchema, collect: Collect, scopes: AbstractSet[Scope], keep: Keep) -> None:
        self._schema = schema
        self._collect = collect
        self._scopes = scopes
        self._keep = keep

    def selected(self, of: GraphQLObjectType, fields: GroupedFieldSet) -> Selected:
        """What is selected of a type."""
        found = {key: self._field(of, details) for key, details in fields.items()}
        compiled = {key: project for key, project in found.items() if project is not None}
        momentary = {key for key in compiled if is_momentary(of.fields.get(fields[key][0].node.name.value))}
        return Selected(tuple(found), compiled, momentary)

    def whole(self, of: GraphQLObjectType, fields: GroupedFieldSet) -> Project | None:
        """The function for all that is selected of a type; None where some of it stays with the executor."""
        selected = self.selected(of, fields)
        return None if selected.rest else self._keep.keeping(of, selected)

    def _field(self, of: GraphQLObjectType, details: FieldDetailsList) -> Project | None:
        node = details[0].node
        if node.name.value == TYPENAME:
            return lambda _source, _notes, name=of.name: name  # type: ignore[misc]  # bound now
        field = of.fields.get(node.name.value)
        read = None if field is None or node.arguments else reader(field)
        complete = None if field is None or read is None else self._completing(field.type, details)
        if field is None or read is None or complete is None:
            return None
        return self._seen(f"{of.name}.{node.name.value}", field, read, complete)

    def _seen(self, place: str, field: GraphQLField, read: Callable[[Any], Any], complete: Project) -> Project | None:
        """The field as it may be seen; see `gateway.graph.sight`."""
        definition = field.extensions["strawberry-definition"]
        if not isinstance(definition, ReadField):
            return lambda source, notes: complete(read(source), notes)
        match sight(definition.attribute, self._scopes), NEEDED.get(definition.attribute.sensitivity):
            case Sight.SHOWN, _:
                return lambda source, notes: complete(read(source), notes)
            case Sight.MASKED, _:
                return lambda source, notes: complete(masked(read(source)), notes)
            case Sight.WITHHELD, Scope() as needed:
                return _withheld((needed, place))
        return None  # a secret: how nobody sees it is for the plain path to say

    def _completing(self, of: Any, details: FieldDetailsList) -> Project | None:
        """The same for a field's type; a directive below it that is given null is an error of that field alone."""
        try:
            return self.completing(of, details)
        except GraphQLError:
            return None

    def completing(self, of: Any, details: FieldDetailsList) -> Project | None:
        """The function that completes a value of any type, null included; None where the executor has to."""
        if isinstance(of, GraphQLNonNull):
            complete = self.completing(of.of_type, details)
            return complete and _required(complete)
        match of:
            case GraphQLList(of_type=GraphQLNonNull(of_type=GraphQLObjectType() as each)):
                return self._list(each, details)
            case GraphQLList(of_type=inner):
                complete = self.completing(inner, details)
                return complete and _each(complete)
            case GraphQLObjectType():
                complete = self.whole(of, self._collect(of, details))
                return complete and _optional(complete)
            case GraphQLInterfaceType():
                return self._interface(of, details)
        return _leaf(of)

    def _list(self, of: GraphQLObjectType, details: FieldDetailsList) -> Project | None:
        """A list of objects, none of them null."""
        selected = self.selected(of, self._collect(of, details))
        if selected.rest:
            return None
        return self._keep.keeping_all(of, selected) or _each(_required(_optional(self._keep.keeping(of, selected))))

    def _interface(self, of: GraphQLInterfaceType, details: FieldDetailsList) -> Project | None:
        """An interface whose values tell their type by the name of their class."""
        if of.resolve_type is None:
            return None
        by_name: dict[str, Project] = {}
        for possible in self._schema.get_possible_types(of):
            complete = self.whole(possible, self._collect(possible, details))
            if complete is None:
                return None
            by_name[possible.name] = complete
        return _of_its_type(by_name)


def reader(field: GraphQLField) -> Callable[[Any], Any] | None:
    """How a pure field is read from its parent's value; None where it is not pure."""
    definition = field.extensions.get("strawberry-definition")
    if isinstance(definition, ReadField):
        return definition.read
    if isinstance(definition, StrawberryField) and definition.base_resolver is None:
        return operator.attrgetter(definition.python_name)
    return None


def is_momentary(field: GraphQLField | None) -> bool:
    """Whether a field's value changes by itself, so that nothing can be kept of it."""
    definition = field.extensions.get("strawberry-definition") if field is not None else None
    return isinstance(definition, StrawberryField) and MOMENTARY in definition.metadata


def _withheld(note: tuple[Scope, str]) -> Project:
    def withhold(_source: Any, notes: Notes) -> None:
        notes.add(note)

    return withhold


def _required(complete: Project) -> Project:
    def required(value: Any, notes: Notes) -> Any:
        found = complete(value, notes)
        if found is None:
            raise Fault
        return found

    return required


def _optional(complete: Project) -> Project:
    return lambda value, notes: None if value is None else complete(value, notes)


def _each(complete: Project) -> Project:
    def each(value: Any, notes: Notes) -> list[Any] | None:
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise Fault
        return [complete(item, notes) for item in value]

    return each


def _leaf(of: GraphQLScalarType | GraphQLEnumType) -> Project:
    coerce = of.coerce_output_value

    def leaf(value: Any, _notes: Notes) -> Any:
        if value is None:
            return None
        try:
            found = coerce(value)
        except Exception as error:  # whatever it is, the executor tells of it
            raise Fault from error
        if found is None:
            raise Fault
        return found

    return leaf


def _of_its_type(by_name: Mapping[str, Project]) -> Project:
    def of_its_type(value: Any, notes: Notes) -> Any:
        if value is None:
            return None
        complete = by_name.get(type(value).__name__)
        if complete is None:
            raise Fault
        return complete(value, notes)

    return of_its_type
