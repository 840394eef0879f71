"""Presigned URLs lead to recordings that play, for half an hour."""

from __future__ import annotations

import io
import wave
from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.simulator.app import create
from tests.simulator.conftest import ANCHOR, Clock

pytestmark = pytest.mark.anyio

NAMES = ("Mono", "Stereo", "Assistant", "Customer")


@pytest.fixture
async def vapi(clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a small world."""
    transport = httpx.ASGITransport(create(calls=50, live=0, clock=clock, anchor=ANCHOR))
    async with httpx.AsyncClient(transport=transport, base_url="http://vapi") as client:
        yield client


async def addresses(vapi: httpx.AsyncClient) -> dict[str, str]:
    """The presigned URLs of some call that has recordings."""
    key = {"Authorization": "Bearer sim-private-key"}
    for row in (await vapi.get("/call", headers=key)).json():
        artifact = (await vapi.get(f"/call/{row['id']}", headers=key)).json().get("artifact") or {}
        if "presignedMonoUrl" in artifact:
            return {name: artifact[f"presigned{name}Url"] for name in NAMES}
    raise AssertionError("no call has recordings")


async def test_every_recording_plays_without_a_key(vapi: httpx.AsyncClient) -> None:
    for name, address in (await addresses(vapi)).items():
        answer = await vapi.get(address)
        assert answer.headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answer.content)) as played:
            assert played.getnframes() == played.getframerate()
            assert played.getnchannels() == (2 if name == "Stereo" else 1)


async def test_an_address_dies_after_half_an_hour_and_is_nothing_without_its_signature(
    vapi: httpx.AsyncClient, clock: Clock
) -> None:
    address = (await addresses(vapi))["Mono"]
    assert (await vapi.get(address.partition("?")[0])).status_code == 403
    clock.advance(29 * 60)
    assert (await vapi.get(address)).status_code == 200
    clock.advance(2 * 60)
    assert (await vapi.get(address)).status_code == 403


async def test_what_is_no_recording_is_not_there(vapi: httpx.AsyncClient) -> None:
    address = (await addresses(vapi))["Mono"]
    assert (await vapi.get(address.replace("-mono.wav", "-logs.jsonl.gz"))).status_code == 404


@pytest.mark.parametrize(
    ("wanted", "status", "told"),
    [
        ("bytes=0-9", 206, "bytes 0-9/8044"),
        ("bytes=8040-", 206, "bytes 8040-8043/8044"),
        ("bytes=-4", 206, "bytes 8040-8043/8044"),
        ("bytes=8000-99999", 206, "bytes 8000-8043/8044"),
        ("bytes=9000-", 416, "bytes */8044"),
        ("bytes=-", 200, None),
        ("pages=1-2", 200, None),
    ],
)
async def test_a_part_can_be_had(vapi: httpx.AsyncClient, wanted: str, status: int, told: str | None) -> None:
    address = (await addresses(vapi))["Mono"]
    answer = await vapi.get(address, headers={"Range": wanted})
    assert (answer.status_code, answer.headers.get("content-range")) == (status, told)
    whole = (await vapi.get(address)).content
    assert answer.content in whole
    changed = await vapi.get(address, headers={"Range": wanted, "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole)
