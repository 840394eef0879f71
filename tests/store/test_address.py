"""The URL of the database: what is accepted, and what is said of the rest."""

from __future__ import annotations

import re

import pytest

from gateway.errors import SettingsInvalid
from gateway.store.address import address


@pytest.mark.parametrize(
    ("given", "driver"),
    [
        ("sqlite:///mirror.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:////data/mirror.db", "sqlite+aiosqlite"),
        ("postgresql://user:word@host:5433/calls", "postgresql+psycopg"),
        ("postgres://user:word@host/calls?sslmode=require", "postgresql+psycopg"),
        ("postgresql+psycopg://host/calls", "postgresql+psycopg"),
    ],
)
def test_usual_spellings_get_their_driver(given: str, driver: str) -> None:
    assert address(given).drivername == driver


def test_the_rest_of_a_url_stays_as_it_is() -> None:
    url = address("postgres://user:word@host:5433/calls?sslmode=require")
    assert (url.username, url.password, url.host, url.port, url.database) == ("user", "word", "host", 5433, "calls")
    assert url.query == {"sslmode": "require"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mysql://user:hunter2@host/calls", "“mysql”"),
        ("postgresql+asyncpg://user:hunter2@host/calls", "“postgresql+asyncpg”"),
        ("hunter2", "cannot be read"),
        ("postgresql://user:hunter2@host:port/calls", "cannot be read"),
        ("sqlite://", "no file"),
        ("sqlite:///:memory:", "no file"),
        ("sqlite:///mirror.db?mode=ro", "more than a file"),
        ("sqlite://folder/mirror.db", "more than a file"),
    ],
)
def test_what_cannot_be_used_is_refused_without_showing_the_password(given: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=re.escape(said)) as refused:
        address(given)
    assert "hunter2" not in str(refused.value)


def test_a_missing_driver_is_named_with_the_command_that_installs_it() -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name)

    with pytest.raises(SettingsInvalid, match=r"pip install 'vapi-call-gateway\[postgres\]'"):
        address("postgresql://host/calls", absent)


def test_sqlite_needs_no_driver_of_its_own_to_be_installed() -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(name)

    assert address("sqlite:///mirror.db", absent).database == "mirror.db"
