"""Shapes: what of an operation is the same whatever its variables are, but for those in ``@skip`` and ``@include``.

A frontend sends few documents and many ids: what a document selects is compiled once, and arguments are bound to it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from cachetools import LRUCache
from graphql import GraphQLError, GraphQLField, GraphQLSchema, OperationDefinitionNode, OperationType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields

from gateway.domain.principal import Scope
from gateway.exact_json import dumps
from gateway.graph.connections import asks_only_total
from gateway.graph.known import Known, held
from gateway.graph.lane.executor import CompilingExecutor, Plans
from gateway.graph.lane.projections import TYPENAME, Compiler, Project

_MOST: Final = 4_000
"""Shapes that are kept."""
_DEFAULT: Final = "default"
_BYTES: Final = 64 * 2**20
"""The memory that they may take, with the documents that they hold on to."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """An operation that asks for one field of the query and compiled ones below it.

    ``names`` are the keys of the answer in their order, ``key`` that of the one field among them; ``before`` and
    ``after`` are what stands around the field's value in the answer.
    """

    known: Known
    name: str | None
    definition: OperationDefinitionNode
    names: tuple[str, ...]
    key: str
    before: bytes
    after: bytes
    field: GraphQLField
    details: FieldDetailsList
    project: Project


@dataclasses.dataclass(frozen=True, slots=True)
class _Kept:
    """A shape, or that there is none, and the memory that it takes with the text that it is known by."""

    shape: Shape | None
    size: int


class Shapes:
    """The shapes of one schema that were used last; ``prepared`` are the fields of the query that can be asked for."""

    def __init__(
        self,
        schema: GraphQLSchema,
        executor: type[CompilingExecutor],
        *,
        plans: Plans,
        prepared: AbstractSet[str],
    ) -> None:
        self._schema = schema
        self._executor = executor
        self._plans = plans
        self._prepared = prepared
        self._kept: LRUCache[Any, _Kept] = LRUCache(_BYTES, getsizeof=lambda kept: kept.size)

    def __len__(self) -> int:
        return len(self._kept)

    def of(
        self, known: Known, name: str | None, variables: Mapping[str, Any], scopes: AbstractSet[Scope]
    ) -> Shape | None:
        """The shape of an operation; None where it has to be executed as usual."""
        key = (known.text, name, _stated(known.switches, variables), scopes)
        if (kept := self._kept.get(key)) is not None:
            return kept.shape
        executor = self.built(known, name, variables, None)
        if not isinstance(executor, CompilingExecutor):  # the variables cannot be used; others may be
            return None
        try:
            shape = self._made(executor, known, name, scopes)
        except GraphQLError:  # null for a directive, of which the executor tells
            shape = None
        made = _Kept(shape, max(_BYTES // _MOST, sys.getsizeof(known.text) if shape is None else held(known.text)))
        if made.size <= _BYTES:
            self._kept[key] = made
        return shape

    def built(self, known: Known, name: str | None, variables: Mapping[str, Any], context: Any) -> Any:
        """The executor of an operation; a list of errors where the variables cannot be used."""
        return self._executor.build(
            self._schema,
            known.document,
            context_value=context,
            raw_variable_values=dict(variables),
            operation_name=name,
            operation_extensions=None,
        )

    def _made(
        self, executor: CompilingExecutor, known: Known, name: str | None, scopes: AbstractSet[Scope]
    ) -> Shape | None:
        """The shape, if the operation is one that can be answered here."""
        if executor.operation.operation is not OperationType.QUERY or (name is None and _operations(known) > 1):
            return None
        fields = self._fields(executor)
        asked = [key for key, details in fields.items() if details[0].node.name.value != TYPENAME]
        details = fields[asked[0]] if len(asked) == 1 else None
        if details is None or details[0].node.name.value not in self._prepared:
            return None
        if asks_only_total(each.node for each in details):  # of such a list nothing is read
            return None
        query: Any = self._schema.query_type
        field = query.fields[details[0].node.name.value]
        project = self._compiler(executor, scopes).completing(field.type, details)
        if project is None:
            return None
        before, after = _around(tuple(fields), asked[0], query.name)
        return Shape(
            known=known,
            name=name,
            definition=executor.operation,
            names=tuple(fields),
            key=asked[0],
            before=before,
            after=after,
            field=field,
            details=details,
            project=project,
        )

    def _fields(self, executor: CompilingExecutor) -> GroupedFieldSet:
        """What is selected of the query."""
        query: Any = self._schema.query_type
        of, variables = executor.operation, executor.variable_values
        return collect_fields(self._schema, executor.fragments, variables, query, of).grouped_field_set

    def _compiler(self, executor: CompilingExecutor, scopes: AbstractSet[Scope]) -> Compiler:
        return Compiler(
            self._schema,
            lambda of, below: executor.collect_subfields(of, below).grouped_field_set,
            scopes,
            self._plans.fragments,
        )


def _around(names: Sequence[str], key: str, typename: str) -> tuple[bytes, bytes]:
    """The data of an answer as JSON, but for the value of one of its keys; all others are the type of the query."""
    at = names.index(key)
    before = [dumps(name) + b":" + dumps(typename) for name in names[:at]]
    after = [dumps(name) + b":" + dumps(typename) for name in names[at + 1 :]]
    return b'{"data":{' + b",".join([*before, dumps(key) + b":"]), b",".join([b"", *after]) + b"}"


def _stated(switches: Iterable[str], variables: Mapping[str, Any]) -> tuple[object, ...]:
    """What is said of variables that directives may ask for; one that is left out has its default."""
    stated = (variables.get(name, _DEFAULT) for name in switches)
    return tuple(value if value is None or isinstance(value, bool) else _DEFAULT for value in stated)


def _operations(known: Known) -> int:
    return sum(isinstance(each, OperationDefinitionNode) for each in known.document.definitions)
