"""docs/dictionary.md: the flat tables and their columns, from the catalog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.domain.policy import NEEDED
from gateway.domain.tabular import CALLS, COSTS, CUSTOMERS, FlatTable, flat_tables
from gateway.web.odata.edm import is_list, type_of

_HEAD: Final = """\
# Data dictionary

The five flat tables, the same at every [door for BI](bi.md): [OData](odata.md), [exports](exports.md), and the first
three as [views of PostgreSQL](bi-postgresql.md). The page is written by `pytest tests/docs --write-golden`. What
[your team declares](settings.md#what-your-team-says-of-its-customers-and-calls) of calls and customers stands there as
further columns, `booked` for a call's attribute, `customer_plan` for a customer's; `$metadata` of OData describes them,
too.

## How the tables join

| From | To | By |
|---|---|---|
| `costs`, `messages`, `structured_outputs` | `calls` | `call_id` = `calls.id`, many to one |
| `calls` | `customers` | `customer_key` = `customers.customer_key`, many to one |

Calls whose customer is known by that call alone (`call:…`), or not at all, have no row in `customers`.
`call_created_at` is the same as `calls.created_at`, so that a table can be cut by time without a join.

## How values are written

*Type* is OData's. Moments (`DateTimeOffset`) are UTC with microseconds; money is USD and never rounded. A list is JSON
in OData and CSV, and a list in Parquet and Arrow. *Shown with* is the [scope](security.md#what-they-see) that shows a
column; without it texts about persons are masked, and everything else is null. What is not shown whole can be neither
filtered nor sorted by.
"""
_TABLE: Final = """
## {name}

{doc} Key: {key}.{more}

| Column | Type | Unit | Sensitivity | Shown with | What it is |
|---|---|---|---|---|---|
"""
_MORE: Final = {
    CALLS: " `cost` is what Vapi says that the call cost; the rows of `costs` are its parts.",
    CUSTOMERS: " Attributes are those of the newest call that states them, of the calls that whoever asks may see.",
    COSTS: " They are read as Vapi states them, and need not add up to the call's `cost`.",
}
_OF_DOCUMENTS: Final = (
    " Its rows are read from Vapi's documents, as these are now: more slowly than other tables, in the order of their "
    "calls, and not counted before."
)
_MOST_VALUES: Final = 20


def rendered(catalog: Catalog) -> str:
    """The page."""
    return "".join((_HEAD, *map(_table, flat_tables(catalog).values())))


def _table(table: FlatTable) -> str:
    more = _OF_DOCUMENTS if table.of_documents else _MORE[table.name]
    key = ", ".join(f"`{name}`" for name in table.key)
    head = _TABLE.format(name=table.name, doc=table.doc, key=key, more=more)
    return head + "".join(map(_row, table.columns.values()))


def _row(column: Attribute) -> str:
    needed = NEEDED[column.sensitivity]
    shown = "" if needed is None else f"`{needed.value}`"
    kind = f"{type_of(column).value.removeprefix('Edm.')}{', a list' if is_list(column) else ''}"
    what = " ".join((column.doc, *_one_of(column))).replace("|", "\\|")
    return f"| `{column.flat}` | {kind} | {column.unit or ''} | {column.sensitivity.value} | {shown} | {what} |\n"


def _one_of(column: Attribute) -> Iterator[str]:
    """What a column of a closed set can say; of large sets, nothing."""
    known = [value for value in column.values or () if value.name != "UNKNOWN"]
    if known and len(known) <= _MOST_VALUES:
        more = ", or a newer text of Vapi's" if column.values and len(known) < len(column.values) else ""
        yield f"One of {', '.join(f'`{value.value}`' for value in known)}{more}."
