"""Watch: whether anything in the mirror has changed, told without asking it anything.

SQLite keeps the state of its write-ahead log in memory that all processes share, the file ``-shm``: 48 bytes at its
beginning are others after every commit, whoever made it (https://www.sqlite.org/walformat.html#the_wal_index_header).
To look at them takes a tenth of a microsecond and waits for nobody. Where they are not as that page has them, SQLite is
asked (``PRAGMA data_version``), which locks and takes fifty times as long. PostgreSQL has nothing like it, so there the
answer is always that something may have changed.
"""

from __future__ import annotations

import contextlib
import mmap
import sqlite3
from pathlib import Path
from typing import Final, TypeAlias

from gateway.store import sqlite
from gateway.store.address import address

Version: TypeAlias = int | bytes
"""What is another one after every commit."""

_HEADER: Final = 48
_FORMATS: Final = tuple((3_007_000).to_bytes(4, order) for order in ("little", "big"))
"""How a header begins whose format is the one that is known: by its version, in the byte order of the machine."""


class Watch:
    """Watches the database under a URL, from the first question on. It belongs to one thread, and to `close`."""

    def __init__(self, url: str) -> None:
        at = address(url)
        self._path = at.database if at.drivername == sqlite.DRIVER else None
        self._connection: sqlite3.Connection | None = None
        self._shared: mmap.mmap | None = None

    def version(self) -> Version | None:
        """What is another one whenever something has changed; None where that cannot be told."""
        if self._shared is not None:
            return self._shared[:_HEADER]
        if self._path is None:
            return None
        with contextlib.suppress(sqlite3.Error):
            if self._connection is None:
                self._connection = sqlite3.connect(self._path)
                self._connection.execute("PRAGMA query_only = 1")
            (number,) = self._connection.execute("PRAGMA data_version").fetchone()
            self._shared = _mapped(f"{self._path}-shm")
            return int(number)
        return None

    def close(self) -> None:
        """Let the database go."""
        if self._shared is not None:
            self._shared.close()
            self._shared = None
        if self._connection is not None:  # as long as it is open, nobody takes the shared memory away
            self._connection.close()
            self._connection = None


def _mapped(path: str) -> mmap.mmap | None:
    """The shared memory of a database whose header can be read."""
    with contextlib.suppress(OSError, ValueError), Path(path).open("rb") as file:
        shared = mmap.mmap(file.fileno(), _HEADER, access=mmap.ACCESS_READ)
        if shared[:4] in _FORMATS:
            return shared
        shared.close()
    return None
