"""Arrow: the types of a flat table's columns in record batches, and what of them is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.masking import masked
from gateway.domain.tabular import FlatTable
from gateway.ports import CHANGE, DELETED, TableQuery

_ARROW: Final[Mapping[Kind, pa.DataType]] = {
    Kind.ID: pa.string(),
    Kind.STRING: pa.string(),
    Kind.ENUM: pa.string(),
    Kind.JSON: pa.string(),
    Kind.INT: pa.int64(),
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATETIME: pa.timestamp("us", tz="UTC"),
    Kind.STRINGS: pa.list_(pa.string()),
}


def schema_of(flat: FlatTable, query: TableQuery) -> pa.Schema:
    """The columns of a query's batches, of whatever rows."""
    fields = [pa.field(name, _ARROW[flat.columns[name].kind]) for name in query.columns]
    if query.since is not None:
        fields += [pa.field(CHANGE, pa.int64()), pa.field(DELETED, pa.bool_())]
    return pa.schema(fields)


def shown(batch: pa.RecordBatch, query: TableQuery, flat: FlatTable) -> pa.RecordBatch:
    """A batch as whoever asks sees it."""
    for name in query.columns:
        if name in query.withheld:
            nothing = pa.nulls(batch.num_rows, batch.schema.field(name).type)
            batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), nothing)
        elif name in query.masked:
            hidden = _masked(batch.column(name), flat.columns[name])
            batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), hidden)
    return batch


def _masked(column: pa.Array, attribute: Attribute) -> pa.Array:
    return pa.array([masked(value) for value in column.to_pylist()], type=_ARROW[attribute.kind])
