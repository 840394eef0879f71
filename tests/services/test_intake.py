"""Intake: the one way into the mirror."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from gateway.domain.marks import Mark, Reason
from gateway.domain.observations import Absence, Observation, Snapshot
from gateway.errors import StoreUnavailable
from gateway.ports import Change
from gateway.services.intake import Intake, batches
from tests.services.mirrors import Mirror
from tests.services.vapi import NOON, Time, Vapi, call_id, preparing

pytestmark = pytest.mark.anyio

MARK = Mark(call_id(1), Reason.LATE, NOON)


def snapshot(number: int, **more: Any) -> Snapshot:
    vapi = Vapi(Time())
    vapi.create(number, NOON, **more)
    prepared = preparing()(vapi.calls[call_id(number)], NOON).snapshot
    assert prepared
    return prepared


def absence(number: int) -> Absence:
    return Absence(call_id=call_id(number), noticed_at=NOON, deleted=True)


async def test_what_changes_is_told_once_it_is_durable() -> None:
    mirror, told = Mirror(), list[Change]()

    def changed(changes: Sequence[Change]) -> None:
        assert mirror.log
        told.extend(changes)

    changes = await Intake(mirror, changed=changed).take([snapshot(1), snapshot(2)])
    assert told == list(changes) == mirror.log
    assert [change.call_id for change in told] == [call_id(1), call_id(2)]


async def test_what_changes_nothing_is_told_to_nobody() -> None:
    intake = Intake(Mirror(), changed=lambda changes: pytest.fail("told") if told else told.append(changes))
    told: list[Sequence[Change]] = []
    await intake.take([snapshot(1)])
    assert await intake.take([snapshot(1)]) == []


async def test_of_nothing_nothing_is_applied() -> None:
    mirror = Mirror()
    assert await Intake(mirror, changed=lambda changes: None).take([]) == []
    assert mirror.batches == []


async def test_what_the_store_raises_is_raised_and_told_to_nobody() -> None:
    def down(name: str) -> None:
        raise StoreUnavailable("down")

    intake = Intake(Mirror(before=down), changed=lambda changes: pytest.fail("told"))
    with pytest.raises(StoreUnavailable):
        await intake.take([snapshot(1)])


def test_a_transaction_takes_so_many_rows() -> None:
    rows: list[Observation] = [absence(number) for number in range(7)]
    assert [len(batch.observations) for batch in batches(rows, most_rows=3)] == [3, 3, 1]


def test_a_transaction_takes_so_many_bytes_but_at_least_one_row() -> None:
    rows = [snapshot(number, summary="x" * 1000) for number in range(3)]
    size = len(rows[0].body)
    assert [len(batch.observations) for batch in batches(rows, most_bytes=2 * size)] == [2, 1]
    assert [len(batch.observations) for batch in batches(rows, most_bytes=1)] == [1, 1, 1]


def test_marks_and_settled_entries_come_last() -> None:
    found = list(batches([absence(1), absence(2)], marks=(MARK,), settled=(7,), most_rows=1))
    assert [(batch.marks, batch.settled) for batch in found] == [((), ()), ((MARK,), (7,))]


def test_marks_alone_are_a_transaction_too() -> None:
    assert [batch.marks for batch in batches([], marks=(MARK,))] == [(MARK,)]
