"""Vapi's own Python SDK drives the simulator over a real loopback socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from vapi import Vapi
from vapi.core.api_error import ApiError
from vapi.core.request_options import RequestOptions
from vapi.types.call import Call

from gateway.simulator.app import create
from gateway.simulator.server import Server
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import ANCHOR

AT_ONCE = RequestOptions(max_retries=0)
NOW = ANCHOR + timedelta(hours=1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(create(seed=5, calls=400, live=1, clock=lambda: NOW, anchor=ANCHOR)) as server:
        yield server


@pytest.fixture
def simulator(server: Server) -> Iterator[Simulator]:
    simulator: Simulator = server.app.state.simulator
    yield simulator
    simulator.clear()
    simulator.reset()


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client() as client:
        yield client


@pytest.fixture
def vapi(server: Server, http: httpx.Client) -> Vapi:
    return Vapi(token="sim-private-key", base_url=server.url, httpx_client=http)


def test_the_sdk_lists_calls_newest_first(vapi: Vapi, simulator: Simulator) -> None:
    found = vapi.calls.list(limit=3)
    assert [call.id for call in found] == simulator.ids(0, 3)


def test_the_sdk_lists_the_calls_of_a_span_of_time(vapi: Vapi) -> None:
    (call,) = vapi.calls.list(limit=1, created_at_le=ANCHOR)
    assert call.created_at == ANCHOR


def test_the_sdk_reads_a_call_with_its_metadata(vapi: Vapi, simulator: Simulator) -> None:
    call = vapi.calls.get(simulator.sample("web_metadata"))
    assert call.type == "webCall"
    assert call.assistant_overrides is not None
    assert call.assistant_overrides.metadata is not None
    assert call.assistant_overrides.metadata["customerName"]
    assert call.artifact is not None
    assert call.artifact.presigned_mono_url


def test_the_sdk_creates_renames_and_deletes_a_call(vapi: Vapi, simulator: Simulator) -> None:
    options = RequestOptions(additional_body_parameters={"metadata": {"customerId": "c-1"}})
    created = vapi.calls.create(
        assistant_id="asst-1",
        phone_number_id="number-1",
        customer={"number": "+15550100003", "name": "Ada"},
        request_options=options,
    )
    assert isinstance(created, Call)
    assert created.status == "queued"
    assert (created.model_extra or {})["metadata"] == {"customerId": "c-1"}
    assert vapi.calls.update(created.id, name="Ada's call").name == "Ada's call"
    assert vapi.calls.delete(created.id).id == created.id
    with pytest.raises(ApiError) as gone:
        vapi.calls.get(created.id)
    assert gone.value.status_code == 404


def test_the_sdk_reads_squads_and_phone_numbers(vapi: Vapi) -> None:
    assert vapi.squads.list(limit=1)[0].members
    assert vapi.phone_numbers.list(limit=1)[0].id


@pytest.mark.parametrize(("token", "message"), [("nobody", "Unauthorized"), ("sim-public-key", "Invalid Key.")])
def test_the_sdk_raises_401_for_a_wrong_key(server: Server, http: httpx.Client, token: str, message: str) -> None:
    with pytest.raises(ApiError) as error:
        Vapi(token=token, base_url=server.url, httpx_client=http).calls.list(limit=1)
    assert error.value.status_code == 401
    assert error.value.body["message"].startswith(message)


def test_the_sdk_raises_400_for_a_call_without_a_phone_number(vapi: Vapi) -> None:
    with pytest.raises(ApiError) as error:
        vapi.calls.create(assistant_id="asst-1")
    assert error.value.status_code == 400


@pytest.mark.parametrize(("fault", "status"), [("rate_limit", 429), ("server_error", 500)])
def test_the_sdk_raises_what_the_simulator_was_told_to_answer(
    vapi: Vapi, simulator: Simulator, fault: str, status: int
) -> None:
    simulator.fail(fault)
    with pytest.raises(ApiError) as error:
        vapi.calls.list(limit=1, request_options=AT_ONCE)
    assert error.value.status_code == status


def test_the_sdk_tries_again_after_a_rate_limit(vapi: Vapi, simulator: Simulator) -> None:
    simulator.fail("rate_limit", seconds=1)
    assert len(vapi.calls.list(limit=1)) == 1
    assert simulator.requests["GET /call"] == 2


def test_the_sdk_raises_when_the_json_is_broken(vapi: Vapi, simulator: Simulator) -> None:
    simulator.fail("malformed")
    with pytest.raises(ApiError):
        vapi.calls.list(limit=1, request_options=AT_ONCE)
