"""Sight: fields that show what whoever asks may see, and nothing else.

What a field needs is known when the schema is built; at each value only the scopes of the principal are looked at. The
fields of attributes that everybody may see stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    default_field_resolver,
)

from gateway.domain.attributes import Sensitivity
from gateway.domain.masking import masked
from gateway.domain.policy import NEEDED, Sight, sight
from gateway.domain.principal import Scope
from gateway.graph.context import Context
from gateway.graph.derive import ReadField

Resolve: TypeAlias = Callable[..., Any]


def limit_sight(schema: GraphQLSchema) -> None:
    """Let the fields of all attributes that not everybody may see ask whom they show them to."""
    for of in schema.type_map.values():
        if isinstance(of, GraphQLObjectType):
            for name, field in of.fields.items():
                _limit(f"{of.name}.{name}", field)


def _limit(place: str, field: GraphQLField) -> None:
    definition = field.extensions.get("strawberry-definition")
    if not isinstance(definition, ReadField):
        return
    if definition.attribute.sensitivity is Sensitivity.SECRET:
        field.resolve = _hidden
        return
    without = sight(definition.attribute, frozenset())
    needed = NEEDED[definition.attribute.sensitivity]
    if without is Sight.SHOWN or needed is None:
        return
    resolve = field.resolve or default_field_resolver
    field.resolve = (_masking if without is Sight.MASKED else _withholding)(place, needed, resolve)


def _hidden(_source: Any, _info: GraphQLResolveInfo[Any], **_: Any) -> None:
    """What is secret stands in no schema; if it ever did, there would be nothing to see."""


def _masking(_place: str, needed: Scope, resolve: Resolve) -> Resolve:
    def resolve_masked(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
        value = resolve(source, info)
        return value if needed in _context(info).principal.scopes else masked(value)

    return resolve_masked


def _withholding(place: str, needed: Scope, resolve: Resolve) -> Resolve:
    def resolve_withheld(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
        context = _context(info)
        return resolve(source, info) if needed in context.principal.scopes else context.withhold(needed, place)

    return resolve_withheld


def _context(info: GraphQLResolveInfo[Any]) -> Context:
    context: Context = info.context
    return context
