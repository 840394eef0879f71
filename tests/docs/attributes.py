"""docs/attributes.md: the table of everything that has one value per call, from the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.domain.attributes import Attribute, Use
from gateway.domain.catalog import Catalog
from gateway.graph.derive import description

_HEAD = """\
# Attributes

Everything that has one value per call, as the declarations in `gateway/domain/` say. *Use* is what an attribute is
meant for; this version can filter lists by what Vapi's API can (`CallFilter` in the schema), and keeps no tables yet.
The page is written by `pytest tests/docs --write-golden`.

| Flat name | Type | Sensitivity | Use | What it is |
|---|---|---|---|---|
"""

_SPELLINGS = """
## Spellings of the customer

Tried in every [place](customers.md#where-a-customer-is-looked-for) where a team's own data is seen, in this order.

| Attribute | Vapi's own field | Spellings |
|---|---|---|
"""


def rendered(catalog: Catalog) -> str:
    """The page."""
    rows = (_row(attribute) for attribute in catalog.columns())
    spellings = (_spelling(attribute) for attribute in catalog.customer.attributes)
    return f"{_HEAD}{''.join(rows)}{_SPELLINGS}{''.join(spellings)}"


def _row(a: Attribute) -> str:
    use = ", ".join(_uses(a.use))
    return f"| `{a.flat}` | {a.kind.value} | {a.sensitivity.value} | {use} | {description(a)} |\n"


def _uses(use: Use) -> Iterator[str]:
    return (each.name.lower() for each in use if each.name)


def _spelling(a: Attribute) -> str:
    own = ", ".join(f"`{path.text}`" for path in (*a.paths, *a.fallback))
    return f"| `{a.name}` | {own} | {', '.join(f'`{key.text}`' for key in a.keys)} |\n"
