"""Watch: whether anything in the mirror has changed, told without asking it anything.

SQLite numbers the commits that a connection has not made itself (``PRAGMA data_version``), and looks that number up in
memory which all its processes share: it takes some microseconds, waits for nobody, and is exact. PostgreSQL has nothing
like it, so there the answer is always that it may have.

That memory is the file ``-shm``, and its first bytes tell the same in a tenth of a microsecond. They must not be looked
at from here: closing a file gives up all locks that the process has on it, SQLite's among them
(https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
"""

from __future__ import annotations

import contextlib
import sqlite3

from gateway.store import sqlite
from gateway.store.address import address


class Watch:
    """Watches the database under a URL, from the first question on. It belongs to one thread, and to `close`."""

    def __init__(self, url: str) -> None:
        at = address(url)
        self._path = at.database if at.drivername == sqlite.DRIVER else None
        self._connection: sqlite3.Connection | None = None

    def version(self) -> int | None:
        """A number that is another one whenever something has changed; None where that cannot be told at once."""
        if self._path is None:
            return None
        with contextlib.suppress(sqlite3.Error):
            if self._connection is None:
                self._connection = sqlite3.connect(self._path, timeout=0)
                self._connection.execute("PRAGMA query_only = 1")
            (number,) = self._connection.execute("PRAGMA data_version").fetchone()
            return int(number)
        return None

    def close(self) -> None:
        """Let the database go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
