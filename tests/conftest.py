"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import databases

# The same examples every time, however slow the machine: a red suite means a change. For new ones:
# pytest --hypothesis-profile=explore
settings.register_profile("usual", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("explore", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("usual")


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden`` writes golden files anew instead of comparing with them."""
    parser.addoption("--write-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio alone, as the gateway does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of the one server of all tests, started when the first of them asks."""
    with databases.server() as url:
        yield url


@pytest.fixture
def postgresql_url(postgres_server: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of the test's own, empty."""
    with databases.database(postgres_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of the test's own: the test runs once on SQLite, once on PostgreSQL."""
    if request.param == "sqlite":
        return databases.sqlite_url(tmp_path)
    url: str = request.getfixturevalue("postgresql_url")
    return url
