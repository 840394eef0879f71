"""The mirror's fixed tables.

Stated in full and never changed again: what a released revision makes is what is out there.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WORDS = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INSTANT = sa.BigInteger().with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade(op: Operations) -> None:
    """Make them."""
    _calls(op)
    _customers(op)
    _sequence(op)
    _ledger(op)
    _sync(op)
    _search(op)


def _calls(op: Operations) -> None:
    op.create_table(
        "calls",
        sa.Column("mirror_number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", _WORDS, nullable=False, unique=True),
        sa.Column("mirror_change", _NUMBER, nullable=False),
        sa.Column("mirror_state", sa.Text, nullable=False),
        sa.Column("mirror_updated_at", _INSTANT),
        sa.Column("mirror_read_at", _INSTANT),
        sa.Column("mirror_asked_at", _INSTANT),
        sa.Column("mirror_absent_since", _INSTANT),
        sa.Column("mirror_digest", sa.LargeBinary),
        sa.Column("mirror_facts", sa.JSON),
        sa.Column("mirror_holds", sa.Integer, nullable=False),
    )
    op.create_index("ix_calls_mirror_change", "calls", ["mirror_change"])
    op.create_table("documents", *_of_call(), sa.Column("body", sa.LargeBinary, nullable=False))
    op.create_table("costs", *_of_call(), sa.Column("position", sa.Integer, primary_key=True, autoincrement=False))


def _of_call() -> list[Any]:
    reference = sa.ForeignKey("calls.mirror_number")
    return [sa.Column("mirror_number", _NUMBER, reference, primary_key=True, autoincrement=False)]


def _customers(op: Operations) -> None:
    op.create_table(
        "customers",
        sa.Column("customer_key", _WORDS, primary_key=True),
        sa.Column("mirror_change", _NUMBER, nullable=False),
        sa.Column("mirror_sources", sa.JSON, nullable=False),
    )
    op.create_index("ix_customers_mirror_change", "customers", ["mirror_change"])
    op.create_table(
        "figures",
        sa.Column("customer_key", _WORDS, primary_key=True),
        sa.Column("assistant_id", _WORDS, primary_key=True),
        sa.Column("customer_first_seen_at", _INSTANT, nullable=False),
        sa.Column("customer_last_call_at", _INSTANT, nullable=False),
        sa.Column("customer_call_count", _NUMBER, nullable=False),
        sa.Column("total_cost_nano", _NUMBER, nullable=False),
        sa.Column("total_duration_ms", _NUMBER, nullable=False),
    )
    for name in (
        "customer_first_seen_at",
        "customer_last_call_at",
        "customer_call_count",
        "total_cost_nano",
        "total_duration_ms",
    ):
        op.create_index(f"figures_{name}", "figures", ["assistant_id", name, "customer_key"])


def _sequence(op: Operations) -> None:
    made = op.create_table(
        "sequence",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("last", _NUMBER, nullable=False),
    )
    op.bulk_insert(made, [{"id": 1, "last": 0}])


def _ledger(op: Operations) -> None:
    op.create_table(
        "ledger",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("received_at", _INSTANT, nullable=False),
        sa.Column("type", _WORDS, nullable=False),
        sa.Column("call_id", _WORDS),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("reason", _WORDS),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("ix_ledger_received_at", "ledger", ["received_at"])
    op.create_index("ix_ledger_type", "ledger", ["type"])  # counting must not read the bodies
    op.create_index("ix_ledger_call_id", "ledger", ["call_id"])
    op.create_index("ledger_state", "ledger", ["state", "id"])


def _sync(op: Operations) -> None:
    op.create_table(
        "marks",
        sa.Column("call_id", _WORDS, primary_key=True),
        sa.Column("reason", sa.Text, primary_key=True),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    op.create_index("ix_marks_due_at", "marks", ["due_at"])
    op.create_table(
        "coverage",
        sa.Column("start", _INSTANT, primary_key=True, autoincrement=False),
        sa.Column("end", _INSTANT, nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("until", _INSTANT, nullable=False),
    )
    op.create_table(
        "saved",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
    )
    op.create_table(
        "attributes",
        sa.Column("table", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("filled", sa.Integer, nullable=False),
    )


def _search(op: Operations) -> None:
    """The words of calls: distinct and normalised already, so neither side tokenises; no positions are kept."""
    if op.get_context().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE search USING fts5(words, tokenize='ascii', detail='none')")
        return
    op.create_table(
        "search",
        sa.Column("mirror_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("words", postgresql.TSVECTOR, nullable=False),
    )
    op.create_index("search_words", "search", ["words"], postgresql_using="gin")
