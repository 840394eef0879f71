"""Operations: those that one function answers from end to end.

Such an operation asks for one field of the query (`Rules.prepared`), and all that it selects below is compiled. What
follows from the document, its variables and the scopes of the caller is found out once and kept: the arguments, what
the operation costs, and the functions. Then answering it is asking a service and encoding what that says. Everything
else is executed as usual; so is what cannot be answered without an error, from what the service has said already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias, cast

from cachetools import LRUCache
from graphql import (
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet, collect_fields
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.domain.principal import Scope
from gateway.errors import BadUserInput, QueryTooComplex
from gateway.exact_json import dumps
from gateway.graph import notices
from gateway.graph.context import Context
from gateway.graph.known import Known, KnownDocuments, held
from gateway.graph.lane.executor import CompilingExecutor, Plans
from gateway.graph.lane.projections import TYPENAME, Compiler, Fault, Project

Resolve: TypeAlias = Callable[[Context, str], Awaitable[Any]]
"""What a field of the query says, for a context and the key of the field in the answer."""
Prepare: TypeAlias = Callable[[Mapping[str, Any]], Resolve]
"""From the arguments of a field to what it says. Raises `BadUserInput` where they cannot be used."""

_MOST: Final = 4_000
"""Operations that are kept, each with its arguments."""
_BYTES: Final = 64 * 2**20
"""The memory that they may take, with the documents that they hold on to."""
_LONGEST: Final = 20_000
"""Bytes of variables beyond which nothing is kept of an operation."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """An operation with its variables: what is asked of whom, what becomes of it, and what it costs.

    ``names`` are the keys of the answer in their order, ``key`` that of the one field among them.
    """

    known: Known
    name: str | None
    variables: Mapping[str, Any] | None
    names: tuple[str, ...]
    key: str
    details: FieldDetailsList
    resolve: Resolve
    project: Project
    cost: dict[str, int] | None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the lane needs to know of a schema: what operations cost, and how the fields of the query are prepared.

    ``cost`` raises `QueryTooComplex`, and says None where nothing is counted.
    """

    cost: Callable[[Known, str | None, Mapping[str, Any]], dict[str, int] | None]
    prepared: Mapping[str, Prepare]
    config: Any
    scalars: Any


