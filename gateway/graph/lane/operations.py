"""Operations: those that one function answers from end to end.

Such an operation asks for one field of the query (`Rules.prepared`), and all that it selects below is compiled: it has
a shape (`gateway.graph.lane.shapes`), to which its variables are bound. Then answering it is asking a service and
encoding what that says. Everything else is executed as usual; so is what cannot be answered without an error, from
what the service has said already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, get_variable_values
from graphql.execution.values import get_argument_values
from graphql.pyutils import Path
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.domain.principal import Scope
from gateway.errors import BadUserInput, QueryTooComplex
from gateway.exact_json import dumps
from gateway.graph import notices
from gateway.graph.context import Context
from gateway.graph.known import Known, KnownDocuments
from gateway.graph.lane.executor import CompilingExecutor, Plans
from gateway.graph.lane.shapes import Shape, Shapes

Resolve: TypeAlias = Callable[[Context, str], Awaitable[Any]]
"""What a field of the query says, for a context and the key of the field in the answer."""
Prepare: TypeAlias = Callable[[Mapping[str, Any]], Resolve]
"""From the arguments of a field to what it says. Raises `BadUserInput` where they cannot be used."""

_NONE: Final[Mapping[str, Any]] = {}


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """An operation with its variables: what is asked of whom, what becomes of it, and what it costs.

    ``beside`` is what stands behind the data of an answer that has no more to say.
    """

    shape: Shape
    variables: Mapping[str, Any]
    resolve: Resolve
    cost: dict[str, int] | None
    beside: bytes


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
        self._documents = documents
        self._shapes = Shapes(schema, executor, plans=plans, prepared=rules.prepared.keys())
        self._rules = rules

    def __len__(self) -> int:
        return len(self._shapes)

    def operation(
        self, text: str, name: str | None, variables: Mapping[str, Any] | None, scopes: AbstractSet[Scope]
    ) -> Operation | None:
        """The operation that a request asks for; None where it has to be executed as usual."""
        known = self._documents.get(text)
        if known is None:
            return None
        try:
            shape = self._shapes.of(known, name, variables or _NONE, scopes)
            return None if shape is None else self._bound(shape, variables or _NONE)
        except (BadUserInput, QueryTooComplex, GraphQLError, RecursionError):  # the executor has the words for them
            return None

    async def answer(self, operation: Operation, context: Context) -> bytes | ExecutionResult:
        """The whole answer as JSON; where there is an error in it, the result that tells of it."""
        context.cost, shape = operation.cost, operation.shape
        try:
            found = await operation.resolve(context, shape.key)
        except Exception as error:  # as the executor does: whatever a resolver raises is an error of its field
            return await self._told(operation, context, error)
        try:
            data = shape.project(found, context.withheld)
        except Exception:  # mostly a `Fault`; the executor finds where it is, and tells of it there
            return await self._told(operation, context, found)
        has_notices = context.uncovered or context.withheld
        beside = _beside(extensions_of(context)) if has_notices else operation.beside
        return b"".join((shape.before, dumps(data), shape.after, beside))

    async def _told(self, operation: Operation, context: Context, found: Any) -> ExecutionResult:
        """What has been found, or why nothing was, told by the executor."""
        shape = operation.shape
        executor = self._shapes.built(shape.known, shape.name, operation.variables, context)
        path = Path(None, shape.key, self._root)
        nodes = [each.node for each in shape.details]
        info = executor.build_resolve_info(shape.field, nodes, cast("Any", self._schema.query_type), path)
        try:
            value = executor.complete_value(shape.field.type, shape.details, info, path, found, None)
            value = await value if executor.is_awaitable(value) else value
        except Exception as error:
            executor.handle_field_error(error, shape.field.type, shape.details, path)
            value = None
        answered = {name: value if name == shape.key else self._root for name in shape.names}
        return cast("ExecutionResult", executor.build_response(answered))

    @property
    def _root(self) -> str:
        return self._schema.query_type.name if self._schema.query_type else ""

    def _bound(self, shape: Shape, variables: Mapping[str, Any]) -> Operation | None:
        """The operation with these variables; None where they cannot be used. Raises what makes arguments unusable."""
        defined = shape.definition.variable_definitions or ()
        values = get_variable_values(self._schema, defined, dict(variables))
        if isinstance(values, list):
            return None
        definition: StrawberryField = shape.field.extensions["strawberry-definition"]
        stated = get_argument_values(shape.field, shape.details[0].node, values)
        given = convert_arguments(stated, definition.arguments, self._rules.scalars, self._rules.config)
        resolve = self._rules.prepared[shape.details[0].node.name.value](given)
        cost = self._rules.cost(shape.known, shape.name, variables)
        names = {each.variable.name.value for each in defined}
        stated = {name: value for name, value in variables.items() if name in names}  # others would only be kept
        return Operation(shape, stated, resolve, cost, _beside(_costs(cost)))


def extensions_of(context: Context) -> dict[str, Any]:
    """What an answer says beside its data, in the order of the schema's extensions."""
    return {**_costs(context.cost), **notices.coverage(context), **notices.withheld(context)}


def _costs(cost: dict[str, int] | None) -> dict[str, Any]:
    return {} if cost is None else {"cost": cost}


def _beside(extensions: dict[str, Any]) -> bytes:
    """What stands behind the data of an answer."""
    return b',"extensions":' + dumps(extensions) + b"}" if extensions else b"}"
