"""What applying a batch does beside the rows of calls, and that it does all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select

from gateway.domain.marks import Mark, Reason
from gateway.domain.mirrored import State
from gateway.domain.observations import Observation
from gateway.ports import Batch, Delivery, Document
from gateway.store.applying import fulfilled
from gateway.store.storable import LONGEST_INDEXED
from tests.contracts.calls import absence, at, call_id, document, erasure, notice, project, said, snapshot
from tests.store.mirrors import Mirror, mirror_at

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mirror(database_url: str) -> AsyncIterator[Mirror]:
    async with mirror_at(database_url) as opened:
        yield opened


def mark(number: int = 1, *, due: float, reason: Reason = Reason.LATE, attempts: int = 0) -> Mark:
    return Mark(call_id(number), reason, at(due), attempts)


async def marks(mirror: Mirror) -> list[Mark]:
    return list(await mirror.sync.due(at(10_000), 100))


async def test_marks_of_a_batch_are_kept_and_of_two_of_a_reason_the_later(mirror: Mirror) -> None:
    await mirror.apply(marks=(mark(due=5, attempts=1), mark(due=9, attempts=2), mark(due=7)))
    assert await marks(mirror) == [mark(due=9, attempts=2)]


async def test_a_reading_does_the_marks_whose_moment_had_come(mirror: Mirror) -> None:
    noticed = mark(due=3, reason=Reason.NOTICED)
    await mirror.apply(marks=(noticed, mark(due=9), mark(2, due=1)))
    await mirror.apply(snapshot(document(1), 5))
    assert await marks(mirror) == [mark(2, due=1), mark(due=9)]


async def test_a_reading_does_its_own_batch_s_marks_as_well(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1), 5), marks=(mark(due=5), mark(due=6, reason=Reason.STUCK)))
    assert await marks(mirror) == [mark(due=6, reason=Reason.STUCK)]


async def test_a_reading_that_brings_nothing_new_does_its_marks_too(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1), 5), marks=(mark(due=6),))
    assert await mirror.apply(snapshot(document(1), 7)) == []
    assert await marks(mirror) == []


@pytest.mark.parametrize("lost", [absence(noticed=5), absence(noticed=5, deleted=False), erasure()])
async def test_a_call_that_is_lost_need_not_be_read_again(mirror: Mirror, lost: Observation) -> None:
    await mirror.apply(snapshot(document(1), 1), marks=(mark(due=9),))
    await mirror.apply(lost)
    assert await marks(mirror) == []


async def test_an_absence_that_was_contradicted_leaves_the_marks_alone(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1), 7), marks=(mark(due=9),))
    await mirror.apply(absence(noticed=5))
    assert await marks(mirror) == [mark(due=9)]
    assert fulfilled([absence(noticed=5), snapshot(document(1), 7)], {}) == {call_id(1): at(7)}


async def test_a_webhook_cannot_have_an_erased_call_read_again(mirror: Mirror) -> None:
    await mirror.apply(erasure())
    await mirror.apply(notice(received=5, cost=1), marks=(mark(due=9),))
    assert await marks(mirror) == []


async def kept(mirror: Mirror, *of_calls: int | None) -> list[int]:
    """Deliveries in the ledger, of these calls; their numbers there."""
    deliveries = [
        Delivery(
            received_at=at(1), type="status-update", call_id=call_id(number) if number else None, body=b'{"said": 1}'
        )
        for number in of_calls
    ]
    await mirror.ledger.keep(deliveries)
    return [entry.id for entry in await mirror.ledger.waiting(100)]


async def test_entries_of_the_ledger_are_settled_with_what_they_brought(mirror: Mirror) -> None:
    first, second = await kept(mirror, 1, None)
    await mirror.apply(notice(received=1, cost=1), settled=(first,))
    assert [entry.id for entry in await mirror.ledger.waiting(10)] == [second]
    assert [row["body"] for row in await mirror.rows("ledger")] == [b'{"said": 1}'] * 2


@pytest.mark.parametrize("lost", [absence(noticed=5), erasure()])
async def test_what_webhooks_said_of_a_call_goes_with_it(mirror: Mirror, lost: Observation) -> None:
    first, second, third = await kept(mirror, 1, 1, 2)
    await mirror.apply(snapshot(document(1), 1), settled=(first,))
    await mirror.ledger.bury(second, "odd")
    await mirror.apply(lost)
    ledger = {row["id"]: (row["state"], row["body"], row["reason"]) for row in await mirror.rows("ledger")}
    assert ledger == {
        first: ("applied", None, None),
        second: ("applied", None, None),
        third: ("waiting", b'{"said": 1}', None),
    }


async def test_a_webhook_of_a_call_that_is_gone_is_emptied_when_it_is_settled_whatever_it_said(mirror: Mirror) -> None:
    await mirror.apply(absence(noticed=5))
    (entry,) = await kept(mirror, 1)
    await mirror.apply(settled=(entry,))
    assert [(row["state"], row["body"]) for row in await mirror.rows("ledger")] == [("applied", None)]


async def test_a_batch_that_fails_changes_nothing(database_url: str) -> None:
    def failing(of: Document) -> object:
        if of.get("status") == "ended":
            raise RuntimeError("no such row")
        return project(of)

    async with mirror_at(database_url, project=failing) as mirror:  # type: ignore[arg-type]
        await mirror.apply(snapshot(document(1, status="in-progress"), 1))
        (entry,) = await kept(mirror, 1)
        with pytest.raises(RuntimeError, match="no such row"):
            await mirror.apply(
                snapshot(document(2), 2),
                notice(received=2, status="ended"),
                marks=(mark(due=9),),
                settled=(entry,),
            )
        assert await mirror.calls.last_change() == 1
        assert [row["id"] for row in await mirror.rows("calls")] == [call_id(1)]
        assert await marks(mirror) == []
        assert [each.id for each in await mirror.ledger.waiting(10)] == [entry]


async def test_texts_in_indexed_columns_are_cut_so_that_every_index_can_hold_them(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1, status="\U0001f600" * 5000, customerId="c-7", assistantId="é" * 5000), 1))
    values = (await mirror.call()).values
    assert (len(values["status"]), len(values["assistant_id"])) == (LONGEST_INDEXED, LONGEST_INDEXED)


async def test_a_call_whose_content_had_its_time_gets_none_back_by_a_webhook(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1, customerId="c-7", **said("hello")), 1))
    await mirror.upkeep.expire_content(at(1), 10)
    await mirror.apply(notice(received=2, cost=0.5, analysis={"summary": "said", "successEvaluation": "true"}))
    call = await mirror.call()
    assert (call.values["cost"], call.values["analysis_success_evaluation"]) == (0.5, None)
    assert call.values["customer_key"] == "id:c-7"
    assert "said" not in repr(await mirror.rows("calls"))


async def test_a_webhook_is_heard_though_the_document_had_its_time(mirror: Mirror) -> None:
    await mirror.apply(snapshot(document(1, costs=[{"type": "model", "cost": 1}], customerId="c-7"), 1))
    await mirror.upkeep.expire_documents(at(1), 10)
    await mirror.apply(notice(received=2, endedReason="hangup"))
    call = await mirror.call()
    assert call.document is None
    assert (call.values["ended_reason"], call.values["customer_id"]) == ("hangup", "c-7")
    assert len(await mirror.rows("costs")) == 1


async def test_no_reader_ever_sees_a_smaller_number_after_a_greater_one(database_url: str) -> None:
    """Two processes apply at once; a third follows the changes, and finds every call behind the last one it saw."""
    async with mirror_at(database_url) as one, mirror_at(database_url) as other, mirror_at(database_url) as reader:
        seen: list[int] = []
        calls: set[str] = set()

        async def write(mirror: Mirror, first: int) -> None:
            for number in range(first, first + 60, 2):
                await mirror.apply(*(snapshot(document(number + each), 1) for each in (0, 1)))

        async def follow() -> None:
            while len(calls) < 120:
                changes = await reader.calls.changes(seen[-1] if seen else 0, 7)
                seen.extend(change.number for change in changes)
                calls.update(change.call_id for change in changes)
                await asyncio.sleep(0)

        await asyncio.wait_for(asyncio.gather(write(one, 1), write(other, 101), follow()), 60)
        assert seen == list(range(1, 121))


async def test_two_processes_that_learn_the_same_new_call_at_once_make_one_row(database_url: str) -> None:
    async with mirror_at(database_url) as one, mirror_at(database_url) as other:
        batches = [Batch(observations=(snapshot(document(number), 1),)) for number in range(1, 9)]
        made = await asyncio.gather(*(m.calls.apply(batch) for batch in batches for m in (one, other)))
        assert sorted(change.number for changes in made for change in changes) == list(range(1, 9))
        assert len(await one.rows("calls")) == 8


async def test_the_number_of_the_last_change_is_that_of_the_sequence(mirror: Mirror) -> None:
    changes = await mirror.apply(*(snapshot(document(number), 1) for number in (3, 1, 2)))
    assert [(c.number, c.call_id, c.state) for c in changes] == [
        (number, call_id(of), State.PRESENT) for number, of in ((1, 3), (2, 1), (3, 2))
    ]
    async with mirror.database.reading() as connection:
        assert await connection.scalar(select(mirror.database.tables.sequence.c.last)) == 3
