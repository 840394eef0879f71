"""Limits: how large a document may be, in numbers, judged before anything in it is validated or executed.

==================  ==================================================================================================
``tokens``          names, numbers, texts and signs; comments may be as many; counting stops at the first too many
``depth``           fields below each other; what is spread counts where it is spread
``aliases``         fields under a name of the caller's
``directives``      such as ``@include``, wherever they stand
``rootFields``      fields of the query itself
``selections``      fields, spreads and inline fragments, with every fragment written out where it is spread
``comparisons``     what finding out takes whether fields of one name can be one field, in graphql-core's own unit;
                    judged while the document is validated, and counting stops at the first too many
``cost``            what executing it may take, by `gateway.graph.cost`; judged after validation
==================  ==================================================================================================

Validating can take time that grows with the square of a document, and fragments that spread fragments can stand for
more fields than there are atoms; so all but the last two are found in one pass over the document, which counts a
fragment once and then adds numbers. All operations of a document count together, since all of them are validated.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final, cast

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionSetNode,
    ValidationContext,
    VariableDefinitionNode,
)
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.types.execution import ParseOptions

from gateway.errors import QueryTooComplex
from gateway.graph.context import Context
from gateway.graph.cost import Tariff

_TOO_MANY_TOKENS: Final = "Syntax Error: Document contains more than "
_MOST: Final = 2**31 - 1
"""The largest number that is told: clients read it as GraphQL's Int."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a document may have of each; the setting of one is ``GATEWAY_QUERY_…``.

    ``page_size`` is what `gateway.services` hold pages to; here it is how large one can be at most.
    """

    tokens: int
    depth: int
    aliases: int
    directives: int
    root_fields: int
    selections: int
    comparisons: int
    cost: int
    page_size: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a document, or a part of it, has of each."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    selections: int = 0


@dataclasses.dataclass(slots=True)
class _Spread:
    """How often a part spreads a fragment, how deep at most, and how often where the part itself begins."""

    times: int = 0
    depth: int = 0
    at_root: int = 0


@dataclasses.dataclass(slots=True)
class _Part:
    """An operation or a fragment as it is written: its own size, and what it spreads how often, and how deep."""

    depth: int = 0
    aliases: int = 0
    directives: int = 0
    root_fields: int = 0
    selections: int = 0
    spreads: dict[str, _Spread] = dataclasses.field(default_factory=dict)
    """By the fragment's name."""


