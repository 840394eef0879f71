"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

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
