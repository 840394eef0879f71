"""Copy: the calls of the mirror in DuckDB, one file or memory, brought up to a change and asked.

What the copy holds follows from the mirror alone.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb
from sqlalchemy import Select

from gateway.domain.mirrored import GONE, LISTED, State
from gateway.errors import BadUserInput
from gateway.store.columnar import tables
from gateway.store.columnar.dialect import written
from gateway.store.columnar.home import Home
from gateway.store.columnar.source import Moment, Source
from gateway.store.columnar.tables import CHANGE, NUMBER, STATE, UNTIL, Copied, Copies

HELD: Final = dt.timedelta(minutes=15)
"""How long a state can still be asked for after there was a later one."""

_CHECKPOINT: Final = "256MB"
"""How much is written down before it goes to its place in the file; whoever follows waits for that."""
NAME: Final = "columnar"
"""What its files are called by."""
_PIECES: Final = 2
"""Connections that read the mirror side by side to fill a copy."""
_MADE: Final = (
    "CREATE TABLE states (state BIGINT, reached_at TIMESTAMPTZ)",
    "CREATE TABLE gone (id VARCHAR, change BIGINT)",
    "CREATE TABLE touched (customer_key VARCHAR, change BIGINT)",
)
"""The states that can be asked for, the calls of which only the outline is left, and the customers
with the number of the last change of each; of those that are no more, since the copy was made."""


def _among(states: Sequence[State]) -> str:
    named = ", ".join(f"'{state.value}'" for state in states)
    return f"{STATE} IN ({named})"


class Copy:
    """The copy. Its methods are for one thread at a time, but for `asking`, which is for any.

    ``key`` says what the copy is made of: one of another key is made anew. ``folder`` is None for memory.
    """

    def __init__(self, folder: Path | None, *, key: str, copies: Copies, source: Source, memory_bytes: int) -> None:
        self._copies = copies
        self._source = source
        self._home = Home(
            folder,
            NAME,
            key=key,
            statements=(*_MADE, tables.made(copies.calls), tables.made(copies.costs)),
            options={"memory_limit": f"{memory_bytes}B", "wal_autocheckpoint": _CHECKPOINT},
        )
        self.state = self._last_state()

    def follow(self, now: dt.datetime) -> int:
        """Take over all that has changed in the mirror; the state since. Raises `adbc_driver_manager.Error`."""
        with self._source.moment(1 if self.state else _PIECES) as moment:
            if moment.last == self.state:
                return self.state
            with self._transaction() as connection:
                if moment.last < self.state:  # it is another mirror now, such as one that was restored
                    self._empty(connection)
                if 0 < self.state < moment.last:
                    self._take_over(connection, moment)
                else:
                    self._fill(connection, moment)
                self._forget(connection, now)
                connection.execute("INSERT INTO states VALUES (?, ?)", [moment.last, now])
            if not self.state:  # all of it at once is packed by that, and asked in half the time
                self._pack()
            self.state = moment.last
        return self.state

    def _pack(self) -> None:
        """Put everything to its place in the file."""
        with self.asking() as connection:
            connection.execute("CHECKPOINT")

    def state_of(self, connection: duckdb.DuckDBPyConnection, asked: int | None) -> int:
        """The state that is meant, the last one if none is asked for.

        Raises:
            BadUserInput: it was never told, or no longer holds.
        """
        if asked is None:
            (last,) = _one(connection, "SELECT coalesce(max(state), 0) FROM states")
            return int(last)
        if _one(connection, "SELECT count(*) FROM states WHERE state = ?", [asked]) == (0,):
            minutes = HELD // dt.timedelta(minutes=1)
            raise BadUserInput("asOf", asked, f"it must be a state that an answer told in the last {minutes} minutes")
        return asked

    def made_at(self, connection: duckdb.DuckDBPyConnection) -> int:
        """The state that it was made at: which customers are no more since then is known."""
        (made_at,) = _one(connection, "SELECT made_at FROM about")
        return int(made_at)

    def deletion(self, connection: duckdb.DuckDBPyConnection) -> int:
        """The number of the last deletion that is known."""
        (last,) = _one(connection, "SELECT coalesce(max(change), 0) FROM gone")
        return int(last)

    def asking(self) -> contextlib.AbstractContextManager[duckdb.DuckDBPyConnection]:
        """A connection to ask with, which sees the states that there were when it began."""
        return self._home.asking()

    def purge(self) -> None:
        """Let nothing be left anywhere of what is gone."""
        with self.asking() as connection:
            (holds_gone,) = _one(connection, "SELECT holds_gone FROM about")
        if holds_gone:
            self._home.rewrite()

    def close(self) -> None:
        """Close the file."""
        self._home.close()

    def _last_state(self) -> int:
        with self.asking() as connection:
            return self.state_of(connection, None)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.asking() as connection:
            connection.begin()
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def _empty(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let go of everything."""
        for name in ("calls", "costs", "gone", "touched", "states"):
            connection.execute(f"DELETE FROM {name}")
        connection.execute("UPDATE about SET holds_gone = true")

    def _fill(self, connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
        """Take over everything."""
        for copied in (self._copies.calls, self._copies.costs):
            with _registered(connection, moment.whole(copied)) as names:
                told = " UNION ALL ".join(self._rows(copied, name, moment.last) for name in names)
                connection.execute(f"INSERT INTO {copied.name} {told}")
        with _registered(connection, [moment.gone()]) as (name,):
            connection.execute(f"INSERT INTO gone FROM {name}")
        with _registered(connection, [moment.customers()]) as (name,):
            connection.execute(f"INSERT INTO touched FROM {name}")

        connection.execute("UPDATE about SET made_at = ?", [moment.last])

    def _take_over(self, connection: duckdb.DuckDBPyConnection, moment: Moment) -> None:
        """Put new versions in the place of those that there were; of what is gone nothing stays but that."""
        calls = self._copies.calls
        with _registered(connection, [moment.changed(calls, self.state)]) as (name,):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE incoming AS FROM {name} WHERE {NUMBER} > 0")
        self._touch(connection, moment.last)
        connection.execute("DELETE FROM gone WHERE id IN (SELECT id FROM incoming)")
        connection.execute(f"INSERT INTO gone SELECT id, {CHANGE} FROM incoming WHERE {_among(GONE)}")
        self._outdate(connection, moment.last)
        connection.execute(f"INSERT INTO calls {self._rows(calls, 'incoming', moment.last)}")
        costs = self._copies.costs
        with _registered(connection, [moment.changed(costs, self.state)]) as (name,):
            connection.execute(f"INSERT INTO costs {self._rows(costs, name, moment.last)}")
        connection.execute("DROP TABLE incoming")

    def _touch(self, connection: duckdb.DuckDBPyConnection, state: int) -> None:
        """Note whose calls have changed: those of the customers that they were of, and that they are of."""
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE outdated AS SELECT rowid AS row, {NUMBER}, customer_key FROM calls "
            f"WHERE {UNTIL} IS NULL AND {NUMBER} IN (SELECT {NUMBER} FROM incoming)"
        )
        changed = "SELECT customer_key FROM incoming UNION SELECT customer_key FROM outdated"
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE concerned AS "
            f"SELECT customer_key FROM ({changed}) WHERE customer_key IS NOT NULL"
        )
        connection.execute("DELETE FROM touched WHERE customer_key IN (FROM concerned)")
        connection.execute(f"INSERT INTO touched SELECT customer_key, {state:d} FROM concerned")
        connection.execute("DROP TABLE concerned")

    def _outdate(self, connection: duckdb.DuckDBPyConnection, state: int) -> None:
        """End the versions of what has changed; of a call that stands in lists no more there has never been any."""
        left = f"SELECT {NUMBER} FROM incoming WHERE NOT ({_among(LISTED)})"
        if _one(connection, f"SELECT count(*) FROM ({left})") != (0,):
            for copied in (self._copies.calls, self._copies.costs):
                connection.execute(f"DELETE FROM {copied.name} WHERE {NUMBER} IN ({left})")
            connection.execute("UPDATE about SET holds_gone = true")
        connection.execute(f"UPDATE calls SET {UNTIL} = {state:d} WHERE rowid IN (SELECT row FROM outdated)")
        connection.execute(
            f"UPDATE costs SET {UNTIL} = {state:d} "
            f"WHERE {UNTIL} IS NULL AND {NUMBER} IN (SELECT {NUMBER} FROM outdated)"
        )
        connection.execute("DROP TABLE outdated")

    def _rows(self, copied: Copied, changed: str, state: int) -> str:
        """The rows of calls that can be listed, as the copy has them."""
        columns = ", ".join(self._source.taken(attribute) for attribute in copied.attributes)
        listed = f"{_among(LISTED)} AND {NUMBER} > 0"
        return f"SELECT {columns}, {NUMBER}, {CHANGE}, {state:d}, NULL FROM {changed} WHERE {listed}"

    def _forget(self, connection: duckdb.DuckDBPyConnection, now: dt.datetime) -> None:
        """Let go of the versions that nobody can ask for any more, and of the states that had them."""
        (kept_from,) = _one(connection, "SELECT max(state) FROM states WHERE reached_at <= ?", [now - HELD])
        if kept_from is not None:
            for copied in (self._copies.calls, self._copies.costs):
                connection.execute(f"DELETE FROM {copied.name} WHERE {UNTIL} <= {kept_from:d}")
            connection.execute(f"DELETE FROM states WHERE state < {kept_from:d}")


@contextlib.contextmanager
def _registered(connection: duckdb.DuckDBPyConnection, readers: Sequence[Any]) -> Iterator[list[str]]:
    """What is read, under names that statements can use."""
    names = [f"piece_{number}" for number in range(len(readers))]
    for name, reader in zip(names, readers, strict=True):
        connection.register(name, reader)
    try:
        yield names
    finally:
        for name in names:
            connection.unregister(name)


def rows(connection: duckdb.DuckDBPyConnection, statement: Select[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    sql, parameters = written(statement)
    found: list[tuple[Any, ...]] = connection.execute(sql, parameters).fetchall()
    return found


def _one(connection: duckdb.DuckDBPyConnection, sql: str, parameters: Sequence[object] = ()) -> tuple[Any, ...]:
    (found,) = connection.execute(
        sql, parameters
    ).fetchall()  # to the end: an unfinished result is in the way of others
    one: tuple[Any, ...] = found
    return one
