"""Source: rows of the mirror as Arrow, read from its database by ADBC in batches, at one moment.

That takes a tenth of what making Python objects of them would, and needs no interpreter, so nobody waits for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import quote

import adbc_driver_postgresql.dbapi as postgres_driver
import adbc_driver_sqlite.dbapi as sqlite_driver
import pyarrow as pa
from sqlalchemy import URL

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.mirrored import GONE
from gateway.store import sqlite
from gateway.store.columnar.tables import CHANGE, NUMBER, STATE, Copied

_BATCH: Final = 10_000
"""Rows at a time; a batch of a hundred columns takes some megabytes."""


class Moment(Protocol):
    """The mirror as it is at one moment; ``last`` is the number of its last change.

    Rows have the attributes as they are kept, then the number, the change and the state of their call. One with the
    number 0 is none.
    """

    last: int

    def whole(self, copied: Copied) -> Sequence[pa.RecordBatchReader]:
        """All rows, in pieces that can be read side by side."""
        ...

    def changed(self, copied: Copied, behind: int) -> pa.RecordBatchReader:
        """The rows of calls that changed behind a number, in no order."""
        ...

    def gone(self) -> pa.RecordBatchReader:
        """The ids of the calls of which only the outline is left, and the number of the last change of each."""
        ...

    def customers(self) -> pa.RecordBatchReader:
        """The keys of all customers, and the number of the last change of each."""
        ...


class Source(Protocol):
    """Where the mirror is read. Raises `adbc_driver_manager.Error`."""

    def taken(self, attribute: Attribute) -> str:
        """What makes of an attribute, as it is kept, what the copy holds: an expression of DuckDB's."""
        ...

    def moment(self, pieces: int = 1) -> contextlib.AbstractContextManager[Moment]:
        """A moment to read at, by so many connections at most."""
        ...


def source_of(url: URL) -> Source:
    """How the mirror under a URL is read."""
    return SQLiteSource(url) if url.drivername == sqlite.DRIVER else PostgresSource(url)


class SQLiteSource:
    """A mirror in a file."""

    def __init__(self, url: URL) -> None:
        self._uri = f"file:{quote(url.database or '')}?mode=ro"

    def taken(self, attribute: Attribute) -> str:
        """As `Source` has it: moments are microseconds, a yes or no is a number, lists are JSON."""
        return _FROM_SQLITE.get(attribute.kind, '"{}"').format(attribute.flat)

    @contextlib.contextmanager
    def moment(self, pieces: int = 1) -> Iterator[Moment]:
        """As `Source` has it."""
        with _alike(self._connected, pieces) as connections:
            options = {"adbc.sqlite.query.batch_rows": str(_BATCH)}
            with contextlib.closing(_Taken(connections, _typed, options)) as taken:
                yield taken

    def _connected(self) -> Any:
        """A transaction, which sees what its first statement saw."""
        return sqlite_driver.connect(self._uri)


class PostgresSource:
    """A mirror on a server."""

    def __init__(self, url: URL) -> None:
        self._uri = url.set(drivername="postgresql").render_as_string(hide_password=False)

    def taken(self, attribute: Attribute) -> str:
        """As `Source` has it: all but lists are of their type."""
        return _LIST.format(attribute.flat) if attribute.kind is Kind.STRINGS else f'"{attribute.flat}"'

    @contextlib.contextmanager
    def moment(self, pieces: int = 1) -> Iterator[Moment]:
        """As `Source` has it."""
        with (
            _alike(self._connected, pieces) as connections,
            contextlib.closing(_Taken(connections, lambda _: "", {})) as taken,
        ):
            yield taken

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        with postgres_driver.connect(self._uri) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection


