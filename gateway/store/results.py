"""Results: what a question came to, as plain rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CursorResult

from gateway.store.contributions import Row


def as_dicts(result: CursorResult[Any]) -> list[Row]:
    """The rows by the names of their columns; half as dear as SQLAlchemy's own mappings, where rows are wide."""
    names = tuple(result.keys())
    return [dict(zip(names, row, strict=True)) for row in result]
