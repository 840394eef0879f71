"""What the tests of the schema share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.graph.asking import gateway


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway in front of the calls of ``tests/graph/calls``."""
    async with gateway() as client:
        yield client
