"""Documents to decode, made for the tests: shaped as Vapi's are, about people who do not exist."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from gateway.domain.catalog import Catalog, Configured, build
from gateway.domain.customer import CallCustomer, Places
from gateway.domain.decode import Decoded, decoder
from gateway.domain.redaction import redact

CALL_ID = "019fedaf-549c-7000-8625-582e741edd7f"
KEY = b"the identity key of these tests."

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
"""Any JSON, NaN and lone surrogates included."""


def decoded(document: dict[str, Any], catalog: Catalog | None = None) -> Decoded:
    """A document as the gateway reads it: redacted, then decoded."""
    return decoder(catalog or build(), KEY)(redact({"id": CALL_ID, **document}).document)


def customer(document: dict[str, Any], *own: Configured, places: Places | None = None) -> CallCustomer:
    """The customer that a document states, with a team's own attributes."""
    return decoded(document, build({"customer": own}, places)).call.customer


def web_call(**metadata: Any) -> dict[str, Any]:
    """A web call whose customer stands in the metadata of the assistant's overrides."""
    return {"type": "webCall", "assistantOverrides": {"metadata": metadata}}


def problems(of: Decoded) -> Sequence[tuple[str, str, str]]:
    """The problems as plain tuples."""
    return [(p.attribute, p.expected, p.found) for p in of.problems]


def call_documents() -> st.SearchStrategy[dict[str, Any]]:
    """Documents with something, odd or not, at the places where something is looked for."""
    catalog = build()
    texts = st.sampled_from(["", "7", "true", "2026-08-19T21:02:48Z", "+14155550100", "vapi"])
    values = (
        JSON | texts | st.lists(st.dictionaries(st.sampled_from(["type", "cost", "role", "message"]), texts | JSON))
    )
    paths = sorted({p.keys for r in catalog.records.values() for a in r.attributes for p in (*a.paths, *a.fallback)})
    return st.lists(st.tuples(st.sampled_from(paths), values), max_size=12).map(placed)


def placed(stated: list[tuple[tuple[str, ...], Any]]) -> dict[str, Any]:
    """A document with these values at these places, as far as one does not stand in the way of another."""
    document: dict[str, Any] = {"id": CALL_ID}
    for (*way, last), value in stated:
        holder: Any = document
        for key in way:
            holder = holder.setdefault(key, {}) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder[last] = value
    return document
