"""Faults on request, in this process and over a real socket."""

from __future__ import annotations

import logging
import time

import httpx
import pytest

from gateway.simulator.app import create
from gateway.simulator.faults import HangUp
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import PRIVATE

pytestmark = pytest.mark.anyio


async def test_latency_delays_the_answer(client: httpx.AsyncClient, simulator: Simulator) -> None:
    simulator.fail("latency", seconds=0.05)
    began = time.perf_counter()
    assert (await client.get("/call?limit=1")).status_code == 200
    assert time.perf_counter() - began >= 0.05


@pytest.mark.parametrize(("seconds", "header"), [(2, "2"), (0.5, "0.5"), (None, None)])
async def test_a_rate_limit_may_say_how_long_to_wait(
    client: httpx.AsyncClient, simulator: Simulator, seconds: float | None, header: str | None
) -> None:
    simulator.fail("rate_limit", seconds=seconds)
    answer = await client.get("/call")
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, header)
    assert answer.json()["statusCode"] == 429


async def test_a_server_error_has_the_status_that_was_asked_for(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    simulator.fail("server_error", status=503)
    assert (await client.get("/call")).status_code == 503


async def test_malformed_json_arrives_complete_and_does_not_parse(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    simulator.fail("malformed")
    answer = await client.get("/call?limit=2")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["content-length"])
    with pytest.raises(ValueError, match=r"JSON|Expecting|Unterminated|delimiter"):
        answer.json()


@pytest.mark.parametrize("fault", ["down", "hang_up"])
async def test_a_dropped_connection_surfaces_where_there_is_no_socket(
    client: httpx.AsyncClient, simulator: Simulator, fault: str
) -> None:
    simulator.fail(fault)
    with pytest.raises(HangUp):
        await client.get("/call")


async def test_a_fault_happens_as_often_as_asked(client: httpx.AsyncClient, simulator: Simulator) -> None:
    simulator.fail("server_error", times=2)
    assert [(await client.get("/call?limit=0")).status_code for _ in range(3)] == [500, 500, 200]


async def test_a_fault_without_times_lasts_until_cleared(client: httpx.AsyncClient, simulator: Simulator) -> None:
    simulator.fail("server_error", times=None)
    assert [(await client.get("/call?limit=0")).status_code for _ in range(5)] == [500] * 5
    simulator.clear()
    assert (await client.get("/call?limit=0")).status_code == 200


async def test_a_fault_of_a_path_spares_the_others(client: httpx.AsyncClient, simulator: Simulator) -> None:
    simulator.fail("server_error", times=None, path="/assistant")
    assert (await client.get("/call?limit=0")).status_code == 200
    assert (await client.get("/assistant")).status_code == 500


def test_on_a_socket_down_is_a_connection_closed_without_an_answer(caplog: pytest.LogCaptureFixture) -> None:
    app = create(calls=10)
    with (
        caplog.at_level(logging.INFO),
        Server(app) as server,
        httpx.Client(base_url=server.url, headers=PRIVATE) as client,
    ):
        app.state.simulator.fail("down")
        with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
            client.get("/call?limit=1")
        assert client.get("/call?limit=1").status_code == 200
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]


def _received(answer: httpx.Response) -> bytes:
    """What arrives of a body before the connection drops."""
    received: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        received.extend(answer.iter_raw())
    return b"".join(received)


def test_on_a_socket_a_hang_up_is_half_of_the_promised_body() -> None:
    app = create(calls=10)
    with Server(app) as server, httpx.Client(base_url=server.url, headers=PRIVATE) as client:
        app.state.simulator.fail("hang_up")
        with client.stream("GET", "/call?limit=3") as answer:
            promised, received = int(answer.headers["content-length"]), _received(answer)
        assert len(received) == promised // 2
        assert client.get("/call?limit=1").status_code == 200
