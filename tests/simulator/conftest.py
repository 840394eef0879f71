"""A small world at rest, a clock in the test's hand, and clients that hold the right keys."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.applications import Starlette

from gateway.simulator.app import create
from gateway.simulator.simulator import Simulator

ANCHOR = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
PRIVATE = {"Authorization": "Bearer sim-private-key"}
PUBLIC = {"Authorization": "Bearer sim-public-key"}


@dataclasses.dataclass
class Clock:
    """Time that passes when the test says so."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def client_of(app: Starlette, headers: dict[str, str] | None = None) -> httpx.AsyncClient:
    """A client in this process."""
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(
        transport=transport, base_url="http://sim", headers=PRIVATE if headers is None else headers
    )


@pytest.fixture
def clock() -> Clock:
    """An hour after the newest call of the past: all of them have ended."""
    return Clock(ANCHOR + timedelta(hours=1))


@pytest.fixture
def app(clock: Clock) -> Starlette:
    return create(seed=7, calls=1200, live=2, clock=clock, anchor=ANCHOR)


@pytest.fixture
def simulator(app: Starlette) -> Simulator:
    simulator: Simulator = app.state.simulator
    return simulator


@pytest.fixture
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def browser(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the public key."""
    async with client_of(app, PUBLIC) as client:
        yield client
