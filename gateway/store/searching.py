"""Searching: the words of each call, in SQLite's FTS5 and in PostgreSQL's tsvector.

FTS5 marks what is deleted and drops it only when it merges its segments. So where words must be gone for good, its
``secure-delete`` is switched on before (SQLite 3.42 and later), and where that is not known, all segments are merged
in the same transaction: that takes time with the size of the index.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from sqlalchemy import Connection, text

from gateway.store.database import Database

MOST: Final = 200_000
"""Characters of all words of a call, blanks included: a tsvector holds a megabyte. Of more, the first are kept."""
_SECURE: Final = sqlite3.sqlite_version_info >= (3, 42)

_READ: Final = text("SELECT rowid, words FROM search WHERE rowid IN (SELECT value FROM json_each(:numbers))")
_REMOVE: Final = text("DELETE FROM search WHERE rowid = :number")
_ADD: Final = text("INSERT INTO search (rowid, words) VALUES (:number, :words)")
_SWITCH_ON: Final = text("INSERT INTO search (search, rank) VALUES ('secure-delete', 1)")
_MERGE: Final = text("INSERT INTO search (search) VALUES ('optimize')")

_REMOVE_POSTGRES: Final = text("DELETE FROM search WHERE mirror_number = ANY(CAST(:numbers AS bigint[]))")
_PUT_POSTGRES: Final = text(
    "INSERT INTO search AS held (mirror_number, words)"
    " VALUES (:number, array_to_tsvector(string_to_array(:words, ' ')))"
    " ON CONFLICT (mirror_number) DO UPDATE SET words = excluded.words WHERE held.words <> excluded.words"
)


def within(words: str) -> str:
    """The words of a call that are kept."""
    return words if len(words) <= MOST else words[: words.rfind(" ", 0, MOST + 1)]


def index(
    connection: Connection,
    database: Database,
    words: Mapping[int, str],
    *,
    added: AbstractSet[int],
    purge: bool,
) -> None:
    """Let calls, by their number, be found by these words alone; by none where there are none.

    ``added`` are calls that were not there before. ``purge``: words that were there must not be readable any more.
    """
    kept = {number: within(of_call) for number, of_call in words.items()}
    if database.dialect == "postgresql":
        _index_postgres(connection, kept)
    else:
        _index_sqlite(connection, kept, added, purge=purge)


def _index_postgres(connection: Connection, kept: Mapping[int, str]) -> None:
    gone = [number for number, words in kept.items() if not words]
    if gone:
        connection.execute(_REMOVE_POSTGRES, {"numbers": gone})
    rows = [{"number": number, "words": words} for number, words in kept.items() if words]
    if rows:
        connection.execute(_PUT_POSTGRES, rows)


def _index_sqlite(connection: Connection, kept: Mapping[int, str], added: AbstractSet[int], *, purge: bool) -> None:
    held = _held(connection, kept.keys() - added)
    gone = [{"number": number} for number, words in held.items() if words != kept[number]]
    if _SECURE and (gone or purge):
        connection.execute(_SWITCH_ON)
    if gone:
        connection.execute(_REMOVE, gone)
    wanted = {number: words for number, words in kept.items() if words and held.get(number) != words}
    rows = [{"number": number, "words": words} for number, words in wanted.items()]
    if rows:
        connection.execute(_ADD, rows)
    if purge and not _SECURE:
        connection.execute(_MERGE)


def _held(connection: Connection, numbers: AbstractSet[int]) -> dict[int, str]:
    if not numbers:
        return {}
    rows = connection.execute(_READ, {"numbers": json.dumps(sorted(numbers))})
    return {row.rowid: row.words for row in rows}
