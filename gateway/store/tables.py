"""Tables: what the mirror consists of.

The fixed tables and columns are Alembic's (`gateway.store.migrations`). Columns of attributes follow from the catalog,
bear their flat names, and are compared with it at start (`gateway.store.columns`); what is the mirror's own beside
them begins with ``mirror_``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.types import JSON

from gateway.domain.attributes import Attribute, Kind, Use
from gateway.domain.catalog import Catalog
from gateway.domain.elements import POSITION, costs
from gateway.store.types import OF_KIND, Instant, Number, Words

KIND: Final = "kind"
"""What a column of an attribute tells in its ``info``: the kind of its values. Other columns have none."""

ALL_ASSISTANTS: Final = "*"
"""The figures of a customer over all calls stand under this assistant; those of calls without one under “”."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one mirror; the first five have columns that follow from a catalog or lead to them."""

    metadata: MetaData
    calls: Table
    documents: Table
    costs: Table
    customers: Table
    figures: Table
    sequence: Table
    ledger: Table
    marks: Table
    coverage: Table
    leases: Table
    saved: Table
    attributes: Table
    api_keys: Table


def tables(catalog: Catalog) -> Tables:
    """The tables of a mirror with this catalog."""
    metadata = MetaData()
    return Tables(
        metadata=metadata,
        calls=_calls(metadata, catalog),
        documents=_documents(metadata),
        costs=_costs(metadata, catalog),
        customers=_customers(metadata, catalog),
        figures=_figures(metadata),
        sequence=_sequence(metadata),
        ledger=_ledger(metadata),
        marks=_marks(metadata),
        coverage=_coverage(metadata),
        leases=_leases(metadata),
        saved=_saved(metadata),
        attributes=_attributes(metadata),
        api_keys=_api_keys(metadata),
    )


def attribute_columns(attributes: Iterable[Attribute]) -> Iterable[Column[Any]]:
    """The columns of attributes; all are nullable, since any may be missing."""
    return (_column(a.flat, a.kind, a.doc) for a in attributes)


def _column(name: str, kind: Kind, doc: str) -> Column[Any]:
    return Column(name, OF_KIND[kind], nullable=True, comment=doc, info={KIND: kind})


def _calls(metadata: MetaData, catalog: Catalog) -> Table:
    """One row for each call. ``mirror_number`` is what other tables and the search refer to.

    ``mirror_holds`` is what a lifetime has left of it (`gateway.store.holdings`), ``created_at`` is never null.
    Indexes end with the state, so that calls are counted in them alone.
    """
    own = sorted((a for a in catalog.mirrored() if a.flat != "id"), key=_seldom_asked)
    indexed = [a for a in own if Use.INDEX in a.use and a.flat != "created_at"]
    return Table(
        "calls",
        metadata,
        Column("mirror_number", Number, primary_key=True, autoincrement=True),
        Column("id", Words, nullable=False, unique=True),
        Column("mirror_change", Number, nullable=False, index=True),
        Column("mirror_state", Text, nullable=False),
        Column("mirror_updated_at", Instant),  # of the revision: never null where a document is held
        Column("mirror_read_at", Instant),
        Column("mirror_asked_at", Instant),
        Column("mirror_absent_since", Instant),
        Column("mirror_digest", LargeBinary),
        Column("mirror_facts", JSON(none_as_null=True)),
        Column("mirror_holds", Integer, nullable=False),
        *attribute_columns(own),
        Index("calls_created_at", "created_at", "id", "mirror_state"),
        Index("calls_held", "mirror_holds", "created_at"),
        *(Index(f"calls_{a.flat}", a.flat, "created_at", "id", "mirror_state") for a in indexed),
    )


def _seldom_asked(attribute: Attribute) -> bool:
    """What nobody filters or sorts by stands last: SQLite reads a row from its beginning to the column it needs."""
    return not attribute.use & (Use.FILTER | Use.SORT)


def _documents(metadata: MetaData) -> Table:
    """The redacted documents, packed, apart from the calls so that pages never read them."""
    return Table(
        "documents",
        metadata,
        Column("mirror_number", Number, ForeignKey("calls.mirror_number"), primary_key=True, autoincrement=False),
        Column("body", LargeBinary, nullable=False),
    )


def _costs(metadata: MetaData, catalog: Catalog) -> Table:
    """One row for each element of a call's ``costs``."""
    return Table(
        "costs",
        metadata,
        Column("mirror_number", Number, ForeignKey("calls.mirror_number"), primary_key=True, autoincrement=False),
        Column(POSITION, Integer, primary_key=True, autoincrement=False),
        *attribute_columns(c for c in costs(catalog).columns if c.flat != POSITION),
    )


