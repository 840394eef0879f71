"""What all tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--write-golden`` writes golden files anew instead of comparing with them."""
    parser.addoption("--write-golden", action="store_true", help="write golden files anew")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio alone, as the gateway does."""
    return "asyncio"
