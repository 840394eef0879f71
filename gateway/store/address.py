"""Address: the URL under which the settings name the mirror's database, checked and complete."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.errors import SettingsInvalid
from gateway.store import postgres, sqlite

ACCEPTED: Final = "sqlite:///folder/file.db or postgresql://user:password@host:5432/database"

_DRIVERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqlite": sqlite.DRIVER,
        sqlite.DRIVER: sqlite.DRIVER,
        "postgres": postgres.DRIVER,
        "postgresql": postgres.DRIVER,
        postgres.DRIVER: postgres.DRIVER,
    }
)


def address(text: str, load: Callable[[str], object] = importlib.import_module) -> URL:
    """The URL with its driver; ``load`` imports that.

    Raises:
        SettingsInvalid: it cannot be used. The message never shows the URL, which may hold a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise SettingsInvalid(f"The URL of the database cannot be read; it is like {ACCEPTED}.") from None
    if url.drivername not in _DRIVERS:
        raise SettingsInvalid(f"The database cannot be “{url.drivername}”; its URL is like {ACCEPTED}.")
    url = url.set(drivername=_DRIVERS[url.drivername])
    return _file(url) if url.drivername == sqlite.DRIVER else _server(url, load)


def _file(url: URL) -> URL:
    if url.database in (None, "", ":memory:"):
        raise SettingsInvalid("The URL of the database names no file: the mirror is meant to last.")
    if url.host or url.query:
        raise SettingsInvalid(f"The URL of the database says more than a file: it is like {ACCEPTED}.")
    return url


def _server(url: URL, load: Callable[[str], object]) -> URL:
    try:
        load("psycopg")
    except ImportError:
        message = "The database is PostgreSQL, whose driver is missing: pip install 'vapi-call-gateway[postgres]'"
        raise SettingsInvalid(message) from None
    return url
