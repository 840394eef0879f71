"""Faults: the one table that says what an error of a database or its driver means here.

Texts of drivers never get into a message: PostgreSQL quotes the values of a row in its details.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import exc

from gateway.errors import StoreError, StoreIncompatible, StoreTimeout, StoreUnavailable

_SQLITE: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_BUSY: (StoreUnavailable, "another process holds the file's lock for too long"),
    sqlite3.SQLITE_LOCKED: (StoreUnavailable, "another connection holds a table's lock for too long"),
    sqlite3.SQLITE_FULL: (StoreUnavailable, "the disk is full; make room"),
    sqlite3.SQLITE_IOERR: (StoreUnavailable, "the disk cannot be read or written"),
    sqlite3.SQLITE_NOMEM: (StoreUnavailable, "there is no memory left"),
    sqlite3.SQLITE_CANTOPEN: (StoreUnavailable, "the file cannot be opened; check its folder and permissions"),
    sqlite3.SQLITE_PERM: (StoreUnavailable, "the file's permissions forbid it"),
    sqlite3.SQLITE_AUTH: (StoreUnavailable, "the file's permissions forbid it"),
    sqlite3.SQLITE_READONLY: (StoreUnavailable, "the file, or its folder, is read-only"),
    sqlite3.SQLITE_CORRUPT: (StoreUnavailable, "the file is damaged; put back a copy, or remove it and backfill"),
    sqlite3.SQLITE_INTERRUPT: (StoreTimeout, "it took longer than it may"),
    sqlite3.SQLITE_NOTADB: (StoreIncompatible, "the file is no SQLite database; name another in the settings"),
}
"""By SQLite's primary result code (https://www.sqlite.org/rescode.html)."""

_POSTGRES: Final[dict[str, tuple[type[StoreError], str]]] = {
    "57014": (StoreTimeout, "it took longer than it may"),
    "55P03": (StoreUnavailable, "another session holds a lock for too long"),
    "25006": (StoreUnavailable, "it is read-only: a standby, or told so"),
    "25P03": (StoreUnavailable, "a transaction stood idle for too long and was ended"),
    "08": (StoreUnavailable, "the connection broke"),
    "28": (StoreUnavailable, "it does not accept the user or the password of the settings"),
    "3D": (StoreUnavailable, "there is no database of the name in the settings"),
    "40": (StoreUnavailable, "the transaction met another one and was ended"),
    "2BP01": (StoreIncompatible, "something that is not the gateway's needs a column that has to change; drop it"),
    "42501": (StoreUnavailable, "the user of the settings lacks a permission"),
    "53": (StoreUnavailable, "it is out of disk, memory or connections"),
    "57": (StoreUnavailable, "it is shutting down or starting"),
    "58": (StoreUnavailable, "its disk cannot be read or written"),
}
"""By SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Whatever a database or its driver raises inside comes out as a leaf of `StoreError`."""
    try:
        yield
    except exc.TimeoutError:
        raise StoreUnavailable("The mirror's database is busy: no connection became free in time.") from None
    except TimeoutError:
        raise StoreTimeout("The mirror's database was asked for too much: it took longer than it may.") from None
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        raise fault(error) from None  # the driver's own text can quote a row


def fault(error: Exception) -> StoreError:
    """What an error of SQLAlchemy or of a driver under it means.

    What no table knows was refused for what it said: a table or column is not as this version expects it.
    """
    original = error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error
    found = _known(original)
    if found is None and isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        found = StoreUnavailable, "the connection broke"
    if found is None:
        return _refused(error, original)
    kind, meaning = found
    return kind(f"The mirror's database did not do what was asked of it: {meaning}.")


def _known(original: BaseException) -> tuple[type[StoreError], str] | None:
    if isinstance(original, sqlite3.Error):
        return _SQLITE.get(getattr(original, "sqlite_errorcode", 0) & 0xFF) or _closed(original)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRES.get(state) or _POSTGRES.get(state[:2])
    if type(original).__name__ in ("OperationalError", "ConnectionTimeout"):  # psycopg: it never got to the server
        return StoreUnavailable, "it cannot be reached"
    return None


def _closed(original: sqlite3.Error) -> tuple[type[StoreError], str] | None:
    return (StoreUnavailable, "it is closed") if "closed" in str(original).lower() else None


def _refused(error: Exception, original: BaseException) -> StoreIncompatible:
    code = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "no code"
    found = StoreIncompatible(
        f"The mirror's database refused a statement of this version of the gateway ({type(original).__name__}, {code})."
    )
    statement = getattr(error, "statement", None)
    if statement:
        found.add_note(f"The statement, without its values: {statement[:2000]}")
    return found
