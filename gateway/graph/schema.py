"""The schema: built at start from a catalog, once for each set of settings."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, cast

import strawberry
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLInputObjectType,
    NoSchemaIntrospectionCustomRule,
    parse,
    specified_rules,
    validate,
)
from graphql import ExecutionResult as GraphQLResult
from graphql.utilities import coerce_input_value, validate_input_value
from strawberry.extensions import DisableIntrospection, SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types.arguments import convert_argument
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext, ExecutionResult
from strawberry.types.field import StrawberryField

from gateway.domain.catalog import Catalog
from gateway.domain.filters import Predicate
from gateway.errors import BadUserInput
from gateway.graph import faults, types
from gateway.graph.context import Context
from gateway.graph.cost import Tariff
from gateway.graph.derive import Deriver, exposed
from gateway.graph.known import Knowing, Known, KnownDocuments
from gateway.graph.lane.executor import CompilingExecutor, Plans, executor
from gateway.graph.lane.operations import Lane, Rules, extensions_of
from gateway.graph.limits import Limiting, Limits, check, check_cost, check_tokens, parse_options, rules, told_cost
from gateway.graph.lists import Lists
from gateway.graph.notices import CoverageNotice, WithheldNotice
from gateway.graph.operations import OneOperation
from gateway.graph.predicates import Predicates
from gateway.graph.presigned import presigned_fields
from gateway.graph.queries import Query, prepared_call, prepared_customer
from gateway.graph.scalars import SCALARS
from gateway.graph.sight import limit_sight
from gateway.graph.stats.fields import StatsFields, hasten
from gateway.graph.stats.types import CallGroup
from gateway.observe.events import Listener, silence

RECORDS: Final = tuple(cls for _, cls in inspect.getmembers(types, inspect.isclass) if exposed(cls))
"""Every class that exposes a record."""


def _refuse(argument: str, stated: Any, error: GraphQLError, path: list[str | int]) -> None:
    """Raise `BadUserInput` for what stands at a path of a filter."""
    at = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    for step in path:
        stated = stated[step]
    raise BadUserInput(f"{argument}{at}", stated, error.message.rstrip("."))


class CatalogSchema(strawberry.Schema):
    """A Strawberry schema whose types get their fields from a catalog.

    Without ``limits`` operations may be of any size. Without ``introspection`` nobody can ask for the schema itself;
    without ``suggestions`` errors name nothing that the caller did not. ``compiled_bytes`` is the memory for what the
    compiled `gateway.graph.lane` keeps; with None nothing is compiled.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        limits: Limits | None = None,
        introspection: bool = True,
        suggestions: bool = True,
        compiled_bytes: int | None = None,
        listen: Listener = silence,
    ) -> None:
        self.catalog = catalog
        self._limits = limits
        self._introspection = introspection
        self._suggestions = suggestions
        self._listen = listen
        self._deriver = Deriver(catalog, RECORDS)
        self._lists = Lists(catalog, self._deriver)
        self._stats = StatsFields(catalog, self._lists.filters.call)
        self._derived: dict[type, list[StrawberryField]] = {}
        self.documents = KnownDocuments()
        plans = None if compiled_bytes is None else Plans(compiled_bytes)
        compiling = None if plans is None else executor(plans)
        super().__init__(
            query=Query,
            types=RECORDS,
            extensions=[OneOperation, CoverageNotice, WithheldNotice],
            config=StrawberryConfig(scalar_map=SCALARS),
            execution_context_class=compiling,
        )
        self._tariff = Tariff(self._schema, largest_page=limits.page_size) if limits else None
        self.extensions = (partial(Knowing, self.documents), *self._guards(), *self.extensions)
        limit_sight(self._schema)
        hasten(self._schema)
        self.lane = None if plans is None or compiling is None else self._lane(plans, compiling)

    def _guards(self) -> Iterator[Callable[[], SchemaExtension]]:
        """What refuses operations before they are executed."""
        if self._limits and self._tariff:
            yield partial(Limiting, self._limits, self._tariff)
        if not self._introspection:
            yield DisableIntrospection

    def _lane(self, plans: Plans, compiling: type[CompilingExecutor]) -> Lane:
        rules = Rules(
            cost=self._cost,
            prepared={
                "call": prepared_call,
                "calls": self._lists.prepared_calls,
                "customer": prepared_customer,
                "customers": self._lists.prepared_customers,
            },
            config=self.config,
            scalars=self.schema_converter.scalar_registry,
        )
        return Lane(self._schema, compiling, documents=self.documents, plans=plans, rules=rules)

    def _cost(self, known: Known, name: str | None, variables: Mapping[str, Any]) -> dict[str, int] | None:
        if self._limits is None or self._tariff is None:
            return None
        found = self._tariff.cost(known.document, name, variables)
        check_cost(found, self._limits)
        return told_cost(found, self._limits)

    def predicate(self, of: str, stated: Any, now: dt.datetime, argument: str) -> Predicate:
        """What a filter of this record (``Call``, ``Customer``) amounts to that is stated as plain JSON.

        Raises:
            BadUserInput: it is none; the message says where it goes wrong.
        """
        name = f"{of}Filter"
        filter_type = cast("GraphQLInputObjectType", self._schema.type_map[name])
        validate_input_value(stated, filter_type, partial(_refuse, argument, stated), not self._suggestions)
        coerced = coerce_input_value(stated, filter_type)
        filters = self._lists.filters
        own = {"CallFilter": filters.call, "CustomerFilter": filters.customer}[name]
        made = convert_argument(coerced, own, self.schema_converter.scalar_registry, self.config)
        return Predicates(self.catalog, now, argument).of(made, self.catalog.records[of])

    def judge(self, text: str) -> None:
        """Whether a document could be executed, but for what it costs, which its variables decide.

        Raises:
            GraphQLError: it is no GraphQL, or does not fit the schema; the first thing that is wrong with it.
            QueryTooComplex: it is beyond a limit.
        """
        document = self._parsed(text)
        held_to = specified_rules if self._introspection else (*specified_rules, NoSchemaIntrospectionCustomRule)
        if self._limits is not None:
            check(document, self._limits)
            held_to = rules(self._limits, held_to)
        for error in validate(self._schema, document, held_to):
            raise error

    def _parsed(self, text: str) -> DocumentNode:
        if self._limits is None:
            return parse(text)
        try:
            return parse(text, **cast("Any", parse_options(self._limits)))
        except GraphQLError as error:
            check_tokens([error], self._limits)
            raise

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """A type's own fields, and those that follow from the catalog."""
        origin = type_definition.origin
        if origin not in self._derived:  # asked for more than once, and a field must stay the same
            self._derived[origin] = self._derive(origin)
        return [*type_definition.fields, *self._derived[origin]]

    def _derive(self, cls: type) -> list[StrawberryField]:
        if cls is Query:
            return [self._lists.calls(), self._lists.customers(), self._stats.call_stats()]
        if cls is CallGroup:
            return self._stats.of_group()
        return [*self._deriver.fields(cls), *self._joining(cls)]

    def _joining(self, cls: type) -> list[StrawberryField]:
        """The fields of a type that are made for one schema."""
        if cls is types.Artifact:
            return presigned_fields(self.catalog, self._deriver)
        return [self._lists.calls_of_customer()] if cls is types.Customer else []

    def told(self, result: GraphQLResult, context: Context) -> ExecutionResult:
        """What the lane has come to, with its errors explained, as an execution would have it."""
        if result.errors:
            self._explain(result.errors, context.request_id, validating=False)
        return ExecutionResult(result.data, result.errors, extensions=extensions_of(context))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give errors their codes instead of logging each with its source, which one hostile query can make a flood."""
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else "none"
        validating = execution_context is not None and execution_context.result is None
        self._explain(errors, request_id, validating=validating)

    def _explain(self, errors: list[GraphQLError], request_id: str, *, validating: bool) -> None:
        faults.explain(errors, validating=validating, request_id=request_id, listen=self._listen)
        if not self._suggestions:
            faults.keep_quiet(errors)
