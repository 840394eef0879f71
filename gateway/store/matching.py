"""Matching: which calls have all of some words in their text, by the index that each database keeps for that.

SQLite does not know how many calls have a word. Where few do, it looks them up and sorts them; where many do, a list is
read in its order, or counted, and what is not among them is skipped. Somebody has to ask first which it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, Select, cast, column, func, literal, select, table
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.filters import Predicate, Search, leaves
from gateway.store.conditions import settled
from gateway.store.functions import unindexed
from gateway.store.predicates import Matching

COMMON: Final = 10_000
"""So many calls are looked up and sorted in some 20 ms."""

Words: TypeAlias = tuple[str, ...]

_SQLITE: Final = table("search", column("rowid"), column("search"))
_POSTGRESQL: Final = table("search", column("mirror_number"), column("words"))


def matching(number: ColumnElement[int], dialect: str, common: AbstractSet[Words] = frozenset()) -> Matching:
    """What is true for calls with words; ``number`` is the column that the index refers to."""
    return partial(_by_fts5, number, common) if dialect == "sqlite" else partial(_by_tsvector, number)


async def common_words(connection: AsyncConnection, predicate: Predicate, most: int = COMMON) -> frozenset[Words]:
    """Which searches of a filter find more calls than one should look up; PostgreSQL knows that by itself."""
    if connection.dialect.name != "sqlite":
        return frozenset()
    searches = {leaf.words for leaf in leaves(settled(predicate)) if isinstance(leaf, Search) and leaf.words}
    return frozenset([words for words in searches if await _found(connection, words, most) >= most])


async def _found(connection: AsyncConnection, words: Words, most: int) -> int:
    found = _rows(words).limit(most).subquery()
    return int((await connection.execute(select(func.count()).select_from(found))).scalar_one())


def _by_fts5(number: ColumnElement[int], common: AbstractSet[Words], words: Sequence[str]) -> ColumnElement[bool]:
    return (unindexed(number) if tuple(words) in common else number).in_(_rows(words))


def _rows(words: Sequence[str]) -> Select[tuple[int]]:
    """https://www.sqlite.org/fts5.html: texts side by side must all be there; quoted, none is an operator."""
    wanted = " ".join('"' + word.replace('"', '""') + '"' for word in words)
    return select(_SQLITE.c.rowid).where(_SQLITE.c.search.op("MATCH")(literal(wanted)))


def _by_tsvector(number: ColumnElement[int], words: Sequence[str]) -> ColumnElement[bool]:
    """https://www.postgresql.org/docs/current/datatype-textsearch.html: lexemes as they are, each quoted."""
    wanted = " & ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
    found = _POSTGRESQL.c.words.op("@@")(cast(literal(wanted), TSQUERY))
    return number.in_(select(_POSTGRESQL.c.mirror_number).where(found))
