"""Preparing: what of a call goes into the mirror, and what one odd call costs."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import json
import os
import signal
from concurrent.futures import BrokenExecutor
from typing import Any

import pytest

from gateway.domain.call import Call
from gateway.domain.observations import Projection
from gateway.errors import UpstreamMalformed
from gateway.observe.events import AttributeUnreadable, CallUnprepared, Event, RowDropped
from gateway.ports import CallQuery
from gateway.services.preparers import PooledCalls
from gateway.services.preparing import PreparedCalls, snapshots
from tests.services.vapi import NOON, Time, Vapi, call_id, preparing

pytestmark = pytest.mark.anyio

ALL = CallQuery(limit=100)


def document(**more: Any) -> dict[str, Any]:
    return {"id": call_id(1), "createdAt": "2026-08-30T11:00:00.000Z", "updatedAt": "2026-08-30T11:30:00.000Z", **more}


def vapi(*odd: dict[str, Any]) -> Vapi:
    source = Vapi(Time())
    source.create(1, NOON)
    for number, more in enumerate(odd, start=2):
        source.create(number, NOON, **more)
    return source


def test_a_snapshot_holds_the_redacted_document_and_its_columns() -> None:
    prepared = preparing()(document(status="ended", metadata={"apiKey": "very secret"}), NOON)
    assert prepared.snapshot
    assert prepared.snapshot.call_id == call_id(1)
    assert prepared.snapshot.revision.read_at == NOON
    assert prepared.snapshot.revision.updated_at == dt.datetime(2026, 8, 30, 11, 30, tzinfo=dt.UTC)
    assert b"very secret" not in prepared.snapshot.body
    assert prepared.snapshot.projection.values["status"] == "ended"


def test_presigned_addresses_make_no_difference() -> None:
    artifacts = ({"presignedMonoUrl": f"https://x.invalid/a?X-Amz-Signature={n}"} for n in (1, 2))
    one, other = (preparing()(document(artifact=artifact), NOON).snapshot for artifact in artifacts)
    assert one
    assert other
    assert one.digest == other.digest


def test_what_could_not_be_read_is_told_and_costs_nothing_else() -> None:
    prepared = preparing()(document(cost="a lot"), NOON)
    assert [problem.attribute for problem in prepared.problems] == ["Call.cost"]
    assert prepared.snapshot


@pytest.mark.parametrize("odd", [{"id": None}, {"id": ""}, {"id": 7}])
def test_a_row_without_a_usable_id_is_no_call(odd: dict[str, Any]) -> None:
    prepared = preparing()(document(**odd), NOON)
    assert (prepared.snapshot, prepared.outline) == (None, {})


def test_an_error_that_nobody_foresaw_costs_one_call() -> None:
    def project(call: Call) -> Projection:
        raise ZeroDivisionError("ada@example.com")

    prepared = dataclasses.replace(preparing(), project=project)(document(), NOON)
    assert prepared.snapshot is None
    assert prepared.failure
    assert prepared.failure.error == "ZeroDivisionError"
    assert "ada" not in repr(prepared)
    assert prepared.outline["createdAt"] == document()["createdAt"]


async def test_a_list_gives_outlines_with_snapshots_and_tells_what_was_lost() -> None:
    heard: list[Event] = []
    found = await vapi({"id": None}, {"cost": "a lot"}).prepared(heard.append).list(ALL)
    assert sorted(snapshot.call_id for snapshot in await snapshots(found)) == [call_id(1), call_id(3)]
    assert len(found) == 3
    assert set(heard) == {RowDropped("without an id"), AttributeUnreadable("Call.cost", "Float", "string")}


async def test_whoever_else_runs_has_a_turn_between_two_calls() -> None:
    source, turns = vapi(*({} for _ in range(9))), 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    await source.prepared().list(ALL)
    counting.cancel()
    assert turns >= 10


async def test_a_failure_is_told_by_the_id_if_it_is_one() -> None:
    heard: list[Event] = []

    def project(call: Call) -> Projection:
        raise ZeroDivisionError

    broken = dataclasses.replace(preparing(), project=project)
    found = await PreparedCalls(vapi({"id": "Ada"}), broken, clock=Time(), listen=heard.append).list(ALL)
    assert await snapshots(found) == ()
    assert {event.call_id for event in heard if isinstance(event, CallUnprepared)} == {call_id(1), "unknown"}


async def test_a_single_call_is_read_when_it_is_asked_for() -> None:
    found = await vapi().prepared().get(call_id(1))
    assert found
    [snapshot] = await snapshots([found])
    assert snapshot.revision.read_at == NOON
    assert await vapi().prepared().get(call_id(9)) is None


async def test_an_answer_with_another_call_is_refused() -> None:
    source = vapi()
    source.calls[call_id(2)] = source.calls[call_id(1)]
    with pytest.raises(UpstreamMalformed):
        await source.prepared().get(call_id(2))


async def test_an_answer_without_an_id_is_the_call_that_was_asked_for() -> None:
    source = vapi()
    source.calls[call_id(1)] |= {"id": None}
    found = await source.prepared().get(call_id(1))
    assert found
    assert found["id"] == call_id(1)


# In other processes


@dataclasses.dataclass
class Bodies:
    """A source of these bytes."""

    content: bytes

    async def get(self, call_id: str) -> None:
        raise NotImplementedError

    async def body(self, query: CallQuery) -> bytes:
        return self.content


async def test_other_processes_prepare_the_same() -> None:
    source = vapi({"cost": "a lot"}, {"id": None})
    heard: list[Event] = []
    pooled = PooledCalls(source, preparing, processes=1, clock=Time(), listen=heard.append)
    try:
        assert await snapshots(await pooled.list(ALL)) == await snapshots(await source.prepared().list(ALL))
        pooled._source = Bodies(json.dumps([7, {}]).encode())
        assert await pooled.list(ALL) == [{}, {}]
        pooled._source = Bodies(b"nonsense")
        with pytest.raises(UpstreamMalformed):
            await pooled.list(ALL)
    finally:
        pooled.close()
    lost = [RowDropped("without an id"), AttributeUnreadable("Call.cost", "Float", "string")]
    assert set(heard) == {*lost, RowDropped("not an object, or an empty one")}


async def test_several_processes_prepare_answers_side_by_side_each_its_own() -> None:
    sources = [vapi(*({"name": f"answer {n}"} for _ in range(n))) for n in range(6)]
    pooled = PooledCalls(sources[0], preparing, processes=2, clock=Time())
    try:
        found = []
        for source in sources:
            pooled._source = source
            found.append(await pooled.list(ALL))
        for source, outlines in zip(sources, found, strict=True):
            assert await snapshots(outlines) == await snapshots(await source.prepared().list(ALL))
        assert len(pooled.pids()) == 2
    finally:
        pooled.close()


async def pooled_until_it_fails(pooled: PooledCalls) -> None:
    for _ in range(1000):
        await snapshots(await pooled.list(ALL))


async def test_a_process_that_is_killed_is_replaced() -> None:
    source = vapi()
    pooled = PooledCalls(source, preparing, processes=1, clock=Time())
    try:
        await pooled.list(ALL)
        [pid] = pooled.pids()
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(BrokenExecutor):
            await pooled_until_it_fails(pooled)
        assert await snapshots(await pooled.list(ALL)) == await snapshots(await source.prepared().list(ALL))
    finally:
        pooled.close()
