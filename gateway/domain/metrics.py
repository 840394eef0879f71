"""Metrics: measures that a team declares once and finds at every door under the same name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.domain.aggregates import Aggregate, Measure, can_measure
from gateway.domain.attributes import Attribute, Kind, Sensitivity, Use, snake
from gateway.domain.filters import Condition, Predicate, leaves
from gateway.errors import SettingsInvalid

_NAME: Final = re.compile(r"[a-z][A-Za-z0-9]{0,54}")
_COUNTS: Final = (Aggregate.COUNT, Aggregate.COUNT_DISTINCT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A measure with a name in camelCase and a description; ``sensitivity`` says who may see it."""

    name: str
    description: str
    measure: Measure
    unit: str | None = None
    sensitivity: Sensitivity = Sensitivity.PUBLIC

    @property
    def column(self) -> Attribute:
        """The metric as a column of a table."""
        return Attribute(
            python=snake(self.name),
            name=self.name,
            kind=Kind.INT if self.measure.aggregate in _COUNTS else Kind.FLOAT,
            doc=self.description,
            flat=snake(self.name),
            unit=self.unit,
            sensitivity=self.sensitivity,
            use=Use.FILTER | Use.SORT | Use.EXPORT,
            computed=True,
        )


def metric(  # what a team states of one
    attributes: Mapping[str, Attribute],
    *,
    name: str,
    description: str,
    aggregate: str,
    of: str | None,
    where: Predicate,
    unit: str | None,
    at: tuple[str | int, ...] = (),
) -> Metric:
    """A metric as a team declares it; ``attributes`` are those of calls by their flat names.

    Raises:
        SettingsInvalid: it cannot be measured; ``at`` leads to the key that is wrong.
    """

    def refuse(what: str, why: str) -> SettingsInvalid:
        return SettingsInvalid(f"metric “{name}”: {what}: {why}", (*at, what))

    if not _NAME.fullmatch(name):
        raise refuse("name", f"“{name}” is no camelCase name of letters and digits")
    if not description.strip():
        raise refuse("description", "every metric needs one")
    known = {each.value: each for each in Aggregate}
    if aggregate not in known:
        raise refuse("aggregate", f"“{aggregate}” is none of {', '.join(known)}")
    measure = Measure(known[aggregate], of, where)
    if of is None and measure.aggregate is not Aggregate.COUNT:
        raise refuse("of", f"{aggregate} is of an attribute; state its flat name")
    if of is not None and (of not in attributes or not can_measure(attributes[of], measure.aggregate)):
        usable = ", ".join(flat for flat, each in attributes.items() if can_measure(each, measure.aggregate))
        raise refuse("of", f"“{of}” has no {aggregate}; there are {usable}")
    needed = {attributes[flat].sensitivity for flat in _used(measure)} - {Sensitivity.PUBLIC}
    if len(needed) > 1:
        raise refuse("where", "it tells of things that different scopes show, and a metric has one")
    sensitivity = next(iter(needed), Sensitivity.PUBLIC)
    return Metric(name=name, description=description.strip(), measure=measure, unit=unit, sensitivity=sensitivity)


def _used(measure: Measure) -> Iterator[str]:
    if measure.attribute is not None:
        yield measure.attribute
    yield from (leaf.attribute for leaf in leaves(measure.where) if isinstance(leaf, Condition))
