"""Home: where a copy lives, which is a file or memory.

The copy follows from the mirror alone: one that is missing, damaged or made of something else is made anew, and one
that another process has open is made in memory. DuckDB frees what is deleted without overwriting it, so that a file of
which something had to go is written anew under another name, and the old one is removed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

_ENDING: Final = ".duckdb"
_ABOUT: Final = "CREATE TABLE about (key VARCHAR, made_at BIGINT, holds_gone BOOLEAN)"

Connection = duckdb.DuckDBPyConnection


class Home:
    """A database of this ``key``, which ``statements`` make; ``folder`` is None for memory.

    Files are called ``name``, a dash, a number, and .duckdb. ``options`` are DuckDB's.
    """

    def __init__(
        self, folder: Path | None, name: str, *, key: str, statements: Sequence[str], options: Mapping[str, Any]
    ) -> None:
        self._folder = folder
        self._name = name
        self._key = key
        self._statements = statements
        self._options = dict(options)
        self._file: Path | None = None
        self._connection = self._opened()

    @contextlib.contextmanager
    def asking(self) -> Iterator[Connection]:
        """A connection of one's own."""
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute("SET TimeZone = 'UTC'")
            yield cursor

    def rewrite(self) -> None:
        """Write everything that there is into another file, so that nothing is left of what is gone.

        Whoever asks already goes on with the old one, which has no name any more.
        """
        if self._file is None or self._folder is None:
            return
        old, fresh = self._file, self._numbered(self._number(self._file) + 1)
        _remove(fresh)
        with self.asking() as connection:
            ((name,),) = connection.execute("SELECT current_database()").fetchall()
            connection.execute(f"ATTACH '{_quoted(fresh)}' AS fresh")
            connection.execute(f'COPY FROM DATABASE "{name}" TO fresh')
            connection.execute("UPDATE fresh.about SET holds_gone = false")
            connection.execute("DETACH fresh")
        fresh.chmod(0o600)
        self._file, self._connection = fresh, duckdb.connect(fresh, config=self._options)
        _remove(old)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def _opened(self) -> Connection:
        if self._folder is None:
            return self._made(":memory:")
        self._folder.mkdir(parents=True, exist_ok=True)
        for file in reversed(files(self._folder, self._name)):
            try:
                found = duckdb.connect(file, config=self._options)
            except duckdb.Error as error:
                if "lock" in str(error):  # another process has it
                    return self._made(":memory:")
                _remove(file)
                continue
            if self._is_mine(found):
                self._file = file
                return found
            found.close()
            _remove(file)
        self._file = self._numbered(1)
        made = self._made(str(self._file))
        self._file.chmod(0o600)
        return made

    def _is_mine(self, connection: Connection) -> bool:
        try:
            return connection.execute("SELECT key FROM about").fetchall() == [(self._key,)]
        except duckdb.Error:
            return False

    def _made(self, place: str) -> Connection:
        connection = duckdb.connect(place, config=self._options)
        for statement in (_ABOUT, *self._statements):
            connection.execute(statement)
        connection.execute("INSERT INTO about VALUES (?, 0, false)", [self._key])
        return connection

    def _numbered(self, number: int) -> Path:
        return (self._folder or Path()) / f"{self._name}-{number:06d}{_ENDING}"

    def _number(self, file: Path) -> int:
        number = file.stem.rpartition("-")[2]
        return int(number) if number.isdecimal() else 0


def files(folder: Path, name: str) -> list[Path]:
    """The files of copies in a folder, oldest first."""
    return sorted(folder.glob(f"{name}-*{_ENDING}"))


def discard(folder: Path, name: str) -> None:
    """Remove all copies in a folder: they are made anew when they are needed."""
    for file in files(folder, name):
        _remove(file)


def _remove(file: Path) -> None:
    for each in (file, file.with_name(f"{file.name}.wal")):
        each.unlink(missing_ok=True)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
