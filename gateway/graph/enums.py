"""Enums: a closed set as GraphQL shows it, every member described."""

from __future__ import annotations

import inspect

from strawberry.types.enum import EnumValue, StrawberryEnumDefinition

from gateway.domain.enums import ClosedSet


def definition(values: type[ClosedSet]) -> StrawberryEnumDefinition:
    """The GraphQL enum of a closed set, by its name; resolvers return its members."""
    members = [EnumValue(member.name, member.value, description=member.doc) for member in values]
    return StrawberryEnumDefinition(values, values.__name__, members, inspect.cleandoc(values.__doc__ or ""))
