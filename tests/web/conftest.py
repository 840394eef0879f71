"""What the tests over HTTP share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.graph.asking import gateway


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As everywhere; one event loop for all tests of a module, since they share a gateway."""
    return "asyncio"


@pytest.fixture(scope="module")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one gateway over the calls of ``tests/graph/calls``, for a module's tests, which change nothing."""
    async with gateway() as client:
        yield client
