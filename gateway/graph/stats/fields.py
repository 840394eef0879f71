"""Fields: ``Query.callStats``, and what is measured of a group.

What is to be measured is known from what is selected: a question is asked once, for all groups and all measures.
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, cast

import strawberry
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.domain.aggregates import (
    PERCENTILES,
    Aggregate,
    Aggregation,
    Bucket,
    Dimension,
    GroupOrder,
    Having,
    Measure,
    can_measure,
)
from gateway.domain.catalog import Catalog
from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import Direction
from gateway.errors import BadUserInput
from gateway.graph.context import Info
from gateway.graph.predicates import Predicates
from gateway.graph.stats.inputs import AGGREGATES, COMPARED, StatsInputs, direction_of
from gateway.graph.stats.types import CallGroup, CallStats, Rate, RateParts, told
from gateway.services.stats import Snapshot

MOST: Final = 1000
"""Groups that can be asked for at once."""
_USUAL: Final = 100
_MOST_DIMENSIONS: Final = 5
_MOST_MEASURES: Final = 50

_NUMERIC: Final = {
    "sum": Aggregate.SUM,
    "avg": Aggregate.AVG,
    "min": Aggregate.MIN,
    "max": Aggregate.MAX,
    **{each.value: each for each in PERCENTILES},
}
_COUNTED: Final = {"count": Aggregate.COUNT, "countDistinct": Aggregate.COUNT_DISTINCT}
_RATE: Final = "rate"
_METRIC: Final = "metric"


class StatsFields:
    """The fields of one schema; ``where`` is the filter type of its calls."""

    def __init__(self, catalog: Catalog, where: Any) -> None:
        self._catalog = catalog
        self._attributes = {attribute.flat: attribute for attribute in catalog.mirrored()}
        self._where = where
        self._inputs = StatsInputs(catalog, where)
        self._metrics = {metric.column.flat: metric.measure for metric in catalog.metrics}

    def call_stats(self) -> StrawberryField:
        """``Query.callStats``."""

        async def call_stats(
            info: Info,
            *,
            where: Any = strawberry.UNSET,
            group_by: Any = strawberry.UNSET,
            having: Any = strawberry.UNSET,
            order_by: Any = strawberry.UNSET,
            first: int | None = strawberry.UNSET,
            as_of: str | None = strawberry.UNSET,
            at_least: int | None = strawberry.UNSET,
        ) -> CallStats | None:
            now, dimensions = info.context.now, tuple(_dimensions(_list(group_by)))
            measures = tuple(dict.fromkeys(self._selected(info, now)))
            asked = Aggregation(
                where=self._predicate(where, now, "where"),
                dimensions=dimensions,
                measures=measures,
                having=tuple(each for one in enumerate(_list(having)) for each in self._having(*one, now)),
                order=tuple(self._order(*one, dimensions, now) for one in enumerate(_list(order_by))),
                limit=_size(first),
            )
            snapshot = Snapshot(as_of=_stated(as_of), at_least=_stated(at_least))
            found = await info.context.services.stats.groups(info.context.principal, asked, snapshot)
            return told(found, dimensions, measures)

        types: dict[str, tuple[Any, str]] = {
            "where": (self._where, "Which calls; all, if left out."),
            "group_by": (
                list[self._inputs.group_by],  # type: ignore[name-defined]  # a type of this schema
                f"What calls are put into groups by, {_MOST_DIMENSIONS} at most; without it all are one group.",
            ),
            "having": (list[self._inputs.having], "Which groups are told; all of these must hold."),  # type: ignore[name-defined]
            "order_by": (list[self._inputs.order], "What groups stand in the order of; their keys, if left out."),  # type: ignore[name-defined]
            "first": (int, f"How many groups at most: from 1 to {MOST}, {_USUAL} if left out."),
            "as_of": (str, "The state of the mirror that another answer told as its `asOf`, instead of the latest."),
            "at_least": (int, "Wait until the mirror knows of the change with this number."),
        }
        doc = "Groups of calls and what is measured of them, in one question however many calls there are."
        return _field("callStats", call_stats, types, doc)

    def of_group(self) -> list[StrawberryField]:
        """The fields of `CallGroup`."""
        numeric = [self._numeric(name, aggregate) for name, aggregate in _NUMERIC.items()]
        own = [self._metric()] if self._metrics else []
        return [self._count(), self._count_distinct(), *numeric, self._rate(), *own]

    def _count(self) -> StrawberryField:
        def count(
            root: strawberry.Parent[CallGroup], info: Info, of: Any = strawberry.UNSET, where: Any = strawberry.UNSET
        ) -> int:
            return cast("int", self._value(root, info, Aggregate.COUNT, of, where))

        of = (self._inputs.value, "The attribute that they state; left out, all are counted.")
        return _field("count", count, {"of": of, **self._where_argument()}, AGGREGATES[Aggregate.COUNT])

    def _count_distinct(self) -> StrawberryField:
        def count_distinct(
            root: strawberry.Parent[CallGroup], info: Info, of: Any, where: Any = strawberry.UNSET
        ) -> int:
            return cast("int", self._value(root, info, Aggregate.COUNT_DISTINCT, of, where))

        of = (self._inputs.value, "Of what.")
        doc = AGGREGATES[Aggregate.COUNT_DISTINCT]
        return _field("countDistinct", count_distinct, {"of": of, **self._where_argument()}, doc)

    def _numeric(self, name: str, aggregate: Aggregate) -> StrawberryField:
        def number(
            root: strawberry.Parent[CallGroup], info: Info, of: Any, where: Any = strawberry.UNSET
        ) -> float | None:
            found = self._value(root, info, aggregate, of, where)
            return None if found is None else float(found)

        of = (self._inputs.number, "Of what.")
        return _field(name, number, {"of": of, **self._where_argument()}, AGGREGATES[aggregate])

    def _rate(self) -> StrawberryField:
        def rate(root: strawberry.Parent[CallGroup], info: Info, of: Any, where: Any = strawberry.UNSET) -> Rate:
            return self._parts(_flat(of), self._predicate(where, info.context.now, "where")).of(root.measured)

        of = (self._inputs.outcome, "Of what.")
        return _field(_RATE, rate, {"of": of, **self._where_argument()}, AGGREGATES[Aggregate.RATE])

    def _metric(self) -> StrawberryField:
        def metric(root: strawberry.Parent[CallGroup], name: Any) -> float | None:
            found = root.measured[self._metrics[_flat(name) or ""]]
            return None if found is None else float(found)

        return _field(_METRIC, metric, {"name": (self._inputs.metric, "Which one.")}, "A metric of the settings.")

    def _where_argument(self) -> dict[str, tuple[Any, str]]:
        return {"where": (self._where, "Of which calls of the group; all, if left out.")}

    def _value(self, root: CallGroup, info: Info, aggregate: Aggregate, of: Any, where: Any) -> Any:
        return root.measured[self._measure(aggregate, of, where, info.context.now)]

    def _measure(self, aggregate: Aggregate, of: Any, where: Any, now: dt.datetime, at: str = "where") -> Measure:
        return Measure(aggregate, _flat(of), self._predicate(where, now, at))

    def _parts(self, of: str | None, where: Predicate) -> RateParts:
        yes: Predicate = Condition(of or "", Comparator.EQ, value=True)
        both = yes if where == EVERYTHING else AllOf((where, yes))
        return RateParts(
            Measure(Aggregate.COUNT, None, both),
            Measure(Aggregate.COUNT, of, where),
            Measure(Aggregate.COUNT, None, where),
        )

    def _predicate(self, where: Any, now: dt.datetime, at: str) -> Predicate:
        if _stated(where) is None:
            return EVERYTHING
        return Predicates(self._catalog, now, at).of(where, self._catalog.call)

    def _selected(self, info: Info, now: dt.datetime) -> Iterator[Measure]:
        """What is selected of the groups, whatever ``@skip`` and ``@include`` say of it.

        Raises:
            BadUserInput: it is too much.
        """
        asked = info._raw_info  # noqa: SLF001  # Strawberry's selected_fields leaves values unread
        groups = _below(asked.field_nodes, asked.fragments, "groups")
        found = [measure for node in _selections(groups, asked.fragments) for measure in self._of(node, info, now)]
        if len(set(found)) > _MOST_MEASURES:
            raise BadUserInput("callStats", f"{len(set(found))} measures", f"at most {_MOST_MEASURES} can be asked for")
        yield from found

    def _of(self, node: FieldNode, info: Info, now: dt.datetime) -> Iterator[Measure]:
        """What a field of a group has to have measured."""
        name = node.name.value
        aggregate = _NUMERIC.get(name) or _COUNTED.get(name)
        if aggregate is None and name not in (_RATE, _METRIC):
            return
        given = _given(info, node)
        if name == _METRIC:
            yield self._metrics[_flat(given["name"]) or ""]
            return
        where = self._predicate(given.get("where"), now, "where")
        if aggregate is not None:
            yield Measure(aggregate, _flat(given.get("of")), where)
        else:
            parts = self._parts(_flat(given.get("of")), where)
            yield from (parts.yes, parts.either, parts.all)

    def _stated_measure(self, stated: Any, at: str, now: dt.datetime) -> Measure:
        aggregate = Aggregate(_flat(stated.aggregate))
        flat = _flat(stated.of)
        if flat is None and aggregate is not Aggregate.COUNT:
            raise BadUserInput(f"{at}.of", None, f"{aggregate.name} is of an attribute; state which")
        if flat is not None and not can_measure(self._attributes[flat], aggregate):
            known = [a.flat.upper() for a in self._attributes.values() if can_measure(a, aggregate)]
            raise BadUserInput(f"{at}.of", flat.upper(), f"{aggregate.name} is of one of {', '.join(known)}")
        return Measure(aggregate, flat, self._predicate(stated.where, now, f"{at}.where"))

    def _having(self, at: int, stated: Any, now: dt.datetime) -> Iterator[Having]:
        measure = self._stated_measure(stated.measure, f"having[{at}].measure", now)
        for name in COMPARED:
            value = _stated(getattr(stated, name))
            if value is not None:
                yield Having(measure, Comparator(name), value)

    def _order(self, at: int, stated: Any, dimensions: Sequence[Dimension], now: dt.datetime) -> GroupOrder:
        measure, key = _stated(stated.measure), _stated(stated.key)
        descending = direction_of(stated.direction) is Direction.DESC
        if (measure is None) == (key is None):
            raise BadUserInput(f"orderBy[{at}]", "both" if key is not None else "neither", "state “measure” or “key”")
        if key is None:
            return GroupOrder(self._stated_measure(measure, f"orderBy[{at}].measure", now), descending)
        if not 0 <= key < len(dimensions):
            reason = f"“groupBy” has {len(dimensions)} entries, which count from 0"
            raise BadUserInput(f"orderBy[{at}].key", key, reason)
        return GroupOrder(key, descending)


def _dimensions(stated: Sequence[Any]) -> Iterator[Dimension]:
    if len(stated) > _MOST_DIMENSIONS:
        raise BadUserInput("groupBy", f"{len(stated)} entries", f"it can have {_MOST_DIMENSIONS} at most")
    for at, one in enumerate(stated):
        yield _dimension(f"groupBy[{at}]", one)


def _dimension(at: str, stated: Any) -> Dimension:
    attribute, time = _flat(stated.attribute), _flat(stated.time)
    bucket, timezone, fill = _flat(stated.bucket), _stated(stated.timezone), _stated(stated.fill)
    if (attribute is None) == (time is None):
        raise BadUserInput(at, "both" if time else "neither", "state “attribute” or “time”")
    if time is not None:
        length = Bucket.DAY if bucket is None else Bucket(bucket)
        return Dimension(time, length, "UTC" if timezone is None else timezone, bool(fill))
    for name, value in (("bucket", bucket), ("timezone", timezone), ("fill", fill)):
        if value is not None:
            raise BadUserInput(f"{at}.{name}", value, "it is of a “time”, not of an “attribute”")
    return Dimension(attribute or "")


def _size(first: int | None) -> int:
    size = _stated(first)
    if size is None:
        return _USUAL
    if not 1 <= size <= MOST:
        raise BadUserInput("first", size, f"it must be from 1 to {MOST}")
    return int(size)


def _below(
    nodes: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode], name: str
) -> Iterator[FieldNode]:
    return (node for node in _selections(nodes, fragments) if node.name.value == name)


def _selections(nodes: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    """All fields that are selected of these, in fragments too; a valid document has none within itself."""
    left: list[SelectionSetNode] = [node.selection_set for node in nodes if node.selection_set is not None]
    while left:
        for each in left.pop().selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                left.append(each.selection_set)
            else:
                left.append(fragments[each.name.value].selection_set)  # type: ignore[attr-defined]


def _given(info: Info, node: FieldNode) -> dict[str, Any]:
    """The arguments of a field of a group, as its resolver gets them."""
    of = cast("GraphQLObjectType", info._raw_info.schema.type_map[CallGroup.__name__])  # noqa: SLF001
    field = of.fields[node.name.value]
    definition: StrawberryField = field.extensions["strawberry-definition"]
    stated = get_argument_values(field, node, VariableValues({}, info.variable_values))
    schema: Any = info.schema
    return convert_arguments(stated, definition.arguments, schema.schema_converter.scalar_registry, schema.config)


def _flat(stated: Any) -> str | None:
    found = _stated(stated)
    return None if found is None else str(getattr(found, "value", found))


def _list(stated: Any) -> Sequence[Any]:
    return _stated(stated) or ()


def _stated(value: Any) -> Any:
    return None if value is strawberry.UNSET else value


def _field(name: str, resolve: Callable[..., Any], types: Mapping[str, tuple[Any, str]], doc: str) -> StrawberryField:
    """A field whose arguments are of types of one schema; those that have a default can be left out."""
    signature = inspect.signature(resolve).parameters
    for python, (of, text) in types.items():
        stated = of if signature[python].default is inspect.Parameter.empty else of | None
        resolve.__annotations__[python] = Annotated[stated, strawberry.argument(description=text)]
    field: Any = strawberry.field(name=name, resolver=resolve, description=doc)
    return cast("StrawberryField", field)


def hasten(schema: GraphQLSchema) -> None:
    """Let what is measured be read without Strawberry's machinery around resolvers: an answer has thousands of it.

    Where a filter is stated, it has to be read as everywhere.
    """
    of = cast("GraphQLObjectType", schema.type_map[CallGroup.__name__])
    for name, aggregate in {**_NUMERIC, **_COUNTED}.items():
        field = of.fields[name]
        field.resolve = _hastened(aggregate, cast("Callable[..., Any]", field.resolve))


def _hastened(aggregate: Aggregate, resolve: Callable[..., Any]) -> Callable[..., Any]:
    is_count = aggregate in _COUNTED.values()

    def read(source: CallGroup, info: Any, **given: Any) -> Any:
        if given.get("where") is not None:
            return resolve(source, info, **given)
        found = source.measured[Measure(aggregate, _flat(given.get("of")))]
        return found if is_count or found is None else float(found)

    return read