def _customers(metadata: MetaData, catalog: Catalog) -> Table:
    """One row for each customer: attributes as they were last stated.

    ``mirror_sources`` says for each attribute which call stated it: flat name → [created_at in microseconds, call id].
    """
    stated = [a for a in catalog.mirrored_customer() if not a.computed]
    return Table(
        "customers",
        metadata,
        Column("customer_key", Words, primary_key=True),
        Column("mirror_change", Number, nullable=False, index=True),
        Column("mirror_sources", JSON, nullable=False),
        *attribute_columns(stated),
    )


def _figures(metadata: MetaData) -> Table:
    """The figures of a customer with one assistant, and with all (`ALL_ASSISTANTS`).

    Sums are whole numbers, so that they do not depend on the order in which calls come and go: cost in billionths of a
    dollar, durations in milliseconds.
    """
    figures = ("customer_first_seen_at", "customer_last_call_at", "customer_call_count", "total_cost_nano")
    return Table(
        "figures",
        metadata,
        Column("customer_key", Words, primary_key=True),
        Column("assistant_id", Words, primary_key=True),
        Column("customer_first_seen_at", Instant, nullable=False),
        Column("customer_last_call_at", Instant, nullable=False),
        Column("customer_call_count", Number, nullable=False),
        Column("total_cost_nano", Number, nullable=False),
        Column("total_duration_ms", Number, nullable=False),
        *(Index(f"figures_{name}", "assistant_id", name, "customer_key") for name in (*figures, "total_duration_ms")),
    )


def _sequence(metadata: MetaData) -> Table:
    """The one row that holds the number of the last change.

    Whoever applies something takes it first and holds it to the commit, so numbers become visible in their order;
    sequences of PostgreSQL do not.
    """
    return Table("sequence", metadata, Column("id", Integer, primary_key=True), Column("last", Number, nullable=False))


def _ledger(metadata: MetaData) -> Table:
    """The webhooks that were received; ``state`` is waiting, applied or dead."""
    return Table(
        "ledger",
        metadata,
        Column("id", Number, primary_key=True, autoincrement=True),
        Column("received_at", Instant, nullable=False, index=True),
        Column("type", Words, nullable=False, index=True),
        Column("call_id", Words, index=True),
        Column("state", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("reason", Words),
        Column("body", LargeBinary),
        Index("ledger_state", "state", "id"),
    )


def _marks(metadata: MetaData) -> Table:
    """The calls that are to be read again."""
    return Table(
        "marks",
        metadata,
        Column("call_id", Words, primary_key=True),
        Column("reason", Text, primary_key=True),
        Column("due_at", Instant, nullable=False, index=True),
        Column("attempts", Integer, nullable=False),
    )


def _coverage(metadata: MetaData) -> Table:
    """The stretches of time of which every call is held."""
    return Table(
        "coverage",
        metadata,
        Column("start", Instant, primary_key=True, autoincrement=False),
        Column("end", Instant, nullable=False),
    )


def _leases(metadata: MetaData) -> Table:
    """Who may do what only one process does at a time, and until when."""
    return Table(
        "leases",
        metadata,
        Column("name", Text, primary_key=True),
        Column("holder", Text, nullable=False),
        Column("until", Instant, nullable=False),
    )


def _saved(metadata: MetaData) -> Table:
    """What services and the store itself remember under a name: checkpoints, watermarks, fingerprints."""
    return Table("saved", metadata, Column("name", Text, primary_key=True), Column("value", JSON, nullable=False))


def _attributes(metadata: MetaData) -> Table:
    """The attribute columns that there are; one that is not ``filled`` yet still has to be read from the documents."""
    return Table(
        "attributes",
        metadata,
        Column("table", Text, primary_key=True),
        Column("name", Text, primary_key=True),
        Column("kind", Text, nullable=False),
        Column("filled", Integer, nullable=False),
    )


def _api_keys(metadata: MetaData) -> Table:
    """The keys by which callers are known; what they are bound to is null where they are not."""
    return Table(
        "api_keys",
        metadata,
        Column("id", Words, primary_key=True),
        Column("name", Words, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("scopes", JSON, nullable=False),
        Column("customers", JSON(none_as_null=True)),
        Column("assistants", JSON(none_as_null=True)),
        Column("trusts_servers_only", Boolean, nullable=False),
        Column("created_at", Instant, nullable=False),
        Column("expires_at", Instant),
        Column("revoked_at", Instant),
        Column("last_used_at", Instant),
    )