def size(document: DocumentNode) -> Size:
    """How large a document is, in time that grows with its text alone, circles of fragments included."""
    fragments = {d.name.value: _part(d) for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operations = [_part(d) for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    written_out: dict[str, Size] = {}
    for name in _innermost_first(fragments):
        written_out[name] = _with_spreads(fragments[name], written_out)
    sizes = [_with_spreads(operation, written_out) for operation in operations]
    return Size(
        depth=max((one.depth for one in sizes), default=0),
        aliases=sum(one.aliases for one in sizes),
        directives=sum(one.directives for one in sizes),
        root_fields=sum(one.root_fields for one in sizes),
        selections=sum(one.selections for one in sizes),
    )


def check(document: DocumentNode, limits: Limits) -> None:
    """Raise `QueryTooComplex` for a document that is beyond one of the limits that a document itself can be beyond."""
    found = size(document)
    for field in dataclasses.fields(found):
        _check(field.name, getattr(found, field.name), getattr(limits, field.name))


def check_cost(found: int, limits: Limits) -> None:
    """Raise `QueryTooComplex` for an operation that costs more than it may."""
    _check("cost", found, limits.cost)


def told_cost(found: int, limits: Limits) -> dict[str, int]:
    """What ``extensions.cost`` says."""
    return {"requested": found, "limit": limits.cost}


def parse_options(limits: Limits) -> dict[str, int]:
    """What graphql-core's parser must be told."""
    return {"max_lexical_tokens": limits.tokens, "max_comments": limits.tokens}


def check_tokens(errors: Iterable[GraphQLError], limits: Limits) -> None:
    """Raise `QueryTooComplex` where the parser has given up for the number of tokens."""
    if any(error.message.startswith(_TOO_MANY_TOKENS) for error in errors):
        _check("tokens", limits.tokens + 1, limits.tokens)


def _check(name: str, found: int, limit: int) -> None:
    if found > limit:
        first, *others = name.split("_")
        measure = first + "".join(map(str.capitalize, others))
        raise QueryTooComplex(measure, min(found, _MOST), limit, f"GATEWAY_QUERY_{name.upper()}")


def _part(definition: OperationDefinitionNode | FragmentDefinitionNode) -> _Part:
    part = _Part(directives=len(definition.directives or ()))
    variables: Iterable[VariableDefinitionNode] = definition.variable_definitions or ()
    part.directives += sum(len(variable.directives or ()) for variable in variables)
    _count(definition.selection_set, 1, part)
    return part


def _count(selected: SelectionSetNode, depth: int, part: _Part) -> None:
    """Add what is selected to a part; the parser bounds how deep this goes."""
    for selection in selected.selections:
        part.selections += 1
        part.directives += len(selection.directives or ())
        match selection:
            case FieldNode():
                part.depth = max(part.depth, depth)
                part.aliases += selection.alias is not None
                part.root_fields += depth == 1
                if selection.selection_set is not None:
                    _count(selection.selection_set, depth + 1, part)
            case InlineFragmentNode():
                _count(selection.selection_set, depth, part)
            case FragmentSpreadNode():
                spread = part.spreads.setdefault(selection.name.value, _Spread())
                spread.times += 1
                spread.depth = max(spread.depth, depth)
                spread.at_root += depth == 1


def _with_spreads(part: _Part, written_out: Mapping[str, Size]) -> Size:
    """The size of a part with the fragments that it spreads; one that is unknown, or part of a circle, has none."""
    found = [(written_out[name], spread) for name, spread in part.spreads.items() if name in written_out]
    return Size(
        depth=max(part.depth, max((spread.depth - 1 + of.depth for of, spread in found), default=0)),
        aliases=part.aliases + sum(spread.times * of.aliases for of, spread in found),
        directives=part.directives + sum(spread.times * of.directives for of, spread in found),
        root_fields=part.root_fields + sum(spread.at_root * of.root_fields for of, spread in found),
        selections=part.selections + sum(spread.times * of.selections for of, spread in found),
    )


def _innermost_first(fragments: Mapping[str, _Part]) -> Iterator[str]:
    """The fragments in such an order that each comes after those that it spreads, but for circles."""
    entered: set[str] = set()
    for start in fragments:
        under_way = [] if start in entered else [(start, iter(fragments[start].spreads))]
        entered.add(start)
        while under_way:
            name, spreads = under_way[-1]
            inner = next((each for each in spreads if each in fragments and each not in entered), None)
            if inner is None:
                under_way.pop()
                yield name
            else:
                entered.add(inner)
                under_way.append((inner, iter(fragments[inner].spreads)))


class BoundedMerging(OverlappingFieldsCanBeMergedRule):
    """The specification's rule on fields of one name, with a limit to how much there is to be compared."""

    def __init__(self, limits: Limits, context: ValidationContext) -> None:
        super().__init__(context)
        self._limits = limits
        self.rule_context.remaining_complexity_budget = limits.comparisons

    def enter_selection_set(self, selection_set: SelectionSetNode, _key: Any, parent: Any, *_args: Any) -> None:
        """Compare what is selected together. Raises `QueryTooComplex`."""
        try:
            super().enter_selection_set(selection_set, _key, parent, *_args)
        except ValidationAbortedError:
            if self.rule_context.remaining_complexity_budget < 0:
                _check("comparisons", self._limits.comparisons + 1, self._limits.comparisons)
            raise


class Limiting(SchemaExtension):
    """Holds every operation to the limits, and tells in ``extensions.cost`` of the answer what it costs."""

    def __init__(self, limits: Limits, tariff: Tariff) -> None:
        super().__init__()
        self._limits = limits
        self._tariff = tariff

    def on_parse(self) -> Iterator[None]:
        """Judge the document once there is one; one that is known has been judged."""
        execution = self.execution_context
        known = execution.graphql_document
        if known is not None:
            yield
            return
        execution.parse_options = cast("ParseOptions", parse_options(self._limits))  # which Strawberry knows in part
        execution.validation_rules = rules(self._limits, execution.validation_rules)
        yield
        check_tokens(execution.pre_execution_errors or (), self._limits)
        if execution.graphql_document is not None:
            check(execution.graphql_document, self._limits)

    def on_execute(self) -> Iterator[None]:
        """Judge the cost before anything is executed."""
        execution = self.execution_context
        document = execution.graphql_document
        if document is not None:
            found = self._tariff.cost(document, execution.operation_name, execution.variables or {})
            check_cost(found, self._limits)
            if isinstance(execution.context, Context):
                execution.context.cost = told_cost(found, self._limits)
        yield

    def get_results(self) -> dict[str, Any]:
        """``cost``, wherever something was executed."""
        context = self.execution_context.context
        cost = context.cost if isinstance(context, Context) else None
        return {} if cost is None else {"cost": cost}


def rules(limits: Limits, usual: Iterable[type[ASTValidationRule]]) -> tuple[Any, ...]:
    """The rules of validation, with the one bounded that could take long."""
    bounded = partial(BoundedMerging, limits)
    return tuple(bounded if rule is OverlappingFieldsCanBeMergedRule else rule for rule in usual)
