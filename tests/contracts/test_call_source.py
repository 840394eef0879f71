"""What every source of calls must do, over each that there is: Vapi's API (the simulator), and a plain list."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from gateway.errors import UpstreamError, UpstreamUnavailable
from gateway.ports import CallQuery, CallSource, Document
from gateway.simulator.app import create
from gateway.simulator.listing import Filters
from gateway.upstream.client import VapiClient, connect
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries
from tests.contracts.sources import ListSource
from tests.e2e.clocks import ANCHOR, Clock

pytestmark = pytest.mark.anyio

_MILLISECOND = dt.timedelta(milliseconds=1)


@dataclasses.dataclass
class Subject:
    """A source, the calls that it has, newest first, and a way to cut it off."""

    source: CallSource
    calls: list[dict[str, Any]]
    cut: Callable[[], None]

    def at(self, position: int) -> dt.datetime:
        """When the call at a position was created."""
        return dt.datetime.fromisoformat(self.calls[position]["createdAt"])

    def ids(self, *, having: Callable[[dict[str, Any]], bool]) -> list[str]:
        """The ids of the calls of which something holds, in ascending order."""
        return sorted(str(call["id"]) for call in self.calls if having(call))


@contextlib.asynccontextmanager
async def _vapi() -> AsyncIterator[Subject]:
    app = create(seed=7, calls=120, live=0, clock=Clock(), anchor=ANCHOR)
    simulator = app.state.simulator
    retries = Retries(attempts=1, timeout=1, wait_initial=0, wait_max=0, wait_jitter=0)
    async with connect(
        base_url="http://sim", key="sim-private-key", timeout=5, connections=2, transport=httpx.ASGITransport(app)
    ) as http:
        source = VapiClient(http, pacing=Pacing(rate=0), retries=retries)
        yield Subject(
            source, simulator.list(Filters(limit=1000)), lambda: simulator.fail("server_error", times=None, status=503)
        )


@contextlib.asynccontextmanager
async def _list() -> AsyncIterator[Subject]:
    calls = create(seed=7, calls=120, live=0, clock=Clock(), anchor=ANCHOR).state.simulator.list(Filters(limit=1000))
    source = ListSource(calls[::-1])

    def cut() -> None:
        source.error = UpstreamUnavailable("cut off")

    yield Subject(source, calls, cut)


@pytest.fixture(params=[_vapi, _list], ids=["vapi", "list"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with request.param() as made:
        yield made


def _ids(rows: list[Document]) -> list[str]:
    return sorted(str(row["id"]) for row in rows)


async def _listed(subject: Subject, query: CallQuery) -> list[Document]:
    return list(await subject.source.list(query))


async def test_a_call_is_given_whole(subject: Subject) -> None:
    """`get` gives what the list has of a call and presigned addresses beside it."""
    presigned = 0
    for row in subject.calls[:10]:
        call = await subject.source.get(row["id"])
        assert call is not None
        assert call["id"] == row["id"]
        assert call.keys() >= row.keys()
        presigned += "presignedMonoUrl" in call["artifact"]
    assert presigned


async def test_an_unknown_call_is_none(subject: Subject) -> None:
    """An id that upstream does not know is an answer, not an error."""
    assert await subject.source.get(str(uuid.UUID(int=7))) is None


async def test_the_whole_list(subject: Subject) -> None:
    """With room for all, a list holds every call once, newest first, whole, without presigned addresses."""
    rows = await _listed(subject, CallQuery(limit=1000))
    assert _ids(rows) == subject.ids(having=lambda call: True)
    created = [str(row["createdAt"]) for row in rows]
    assert created == sorted(created, reverse=True)
    assert all(row.keys() >= {"status", "updatedAt", "artifact"} for row in rows)
    assert "presigned" not in json.dumps(rows)


@pytest.mark.parametrize("limit", [1, 7, 100])
async def test_the_limit_cuts_off_the_oldest(subject: Subject, limit: int) -> None:
    """A list holds the newest of what matches, exactly as many as were asked for while there are more."""
    rows = await _listed(subject, CallQuery(limit=limit))
    assert len(rows) == limit
    oldest = min(dt.datetime.fromisoformat(row["createdAt"]) for row in rows)
    assert oldest == subject.at(limit - 1)


async def test_both_bounds_are_inclusive(subject: Subject) -> None:
    """Calls created at the very bounds belong to the list, those a millisecond beyond do not."""
    newest, oldest = subject.at(20), subject.at(60)
    within = subject.ids(having=lambda call: oldest <= dt.datetime.fromisoformat(call["createdAt"]) <= newest)
    assert _ids(await _listed(subject, CallQuery(limit=1000, created_from=oldest, created_to=newest))) == within
    narrower = CallQuery(limit=1000, created_from=oldest + _MILLISECOND, created_to=newest - _MILLISECOND)
    inside = subject.ids(having=lambda call: oldest < dt.datetime.fromisoformat(call["createdAt"]) < newest)
    assert _ids(await _listed(subject, narrower)) == inside


async def test_nothing_matches(subject: Subject) -> None:
    """An empty stretch of time, bounds that exclude each other, and ids nobody has give an empty list."""
    later = subject.at(0) + dt.timedelta(days=1)
    nobody = str(uuid.UUID(int=7))
    assert await _listed(subject, CallQuery(limit=10, created_from=later)) == []
    assert await _listed(subject, CallQuery(limit=10, created_from=subject.at(0), created_to=subject.at(50))) == []
    assert await _listed(subject, CallQuery(limit=10, assistant_id=nobody)) == []
    assert await _listed(subject, CallQuery(limit=10, phone_number_id=nobody)) == []


@pytest.mark.parametrize(("attribute", "key"), [("assistant_id", "assistantId"), ("phone_number_id", "phoneNumberId")])
async def test_an_id_narrows_the_list(subject: Subject, attribute: str, key: str) -> None:
    """Only the calls of that assistant, or of that number, are listed."""
    wanted = next(call[key] for call in subject.calls if call.get(key))
    rows = await _listed(subject, CallQuery(limit=1000, **{attribute: wanted}))
    assert _ids(rows) == subject.ids(having=lambda call: call.get(key) == wanted)
    assert 0 < len(rows) < len(subject.calls)


async def test_everything_narrows_together(subject: Subject) -> None:
    """Bounds and ids hold all at once."""
    wanted = next(call["assistantId"] for call in subject.calls if call.get("assistantId"))
    query = CallQuery(limit=1000, assistant_id=wanted, created_from=subject.at(60))
    assert _ids(await _listed(subject, query)) == subject.ids(
        having=lambda call: (
            call.get("assistantId") == wanted and dt.datetime.fromisoformat(call["createdAt"]) >= subject.at(60)
        )
    )


async def test_only_errors_of_upstream(subject: Subject) -> None:
    """A source that cannot be reached raises a leaf of `UpstreamError`, whatever it is asked."""
    subject.cut()
    with pytest.raises(UpstreamError):
        await subject.source.get(subject.calls[0]["id"])
    with pytest.raises(UpstreamError):
        await subject.source.list(CallQuery(limit=1))