class Lane:
    """The operations of one schema that are answered without its executor."""

    def __init__(
        self,
        schema: GraphQLSchema,
        executor: type[CompilingExecutor],
        *,
        documents: KnownDocuments,
        plans: Plans,
        rules: Rules,
    ) -> None:
        self._schema = schema
        self._executor = executor
        self._documents = documents
        self._plans = plans
        self._rules = rules
        self._operations: LRUCache[Any, Operation | None] = LRUCache(_BYTES, getsizeof=_size)

    def __len__(self) -> int:
        return len(self._operations)

    def operation(
        self, text: str, name: str | None, variables: Mapping[str, Any] | None, scopes: AbstractSet[Scope]
    ) -> Operation | None:
        """The operation that a request asks for; None where it has to be executed as usual."""
        known = self._documents.get(text)
        if known is None:
            return None
        try:
            return self._found(known, name, variables, scopes)
        except RecursionError:  # variables nested so deeply are refused in the executor's own words
            return None

    def _found(
        self, known: Known, name: str | None, variables: Mapping[str, Any] | None, scopes: AbstractSet[Scope]
    ) -> Operation | None:
        written = b"" if not variables else dumps(variables)
        if len(written) > _LONGEST:
            return None
        key = (known.text, name, written, scopes)
        if key in self._operations:
            return self._operations[key]
        made = self._made(known, name, variables, scopes)
        if _size(made) <= _BYTES:
            self._operations[key] = made
        return made

    async def answer(self, operation: Operation, context: Context) -> bytes | ExecutionResult:
        """The whole answer as JSON; where there is an error in it, the result that tells of it."""
        context.cost = operation.cost
        try:
            found = await operation.resolve(context, operation.key)
            data = operation.project(found, context.withheld)
        except Fault:
            return await self._told(operation, context, found)
        except Exception as error:  # as the executor does: whatever a resolver raises is an error of its field
            return await self._told(operation, context, error)
        answered = {name: data if name == operation.key else self._root for name in operation.names}
        extensions = extensions_of(context)
        return dumps({"data": answered, "extensions": extensions} if extensions else {"data": answered})

    async def _told(self, operation: Operation, context: Context, found: Any) -> ExecutionResult:
        """What has been found, or why nothing was, told by the executor."""
        executor = self._built(operation.known, operation.name, operation.variables, context)
        query, details = cast("Any", self._schema.query_type), operation.details
        field = query.fields[details[0].node.name.value]
        path = Path(None, operation.key, query.name)
        info = executor.build_resolve_info(field, [each.node for each in details], query, path)
        try:
            value = executor.complete_value(field.type, details, info, path, found, None)
            value = await value if executor.is_awaitable(value) else value
        except Exception as error:
            executor.handle_field_error(error, field.type, details, path)
            value = None
        answered = {name: value if name == operation.key else self._root for name in operation.names}
        return cast("ExecutionResult", executor.build_response(answered))

    @property
    def _root(self) -> str:
        return self._schema.query_type.name if self._schema.query_type else ""

    def _made(
        self, known: Known, name: str | None, variables: Mapping[str, Any] | None, scopes: AbstractSet[Scope]
    ) -> Operation | None:
        """The operation, if it is one that can be answered here."""
        executor = self._built(known, name, variables, None)
        if not isinstance(executor, CompilingExecutor) or executor.operation.operation is not OperationType.QUERY:
            return None
        if name is None and _operations(known) > 1:
            return None
        fields = self._fields(executor)
        asked = [key for key, details in fields.items() if details[0].node.name.value != TYPENAME]
        details = fields[asked[0]] if len(asked) == 1 else None
        if details is None or details[0].node.name.value not in self._rules.prepared:
            return None
        project = self._compiled(executor, details, scopes)
        if project is None:
            return None
        try:
            resolve = self._prepared(executor, details[0].node)
            cost = self._rules.cost(known, name, variables or {})
        except (BadUserInput, QueryTooComplex, GraphQLError):
            return None
        return Operation(
            known=known,
            name=name,
            variables=variables,
            names=tuple(fields),
            key=asked[0],
            details=details,
            resolve=resolve,
            project=project,
            cost=cost,
        )

    def _built(
        self, known: Known, name: str | None, variables: Mapping[str, Any] | None, context: Context | None
    ) -> Any:
        """The executor of an operation; a list of errors where the variables cannot be used."""
        return self._executor.build(
            self._schema,
            known.document,
            context_value=context,
            raw_variable_values=dict(variables) if variables else {},
            operation_name=name,
            operation_extensions=None,
        )

    def _fields(self, executor: CompilingExecutor) -> GroupedFieldSet:
        """What is selected of the query."""
        query, variables = cast("Any", self._schema.query_type), executor.variable_values
        return collect_fields(self._schema, executor.fragments, variables, query, executor.operation).grouped_field_set

    def _compiled(
        self, executor: CompilingExecutor, details: FieldDetailsList, scopes: AbstractSet[Scope]
    ) -> Project | None:
        compiler = Compiler(
            self._schema,
            lambda of, below: executor.collect_subfields(of, below).grouped_field_set,
            scopes,
            self._plans.fragments,
        )
        query: Any = self._schema.query_type
        return compiler.completing(query.fields[details[0].node.name.value].type, details)

    def _prepared(self, executor: CompilingExecutor, node: FieldNode) -> Resolve:
        """The field with its arguments. Raises what makes them unusable, which the executor tells of."""
        prepare = self._rules.prepared[node.name.value]
        query: Any = self._schema.query_type
        field = query.fields[node.name.value]
        given = get_argument_values(field, node, executor.variable_values)
        definition: StrawberryField = field.extensions["strawberry-definition"]
        return prepare(convert_arguments(given, definition.arguments, self._rules.scalars, self._rules.config))


def extensions_of(context: Context) -> dict[str, Any]:
    """What an answer says beside its data, in the order of the schema's extensions."""
    cost = {} if context.cost is None else {"cost": context.cost}
    return {**cost, **notices.coverage(context), **notices.withheld(context)}


def _size(operation: Operation | None) -> int:
    return max(_BYTES // _MOST, 0 if operation is None else held(operation.known.text))


def _operations(known: Known) -> int:
    return sum(isinstance(each, OperationDefinitionNode) for each in known.document.definitions)
