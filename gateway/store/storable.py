"""Storable: the rows that values of attributes make.

What a projection gives is fit for any database but for one thing: PostgreSQL's indexes hold no more than 2,704 bytes of
a row, and a call that states a longer text must not be lost for it, nor be another one in SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Table

LONGEST_INDEXED: Final = 500
"""Texts in indexed columns are cut to this many characters."""

Values: TypeAlias = Mapping[str, Any]
Fit: TypeAlias = Callable[[Values], dict[str, Any]]


def fitting(table: Table, *, but: frozenset[str]) -> Fit:
    """The function that makes rows of values by flat name: every column but these, missing values None."""
    names = [column.name for column in table.columns if column.name not in but]
    indexed = [name for name in names if any(name in index.columns for index in table.indexes)]

    def fit(values: Values) -> dict[str, Any]:
        row: dict[str, Any] = {name: values.get(name) for name in names}
        for name in indexed:
            if isinstance(row[name], str):
                row[name] = row[name][:LONGEST_INDEXED]
        return row

    return fit
