"""Matching: which calls have all of some words in their text, by the index that each database keeps for that."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from sqlalchemy import ColumnElement, cast, column, literal, select, table
from sqlalchemy.dialects.postgresql import TSQUERY

from gateway.store.predicates import Matching

_SQLITE: Final = table("search", column("rowid"), column("search"))
_POSTGRESQL: Final = table("search", column("mirror_number"), column("words"))


def matching(number: ColumnElement[int], dialect: str) -> Matching:
    """What is true for calls with words; ``number`` is the column that the index refers to."""
    return partial(_by_fts5 if dialect == "sqlite" else _by_tsvector, number)


def _by_fts5(number: ColumnElement[int], words: Sequence[str]) -> ColumnElement[bool]:
    """https://www.sqlite.org/fts5.html: texts side by side must all be there; quoted, none is an operator."""
    wanted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    return number.in_(select(_SQLITE.c.rowid).where(_SQLITE.c.search.op("MATCH")(literal(wanted))))


def _by_tsvector(number: ColumnElement[int], words: Sequence[str]) -> ColumnElement[bool]:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html: lexemes as they are, each quoted."""
    wanted = " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
    found = _POSTGRESQL.c.words.op("@@")(cast(literal(wanted), TSQUERY))
    return number.in_(select(_POSTGRESQL.c.mirror_number).where(found))
