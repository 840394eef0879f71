"""A table with a column of each kind, for tests of OData."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.tabular import FlatTable, flat_tables


def _column(name: str, kind: Kind, **more: Any) -> Attribute:
    return Attribute(python=name, name=name, kind=kind, doc=f"A {name}.", flat=name, **more)


COLUMNS: Final[Mapping[str, Attribute]] = {
    column.flat: column
    for column in (
        _column("id", Kind.ID),
        _column("word", Kind.STRING),
        _column("nullable", Kind.ENUM),
        _column("result", Kind.JSON),
        _column("number", Kind.INT),
        _column("share", Kind.FLOAT, unit="USD"),
        _column("flag", Kind.BOOLEAN),
        _column("allowed", Kind.BOOLEAN),
        _column("moment", Kind.DATETIME),
        _column("tags", Kind.STRINGS),
    )
}
"""Two of the names begin like words of OData's own."""
TABLE: Final = FlatTable(name="things", doc="One row for each <thing> & more.", columns=COLUMNS, key=("id",))

ROW: Final[Mapping[str, Any]] = {
    "id": "a",
    "word": "it's",
    "nullable": "x",
    "result": "{}",
    "number": 7,
    "share": 0.5,
    "flag": True,
    "allowed": False,
    "moment": dt.datetime(2026, 3, 4, 5, 6, 7, 123456, tzinfo=dt.UTC),
    "tags": ("a", "b"),
}

CATALOG: Final[Catalog] = build(
    {"call": [Configured(name="allowedBudget", type="Int", description="Made < up & odd\x01.", paths=("x",))]}
)
TABLES: Final = flat_tables(CATALOG)
