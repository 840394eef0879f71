"""A simulator on a loopback port, and a clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.e2e.clocks import ANCHOR, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server() -> Iterator[Server]:
    """Its own clock stands still, so that a live call stays one."""
    with Server(create(seed=7, calls=1200, live=2, clock=Clock(), anchor=ANCHOR)) as server:
        yield server


@pytest.fixture
def simulator(server: Server) -> Simulator:
    simulator: Simulator = server.app.state.simulator
    return simulator
