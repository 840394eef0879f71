"""The executor: Strawberry's, which lets compiled functions answer what they can, and goes on with the rest.

It is asked for the fields of one object at a time. Those that are compiled are answered in one go; where nothing else
is selected, that is all. What is left (relations, nested lists, whatever has arguments) it resolves as it always does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias, cast

from cachetools import LRUCache
from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from gateway.graph.context import Context
from gateway.graph.known import held
from gateway.graph.lane.fragments import Fragments
from gateway.graph.lane.projections import Compiler, Fault, Project, Selected

PLANS: Final = 2_000
"""Selections that are kept compiled."""
_BYTES: Final = 32 * 2**20
"""The memory that they may take, with the documents that they hold on to."""


class Plan:
    """How the fields of an object are answered: ``whole`` where all of them are compiled, else some, or none.

    It holds on to the nodes that it was made of: other nodes cannot have their identity as long as it lives.
    """

    def __init__(self, fields: GroupedFieldSet, selected: Selected, whole: Project | None) -> None:
        self.nodes = [details.node for each in fields.values() for details in each]
        places = [node.loc for node in self.nodes[:1] if node.loc is not None]
        self.size = sum(held(place.source.body) for place in places)
        """The bytes of the document that the nodes lead to."""
        self.selected = selected
        self.whole = whole


class Plans:
    """The plans of one schema: those that were used last, and the fragments that calls are made of."""

    def __init__(self, fragment_bytes: int, most: int = PLANS) -> None:
        self.fragments = Fragments(fragment_bytes)
        share = _BYTES // most
        self._plans: LRUCache[Any, Plan] = LRUCache(_BYTES, getsizeof=lambda plan: max(share, plan.size))

    def __len__(self) -> int:
        return len(self._plans)

    def plan(self, executor: CompilingExecutor, of: GraphQLObjectType, fields: GroupedFieldSet) -> Plan:
        """The plan for these fields, as the executor's caller may see them."""
        scopes = executor.context_value.principal.scopes
        key = (of.name, scopes, executor.switches(), tuple(_identities(fields)))
        plan = self._plans.get(key)
        if plan is None:
            plan = self._made(executor, of, fields)
            if plan.size <= _BYTES:
                self._plans[key] = plan
        return plan

    def _made(self, executor: CompilingExecutor, of: GraphQLObjectType, fields: GroupedFieldSet) -> Plan:
        def collect(inner: GraphQLObjectType, details: FieldDetailsList) -> GroupedFieldSet:
            return executor.collect_subfields(inner, details).grouped_field_set

        scopes = executor.context_value.principal.scopes
        compiler = Compiler(executor.schema, collect, scopes, self.fragments)
        selected = compiler.selected(of, fields)
        return Plan(fields, selected, None if selected.rest else self.fragments.keeping(of, selected))


Values: TypeAlias = dict[str, Any]


class CompilingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation; ``plans`` are those of the schema."""

    plans: Plans

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._planned: dict[int, tuple[GroupedFieldSet, Plan]] = {}
        self._switches: tuple[tuple[str, bool], ...] | None = None

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        *context: Any,
    ) -> Any:
        """The fields of one object, or an awaitable of them."""
        plan = self._plan(parent_type, grouped_field_set)
        if plan is None or not plan.selected.compiled:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, *context)
        notes = set[Any]()
        try:
            if plan.whole is not None:
                answered = plan.whole(source_value, notes)
                self.context_value.withheld |= notes
                return answered
            compiled = plan.selected.project(source_value, notes)
        except Fault:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, *context)
        self.context_value.withheld |= notes
        rest = {key: grouped_field_set[key] for key in plan.selected.rest}
        others = super().execute_fields(parent_type, source_value, path, rest, *context)
        if self.is_awaitable(others):
            return _together_later(plan.selected, compiled, others)
        return _together(plan.selected, compiled, cast("Values", others))

    def switches(self) -> tuple[tuple[str, bool], ...]:
        """The variables that ``@skip`` and ``@include`` can ask for."""
        if self._switches is None:
            values: Mapping[str, Any] = self.variable_values.coerced
            self._switches = tuple((name, value) for name, value in values.items() if isinstance(value, bool))
        return self._switches

    def _plan(self, of: GraphQLObjectType, fields: GroupedFieldSet) -> Plan | None:
        if not isinstance(self.context_value, Context):  # nobody knows who asks, nor what may be shown
            return None
        planned = self._planned.get(id(fields))
        if planned is None:  # the fields are kept with their plan, or others could get their identity
            planned = self._planned[id(fields)] = (fields, self.plans.plan(self, of, fields))
        return planned[1]


def executor(plans: Plans) -> type[CompilingExecutor]:
    """The executor of a schema with these plans."""
    return type("SchemaExecutor", (CompilingExecutor,), {"plans": plans})


def _identities(fields: GroupedFieldSet) -> Any:
    for key, each in fields.items():
        yield key
        for details in each:
            yield id(details.node)


def _together(selected: Selected, compiled: Values, others: Values) -> Values:
    """The fields in the order in which they are selected."""
    found = {**compiled, **others}
    return {key: found[key] for key in selected.keys if key in found}


async def _together_later(selected: Selected, compiled: Values, others: Any) -> Values:
    return _together(selected, compiled, await others)
