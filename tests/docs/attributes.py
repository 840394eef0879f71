"""docs/attributes.md: the table of everything that has one value per call, from the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.attributes import Attribute, Use
from gateway.domain.catalog import Catalog

_HEAD = """\
# Attributes

Everything that has one value per call, as the declarations in `gateway/domain/` say. The page is written by
`pytest tests/docs --write-golden`.

*Use* is what an attribute is for beyond being read: `filter` makes it a field of `CallFilter`, `sort` a value of
`CallOrderAttribute` ([lists](lists.md)), `index` makes both fast. `group` and `measure` put it into
[statistics](statistics.md), `export` into exports. *Column* says whether the [mirror's](mirror.md) table `calls` has a
column of the flat name; the others are read from the document.

| Flat name | Type | Sensitivity | Use | Column | What it is |
|---|---|---|---|---|---|
"""

_CUSTOMERS = """
## The customer across calls

What [`Customer`](customers.md#the-customer-across-calls) has: each attribute as the newest call that states it does,
and the figures of all calls. The fields of `CustomerFilter` and `CustomerOrderAttribute` follow from *use*.

| Field | Flat name | Type | Sensitivity | Use | What it is |
|---|---|---|---|---|---|
"""

_SPELLINGS = """
## Spellings of the customer

Tried in every [place](customers.md#where-a-customer-is-looked-for) where a team's own data is seen, in this order.

| Attribute | Vapi's own field | Spellings |
|---|---|---|
"""


def rendered(catalog: Catalog) -> str:
    """The page."""
    mirrored = {attribute.flat for attribute in catalog.mirrored()}
    calls = (_row(attribute, kept=attribute.flat in mirrored) for attribute in catalog.columns())
    customers = (_customer_row(attribute) for attribute in catalog.mirrored_customer())
    spellings = (_spelling(attribute) for attribute in catalog.customer.attributes if not attribute.computed)
    return "".join((_HEAD, *calls, _CUSTOMERS, *customers, _SPELLINGS, *spellings))


def _row(a: Attribute, *, kept: bool) -> str:
    column = "yes" if kept else "–"
    return f"| `{a.flat}` | {a.kind.value} | {a.sensitivity.value} | {_uses(a)} | {column} | {a.description} |\n"


def _customer_row(a: Attribute) -> str:
    what = f"{a.kind.value} | {a.sensitivity.value} | {_uses(a)} | {a.description}"
    return f"| `{a.name}` | `{a.flat}` | {what} |\n"


def _uses(a: Attribute) -> str:
    return ", ".join(_names(a.use))


def _names(use: Use) -> Iterator[str]:
    return (each.name.lower() for each in use if each.name)


def _spelling(a: Attribute) -> str:
    own = ", ".join(f"`{path.text}`" for path in (*a.paths, *a.fallback))
    return f"| `{a.name}` | {own} | {', '.join(f'`{key.text}`' for key in a.keys)} |\n"
