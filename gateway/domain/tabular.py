"""Tabular: calls as the flat, typed tables that BI tools read, the same ones at every door.

Every column is a declared attribute. A table's rows are those of calls: one for each call, for each of its costs, its
messages or its structured outputs, and for each customer one out of all calls.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from gateway.domain import elements
from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.catalog import Catalog
from gateway.domain.elements import POSITION
from gateway.domain.metrics import Metric
from gateway.domain.ordering import Order, Ordering

CALLS: Final = "calls"
CUSTOMERS: Final = "customers"
COSTS: Final = "costs"
MESSAGES: Final = "messages"
STRUCTURED_OUTPUTS: Final = "structured_outputs"
DAILY_METRICS: Final = "daily_metrics"
DAY: Final = "day"

CALL_ID: Final = "call_id"
CALL_CREATED_AT: Final = "call_created_at"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FlatTable:
    """A table: its columns by their flat names, those of the ``key`` first, and what a row of it is.

    ``created`` is the column with the time of a row, by which they go if nothing else is said. ``of_documents``: its
    rows are not kept as such, but read from the documents of calls.
    """

    name: str
    doc: str
    columns: Mapping[str, Attribute]
    key: tuple[str, ...]
    created: str | None = None
    of_documents: bool = False

    def ordering(self, stated: Ordering) -> Ordering:
        """What rows go by before the last part of their key, which tells every one from all others."""
        usual = stated or ((Order(self.created),) if self.created else ())
        named = {order.attribute for order in usual}
        return (*usual, *(Order(name) for name in self.key[:-1] if name not in named))


def flat_tables(catalog: Catalog) -> Mapping[str, FlatTable]:
    """The tables of a catalog, by their names."""
    documents = {
        MESSAGES: elements.messages(catalog).columns,
        STRUCTURED_OUTPUTS: elements.structured_outputs(catalog).columns,
    }
    tables = (
        FlatTable(
            name=CALLS, doc=_DOCS[CALLS], columns=_exported(catalog.mirrored()), key=("id",), created="created_at"
        ),
        FlatTable(
            name=CUSTOMERS,
            doc=_DOCS[CUSTOMERS],
            columns=_keyed(_exported(catalog.mirrored_customer()), "customer_key"),
            key=("customer_key",),
        ),
        _of_calls(COSTS, elements.costs(catalog).columns),
        *(_of_calls(name, columns, of_documents=True) for name, columns in documents.items()),
        *_of_metrics(catalog.metrics),
    )
    return types.MappingProxyType({table.name: table for table in tables})


_DOCS: Final[Mapping[str, str]] = {
    CALLS: "One row for each call.",
    CUSTOMERS: "One row for each customer who is known by more than a single call, with the figures of all calls.",
    COSTS: "One row for each component of a call's cost, unrounded.",
    MESSAGES: "One row for each turn of a conversation.",
    STRUCTURED_OUTPUTS: "One row for each thing that was extracted from a call by a schema of the team.",
    DAILY_METRICS: "One row for each day in UTC on which calls were created, with the metrics of the settings.",
}


def _of_metrics(metrics: Sequence[Metric]) -> Iterator[FlatTable]:
    """The table of a team's metrics, if there are any."""
    if metrics:
        columns = {DAY: _DAY, **{metric.column.flat: metric.column for metric in metrics}}
        yield FlatTable(name=DAILY_METRICS, doc=_DOCS[DAILY_METRICS], columns=columns, key=(DAY,))


def _exported(attributes: Iterable[Attribute]) -> Mapping[str, Attribute]:
    return {a.flat: a for a in attributes if Use.EXPORT in a.use and a.kind is not Kind.JSON}


def _keyed(columns: Mapping[str, Attribute], key: str) -> Mapping[str, Attribute]:
    return {key: columns[key], **columns}


def _of_calls(name: str, columns: Iterable[Attribute], *, of_documents: bool = False) -> FlatTable:
    own = {column.flat: column for column in (_CALL_ID, _CALL_CREATED_AT, *columns)}
    return FlatTable(
        name=name,
        doc=_DOCS[name],
        columns=own,
        key=(CALL_ID, POSITION),
        created=CALL_CREATED_AT,
        of_documents=of_documents,
    )


_CALL_ID: Final = Attribute(
    python=CALL_ID, name="callId", kind=Kind.ID, doc="The call.", flat=CALL_ID, use=Use.FILTER | Use.EXPORT
)
_CALL_CREATED_AT: Final = Attribute(
    python=CALL_CREATED_AT,
    name="callCreatedAt",
    kind=Kind.DATETIME,
    doc="When the call was created.",
    flat=CALL_CREATED_AT,
    use=Use.FILTER | Use.SORT | Use.EXPORT,
)
_DAY: Final = Attribute(
    python=DAY,
    name=DAY,
    kind=Kind.DATETIME,
    doc="The day, by its beginning in UTC.",
    flat=DAY,
    use=Use.FILTER | Use.SORT | Use.EXPORT,
)
