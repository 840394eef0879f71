"""Documents: GraphQL operations that fit a schema, made at random, with their variables."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)

_EITHER_OR: Final = (("first", "last"), ("after", "before"), ("after", "last"), ("before", "first"))
_DEEPEST: Final = 5
_WIDEST: Final = 4
_NESTED_INPUT: Final = 3
_NUMBERS: Final = (0, 1, 2, 3, 5, 20, 100)
_TEXTS: Final = ("ada", "appointment", "a@example.com", "+14155550100", "", "ünï", "%", "_", '"', "\\", "\u200b", "😀")
_MOMENTS: Final = ("2026-08-20T12:00:00Z", "2020-01-01T00:00:00.000+02:00", "2026-08-20", "9999-12-31T23:59:59Z")
_DURATIONS: Final = ("-P1D", "PT0S", "-P2W", "P1Y")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A document with one operation, and what is sent beside it."""

    query: str
    variables: Mapping[str, Any]
    name: str | None


class Documents:
    """Makes operations of a schema; ``known`` are values that mean something, by the arguments that take them."""

    def __init__(self, schema: GraphQLSchema, known: Mapping[str, Sequence[str]]) -> None:
        self._schema = schema
        self._known = known

    def operation(self, chance: random.Random) -> Operation:
        """One that is valid; what it means may still be refused."""
        return _Writing(self._schema, self._known, chance).operation()


class _Writing:
    def __init__(self, schema: GraphQLSchema, known: Mapping[str, Sequence[str]], chance: random.Random) -> None:
        self._schema = schema
        self._known = known
        self._chance = chance
        self._variables: dict[str, tuple[str, Any]] = {}
        self._fragments: list[str] = []
        self._aliases = 0

    def operation(self) -> Operation:
        root = self._schema.query_type
        assert root is not None
        selected = self._selection(root, 0)
        name = self._chance.choice([None, "Asked", "_a1"])
        declared = ", ".join(f"${variable}: {of}" for variable, (of, _) in self._variables.items())
        head = f"query {name or ''}{f'({declared})' if declared else ''}" if name or declared else ""
        variables = {variable: value for variable, (_, value) in self._variables.items()}
        return Operation(query="\n".join([f"{head} {selected}", *self._fragments]), variables=variables, name=name)

    def _selection(self, of: GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType, depth: int) -> str:
        fields = {} if isinstance(of, GraphQLUnionType) else of.fields
        possible = [
            name for name, field in fields.items() if depth < _DEEPEST or is_leaf_type(get_named_type(field.type))
        ]
        chosen = self._chance.sample(possible, min(len(possible), self._chance.randint(1, _WIDEST)))
        written = [self._field(fields[name], name, depth) for name in chosen] or ["__typename"]
        if depth < _DEEPEST and not isinstance(of, GraphQLObjectType) and self._luck(0.7):
            for concrete in self._schema.get_possible_types(of):
                written.append(f"... on {concrete.name} {self._selection(concrete, depth + 1)}")
        if self._luck(0.2):
            written.append("__typename")
        inside = "{ " + " ".join(written) + " }"
        if self._luck(0.1):
            fragment = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {fragment} on {of.name} {inside}")
            return "{ ..." + fragment + " }"
        return inside

    def _field(self, field: Any, name: str, depth: int) -> str:
        """A field under a name of its own, so that no two can be in each other's way."""
        self._aliases += 1
        alias = f"a{self._aliases}"
        below = get_named_type(field.type)
        selected = "" if is_leaf_type(below) else f" {self._selection(below, depth + 1)}"
        return f"{alias}: {name}{self._arguments(field.args)}{self._directive()}{selected}"

    def _arguments(self, arguments: Mapping[str, GraphQLArgument]) -> str:
        chosen = {name for name, of in arguments.items() if isinstance(of.type, GraphQLNonNull) or self._luck(0.35)}
        for one, other in _EITHER_OR:
            if one in chosen:
                chosen.discard(other)
        stated = [f"{name}: {self._value(arguments[name].type, name, 0)}" for name in arguments if name in chosen]
        return f"({', '.join(stated)})" if stated else ""

    def _directive(self) -> str:
        return self._chance.choice([" @include(if: true)", " @skip(if: false)"]) if self._luck(0.05) else ""

    def _value(self, of: GraphQLInputType, name: str, depth: int) -> str:
        """A literal, or a variable that holds the value."""
        made = self._made(of, name, depth)
        if not self._luck(0.3):
            return self._literal(made, of)
        variable = f"v{len(self._variables)}"
        self._variables[variable] = (str(of), made)
        return f"${variable}"

    def _made(self, of: GraphQLInputType, name: str, depth: int) -> Any:
        """A value as JSON has it."""
        if isinstance(of, GraphQLNonNull):
            return self._made(of.of_type, name, depth)
        if isinstance(of, GraphQLList):
            return [self._made(of.of_type, name, depth + 1) for _ in range(self._chance.randint(1, 3))]
        if isinstance(of, GraphQLInputObjectType):
            return {field: self._made(of.fields[field].type, field, depth + 1) for field in self._members(of, depth)}
        if isinstance(of, GraphQLEnumType):
            return self._chance.choice(list(of.values))
        assert isinstance(of, GraphQLScalarType)
        return self._scalar(of.name, name)

    def _members(self, of: GraphQLInputObjectType, depth: int) -> list[str]:
        needed = [name for name, field in of.fields.items() if _is_required(field)]
        free = [name for name in of.fields if name not in needed]
        if depth >= _NESTED_INPUT:
            free = [name for name in free if is_leaf_type(get_named_type(of.fields[name].type))]
        return needed + self._chance.sample(free, min(len(free), self._chance.randint(0 if needed else 1, 2)))

    def _scalar(self, of: str, name: str) -> Any:
        if name in self._known and self._luck(0.9):
            return self._chance.choice(self._known[name])
        kinds: dict[str, Any] = {
            "Int": lambda: self._chance.choice(_NUMBERS),
            "Float": lambda: self._chance.choice([0.0, 1.5, -2.25, 1e9, 7]),
            "Boolean": lambda: self._luck(0.5),
            "DateTime": lambda: self._chance.choice(_MOMENTS),
            "DateTimeOrDuration": lambda: self._chance.choice(_MOMENTS + _DURATIONS),
            "JSON": lambda: {"any": [1, "two", None]},
        }
        return kinds.get(of, lambda: self._chance.choice(_TEXTS))()

    def _literal(self, value: Any, of: GraphQLInputType) -> str:
        """A value of a type as GraphQL writes it."""
        if isinstance(of, GraphQLNonNull):
            return self._literal(value, of.of_type)
        if isinstance(of, GraphQLList):
            return "[" + ", ".join(self._literal(each, of.of_type) for each in value) + "]"
        if isinstance(of, GraphQLInputObjectType):
            return "{" + ", ".join(f"{k}: {self._literal(v, of.fields[k].type)}" for k, v in value.items()) + "}"
        return str(value) if isinstance(of, GraphQLEnumType) else _plain(value)

    def _luck(self, share: float) -> bool:
        return self._chance.random() < share


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_plain(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _is_required(field: GraphQLInputField) -> bool:
    return isinstance(field.type, GraphQLNonNull)
