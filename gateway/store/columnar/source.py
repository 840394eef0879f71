"""Source: the mirror's calls as Arrow, read from its database by ADBC in batches, at one moment.

That takes a tenth of what making Python objects of them would, and needs no interpreter, so nobody waits for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as postgres_driver
import adbc_driver_sqlite.dbapi as sqlite_driver
import pyarrow as pa
from sqlalchemy import URL

from gateway.domain.attributes import Attribute, Kind
from gateway.store import sqlite
from gateway.store.columnar.tables import CHANGE

STATE: Final = "mirror_state"
_BATCH: Final = 10_000
"""Rows at a time; a batch of a hundred columns takes some megabytes."""


class Moment(Protocol):
    """The mirror as it is at one moment; ``last`` is the number of its last change."""

    last: int

    def whole(self) -> Sequence[pa.RecordBatchReader]:
        """All calls, in pieces that can be read side by side; what of each is told as `changed` has it."""
        ...

    def changed(self, behind: int) -> pa.RecordBatchReader:
        """The calls that changed behind a number, in no order: their attributes as they are kept, change and state.

        A row without an id is none of a call.
        """
        ...


class Source(Protocol):
    """Where calls are read from. Raises `adbc_driver_manager.Error`."""

    def taken(self, attribute: Attribute) -> str:
        """What makes of an attribute, as it is kept, what the copy holds: an expression of DuckDB's."""
        ...

    def moment(self, pieces: int = 1) -> contextlib.AbstractContextManager[Moment]:
        """A moment to read at, by so many connections at most."""
        ...


def source_of(url: URL, attributes: Sequence[Attribute]) -> Source:
    """How the calls of the mirror under a URL are read."""
    return SQLiteSource(url, attributes) if url.drivername == sqlite.DRIVER else PostgresSource(url, attributes)


class SQLiteSource:
    """A mirror in a file."""

    def __init__(self, url: URL, attributes: Sequence[Attribute]) -> None:
        self._uri = f"file:{quote(url.database or '')}?mode=ro"
        self._attributes = attributes

    def taken(self, attribute: Attribute) -> str:
        """As `Source` has it: moments are microseconds, a yes or no is a number, lists are JSON."""
        return _FROM_SQLITE.get(attribute.kind, '"{}"').format(attribute.flat)

    @contextlib.contextmanager
    def moment(self, pieces: int = 1) -> Iterator[Moment]:
        """As `Source` has it."""
        with _alike(self._connected, pieces) as cursors:
            yield _Taken(cursors, self._attributes, _typed(self._attributes))

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        """A transaction, which sees what its first statement saw."""
        with sqlite_driver.connect(self._uri) as connection, connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(_BATCH)})
            yield cursor


class PostgresSource:
    """A mirror on a server."""

    def __init__(self, url: URL, attributes: Sequence[Attribute]) -> None:
        self._uri = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._attributes = attributes

    def taken(self, attribute: Attribute) -> str:
        """As `Source` has it: all but lists are of their type."""
        return _LIST.format(attribute.flat) if attribute.kind is Kind.STRINGS else f'"{attribute.flat}"'

    @contextlib.contextmanager
    def moment(self, pieces: int = 1) -> Iterator[Moment]:
        """As `Source` has it."""
        with _alike(self._connected, pieces) as cursors:
            yield _Taken(cursors, self._attributes, "")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        with postgres_driver.connect(self._uri) as connection, connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield cursor


@contextlib.contextmanager
def _alike(connected: Callable[[], contextlib.AbstractContextManager[Any]], pieces: int) -> Iterator[Sequence[Any]]:
    """Connections that see the same moment; a single one where the mirror changes too often for that."""
    with contextlib.ExitStack() as stack:
        cursors = [stack.enter_context(connected())]
        last = _last(cursors[0])
        for _ in range(pieces - 1):
            another = stack.enter_context(connected())
            if _last(another) == last:
                cursors.append(another)
        yield cursors


def _last(cursor: Any) -> int:
    cursor.execute("SELECT last FROM sequence")
    (last,) = cursor.fetchone()
    return int(last)


class _Taken:
    """A moment of either; ``first`` is what a statement begins with."""

    def __init__(self, cursors: Sequence[Any], attributes: Sequence[Attribute], first: str) -> None:
        self._cursors = cursors
        self._names = _names(attributes)
        self._first = first
        self.last = _last(cursors[0])

    def whole(self) -> Sequence[pa.RecordBatchReader]:
        """As `Moment` has it: stretches of the numbers that calls have in the mirror."""
        self._cursors[0].execute("SELECT coalesce(max(mirror_number), 0) FROM calls")
        (most,) = self._cursors[0].fetchone()
        size = most // len(self._cursors) + 1
        return [
            self._read(cursor, f"mirror_number >= {piece * size:d} AND mirror_number < {(piece + 1) * size:d}")
            for piece, cursor in enumerate(self._cursors)
        ]

    def changed(self, behind: int) -> pa.RecordBatchReader:
        """As `Moment` has it."""
        return self._read(self._cursors[0], f"{CHANGE} > {behind:d}")

    def _read(self, cursor: Any, condition: str) -> pa.RecordBatchReader:
        cursor.execute(f"{self._first}SELECT {', '.join(self._names)} FROM calls WHERE {condition}")  # noqa: S608  # the catalog's names
        found: pa.RecordBatchReader = cursor.fetch_record_batch()
        return found


_LIST: Final = 'CAST(CAST("{}" AS JSON) AS VARCHAR[])'
_FROM_SQLITE: Final = {
    Kind.DATETIME: 'make_timestamptz("{}")',
    Kind.BOOLEAN: 'CAST("{}" AS BOOLEAN)',
    Kind.STRINGS: _LIST,
}
_EXAMPLES: Final = {Kind.INT: "0", Kind.FLOAT: "0.5", Kind.BOOLEAN: "0", Kind.DATETIME: "0"}


def _names(attributes: Sequence[Attribute]) -> list[str]:
    return [*(f'"{attribute.flat}"' for attribute in attributes), CHANGE, STATE]


def _typed(attributes: Sequence[Attribute]) -> str:
    """A row without an id in front of all others, from which SQLite's driver sees of what type each column is.

    It takes that from the rows that come first, and fails at a text in what it took for a column of numbers, where all
    of those had none. https://arrow.apache.org/adbc/current/driver/sqlite.html
    """
    examples = [*(_EXAMPLES.get(attribute.kind, "''") for attribute in attributes), "0", "''"]
    named = (f"{example} AS {name}" for example, name in zip(examples, _names(attributes), strict=True))
    return f"SELECT {', '.join(named)} UNION ALL "