@contextlib.contextmanager
def _alike(connected: Callable[[], contextlib.AbstractContextManager[Any]], pieces: int) -> Iterator[Sequence[Any]]:
    """Connections that see the same moment; a single one where the mirror changes too often for that."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connected())]
        last = _last(connections[0])
        for _ in range(pieces - 1):
            another = stack.enter_context(connected())
            if _last(another) == last:
                connections.append(another)
        yield connections


def _last(connection: Any) -> int:
    return _number(connection, "SELECT last FROM sequence")


def _number(connection: Any, sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        (number,) = cursor.fetchone()
    return int(number)


class _Taken:
    """A moment of either; ``first`` is what a statement begins with, ``options`` are those of each statement."""

    def __init__(self, connections: Sequence[Any], first: Callable[[Copied], str], options: Mapping[str, str]) -> None:
        self._connections = connections
        self._first = first
        self._options = options
        self._cursors = contextlib.ExitStack()
        self.last = _last(connections[0])

    def close(self) -> None:
        """End all that is read."""
        self._cursors.close()

    def whole(self, copied: Copied) -> Sequence[pa.RecordBatchReader]:
        """As `Moment` has it: stretches of the numbers that calls have in the mirror."""
        most = _number(self._connections[0], "SELECT coalesce(max(mirror_number), 0) FROM calls")
        size = most // len(self._connections) + 1
        return [
            self._rows(
                connection,
                copied,
                f"calls.mirror_number >= {piece * size:d} AND calls.mirror_number < {(piece + 1) * size:d}",
            )
            for piece, connection in enumerate(self._connections)
        ]

    def changed(self, copied: Copied, behind: int) -> pa.RecordBatchReader:
        """As `Moment` has it."""
        return self._rows(self._connections[0], copied, f"calls.{CHANGE} > {behind:d}")

    def gone(self) -> pa.RecordBatchReader:
        """As `Moment` has it."""
        states = ", ".join(f"'{state.value}'" for state in GONE)
        return self._read(self._connections[0], f"SELECT id, {CHANGE} FROM calls WHERE {STATE} IN ({states})")

    def customers(self) -> pa.RecordBatchReader:
        """As `Moment` has it."""
        return self._read(self._connections[0], f"SELECT customer_key, {CHANGE} FROM customers")

    def _rows(self, connection: Any, copied: Copied, condition: str) -> pa.RecordBatchReader:
        columns = [f'{copied.place(a.flat)} AS "{a.flat}"' for a in copied.attributes]
        columns += [f"calls.{name} AS {name}" for name in (NUMBER, CHANGE, STATE)]
        select = f"SELECT {', '.join(columns)} FROM {copied.read_from} WHERE {condition}"
        return self._read(connection, self._first(copied) + select)

    def _read(self, connection: Any, sql: str) -> pa.RecordBatchReader:
        cursor = self._cursors.enter_context(connection.cursor())
        if self._options:
            cursor.adbc_statement.set_options(**self._options)
        cursor.execute(sql)
        found: pa.RecordBatchReader = cursor.fetch_record_batch()
        return found


_LIST: Final = 'CAST(CAST("{}" AS JSON) AS VARCHAR[])'
_FROM_SQLITE: Final = {
    Kind.DATETIME: 'make_timestamptz("{}")',
    Kind.BOOLEAN: 'CAST("{}" AS BOOLEAN)',
    Kind.STRINGS: _LIST,
}
_TEXT: Final = "''"
_EXAMPLES: Final = {Kind.INT: "0", Kind.FLOAT: "0.5", Kind.BOOLEAN: "0", Kind.DATETIME: "0"}


def _typed(copied: Copied) -> str:
    """A row with the number 0 in front of all others, from which SQLite's driver sees of what type each column is.

    It takes that from the rows that come first, and fails at a text in what it took for a column of numbers, where all
    of those had none. https://arrow.apache.org/adbc/current/driver/sqlite.html
    """
    examples = {attribute.flat: _EXAMPLES.get(attribute.kind, _TEXT) for attribute in copied.attributes}
    named = (f'{example} AS "{name}"' for name, example in {**examples, NUMBER: "0", CHANGE: "0", STATE: _TEXT}.items())
    return f"SELECT {', '.join(named)} UNION ALL "
