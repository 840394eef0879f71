"""What errors of databases mean here, and that they never say what was in a row."""

from __future__ import annotations

import sqlite3

import pytest
from psycopg import errors
from sqlalchemy import exc

from gateway.errors import StoreError, StoreIncompatible, StoreTimeout, StoreUnavailable
from gateway.store.faults import fault, translated


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("Ada Lovelace")
    error.sqlite_errorcode = code
    return error


def wrapped(original: Exception) -> exc.DBAPIError:
    """As SQLAlchemy raises it."""
    return exc.DBAPIError("INSERT INTO calls (customer_name) VALUES (?)", ("Ada Lovelace",), original)


@pytest.mark.parametrize(
    ("original", "leaf"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_FULL), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_IOERR_FSYNC), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_INTERRUPT), StoreTimeout),
        (of_sqlite(sqlite3.SQLITE_NOTADB), StoreIncompatible),
        (of_sqlite(sqlite3.SQLITE_ERROR), StoreIncompatible),
        (sqlite3.ProgrammingError("Cannot operate on a closed database."), StoreUnavailable),
        (errors.QueryCanceled("Ada Lovelace"), StoreTimeout),
        (errors.LockNotAvailable("Ada Lovelace"), StoreUnavailable),
        (errors.AdminShutdown("Ada Lovelace"), StoreUnavailable),
        (errors.DiskFull("Ada Lovelace"), StoreUnavailable),
        (errors.InvalidPassword("Ada Lovelace"), StoreUnavailable),
        (errors.InvalidCatalogName("Ada Lovelace"), StoreUnavailable),
        (errors.ReadOnlySqlTransaction("Ada Lovelace"), StoreUnavailable),
        (errors.DeadlockDetected("Ada Lovelace"), StoreUnavailable),
        (errors.InsufficientPrivilege("Ada Lovelace"), StoreUnavailable),
        (errors.OperationalError("connection to server at Ada Lovelace failed"), StoreUnavailable),
        (errors.ConnectionTimeout("Ada Lovelace"), StoreUnavailable),
        (errors.UndefinedColumn("Ada Lovelace"), StoreIncompatible),
        (errors.UniqueViolation("Ada Lovelace"), StoreIncompatible),
    ],
)
def test_each_error_has_its_meaning_and_tells_nothing_of_a_row(original: Exception, leaf: type[StoreError]) -> None:
    meant = fault(wrapped(original))
    assert type(meant) is leaf
    assert "Lovelace" not in f"{meant} {meant.args} {getattr(meant, '__notes__', '')}"


def test_a_refused_statement_is_told_without_its_values() -> None:
    meant = fault(wrapped(errors.UndefinedColumn("Ada Lovelace")))
    assert meant.__notes__ == ["The statement, without its values: INSERT INTO calls (customer_name) VALUES (?)"]


def test_a_pool_without_a_free_connection_is_a_busy_database() -> None:
    with pytest.raises(StoreUnavailable, match="busy"), translated():
        raise exc.TimeoutError


def test_time_that_ran_out_is_a_timeout_of_the_store() -> None:
    with pytest.raises(StoreTimeout), translated():
        raise TimeoutError


def test_what_is_no_fault_of_the_database_passes_as_it_is() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("name")
