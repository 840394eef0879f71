"""Letting go of what has had its time, and filling columns that are new."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Configured, build
from gateway.domain.decode import decoder
from gateway.domain.filters import Search
from gateway.domain.observations import Projection
from gateway.domain.projection import projector
from gateway.domain.redaction import REDACTED
from gateway.ports import Delivery, Document
from gateway.store.upkeep import WATERMARK
from tests.contracts import convergence
from tests.contracts.calls import CATALOG, absence, at, call_id, document, notice, project, said, snapshot
from tests.store.mirrors import Mirror, mirror_at

pytestmark = pytest.mark.anyio

LATER = build(
    {
        "customer": [
            Configured(name="plan", type="String", description="The plan.", keys=("plan",)),
            Configured(name="tags", type="[String]", description="Labels.", keys=("tags",)),
            Configured(name="city", type="String", description="Where they are.", keys=("city",)),
        ]
    }
)
"""The catalog after the team has declared one more attribute."""


def project_later(of: Document) -> Projection:
    return projector(LATER)(decoder(LATER, b"the identity key of these tests.")(of).call)


@pytest.fixture
async def mirror(database_url: str) -> AsyncIterator[Mirror]:
    async with mirror_at(database_url) as opened:
        yield opened


async def fill(mirror: Mirror, *, content: bool = True) -> None:
    """Three calls, created a minute apart."""
    spoken = {**said("hello"), "analysis": {"successEvaluation": "true", "summary": "hello"}} if content else {}
    reads = [
        snapshot(document(n, created=n, customerId="c-7", costs=[{"type": "model", "cost": 1}], **spoken), 9)
        for n in (1, 2, 3)
    ]
    await mirror.apply(*reads)


async def test_content_of_old_calls_goes_and_the_rest_stays(mirror: Mirror) -> None:
    await fill(mirror)
    assert await mirror.upkeep.expire_content(at(2), 10) == 1
    old = await mirror.call(1)
    assert old.document == document(1, created=1, metadata={"customerId": "c-7"}, costs=[{"type": "model", "cost": 1}])
    assert (old.values["analysis_success_evaluation"], old.values["customer_id"]) == (None, "c-7")
    assert (await mirror.call(2)).values["analysis_success_evaluation"] == "true"
    assert await mirror.calls.count(Search(("hello",))) == 2
    assert len(await mirror.rows("costs")) == 3
    assert (await mirror.customers.customers(["id:c-7"]))["id:c-7"]["customer_call_count"] == 3


async def test_what_expired_is_a_change_and_expires_once(mirror: Mirror) -> None:
    await fill(mirror)
    assert await mirror.upkeep.expire_content(at(9), 2) == 2
    assert await mirror.upkeep.expire_content(at(9), 2) == 1
    assert await mirror.upkeep.expire_content(at(9), 2) == 0
    assert [change.number for change in await mirror.calls.changes(0, 9)] == [4, 5, 6]
    assert await mirror.calls.last_change() == 6


async def test_the_same_reading_does_not_bring_back_what_expired_but_a_change_does(mirror: Mirror) -> None:
    read = document(1, customerId="c-7", **said("hello"))
    await mirror.apply(snapshot(read, 1))
    await mirror.upkeep.expire_content(at(1), 10)
    assert await mirror.apply(snapshot(read, 2)) == []
    assert (await mirror.apply(snapshot({**read, "updatedAt": document(updated=3)["updatedAt"]}, 4)))[0].call_id
    assert await mirror.calls.count(Search(("hello",))) == 1
    assert await mirror.upkeep.expire_content(at(1), 10) == 1
    assert await mirror.calls.count(Search(("hello",))) == 0


async def test_documents_of_old_calls_go_and_their_columns_stay(mirror: Mirror) -> None:
    await fill(mirror)
    await mirror.apply(notice(1, received=10, endedReason="hangup"))
    assert await mirror.upkeep.expire_documents(at(2), 10) == 1
    assert await mirror.upkeep.expire_documents(at(2), 10) == 0
    old = await mirror.call(1)
    assert (old.document, old.provisional) == (None, False)
    assert (old.values["ended_reason"], old.values["analysis_success_evaluation"]) == ("hangup", "true")
    assert await mirror.calls.count(Search(("hello",))) == 2
    assert len(await mirror.rows("documents")) == 2


async def test_documents_without_content_have_their_time_too(mirror: Mirror) -> None:
    await fill(mirror)
    await mirror.upkeep.expire_content(at(9), 10)
    assert await mirror.upkeep.expire_documents(at(9), 10) == 3
    assert await mirror.upkeep.expire_content(at(9), 10) == 0
    assert await mirror.rows("documents") == []


async def test_what_webhooks_said_of_calls_that_were_never_read_has_its_time_too(mirror: Mirror) -> None:
    await mirror.apply(notice(received=1, status="ended", analysis={"summary": "hello"}))
    assert await mirror.upkeep.expire_content(at(2), 10) == 1
    assert "hello" not in repr(await mirror.rows("calls"))
    assert await mirror.upkeep.expire_documents(at(2), 10) == 1
    assert [row["mirror_facts"] for row in await mirror.rows("calls")] == [None]
    assert await mirror.calls.changes(0, 10) == []


async def test_old_webhooks_go_once_they_are_applied_or_dead(mirror: Mirror) -> None:
    for minute in (1, 2, 3, 8):
        await mirror.ledger.keep([Delivery(received_at=at(minute), type="x", call_id=None, body=b"{}")])
    first, second, third, last = (entry.id for entry in await mirror.ledger.waiting(10))
    await mirror.apply(settled=(first, last))
    await mirror.ledger.bury(second, "odd")
    assert await mirror.upkeep.expire_ledger(at(5), 1) == 1
    assert await mirror.upkeep.expire_ledger(at(5), 10) == 1
    assert await mirror.upkeep.expire_ledger(at(5), 10) == 0
    assert [row["id"] for row in await mirror.rows("ledger")] == [third, last]


async def put_cities(url: str) -> None:
    async with mirror_at(url) as before:
        for number in (1, 2, 3):
            of = {"customerId": "c-7", "city": f"city {number}"}
            await before.apply(snapshot({**document(number, created=number), "metadata": of}, 9))
        await before.apply(absence(2, noticed=10))


async def test_a_new_attribute_is_filled_from_the_documents(database_url: str) -> None:
    await put_cities(database_url)
    async with mirror_at(database_url, LATER, project_later) as mirror:
        assert (await mirror.call(1)).values["customer_city"] is None
        assert [await mirror.upkeep.refill(1) for _ in range(4)] == [1, 1, 0, 0]
        assert [(await mirror.call(n)).values["customer_city"] for n in (1, 2, 3)] == ["city 1", None, "city 3"]
        known = await mirror.customers.customers(["id:c-7"])
        assert known["id:c-7"]["customer_city"] == "city 3"
        assert [c.call_id for c in await mirror.calls.changes(4, 9)] == [call_id(1), call_id(3)]


async def test_filling_goes_on_where_it_was_killed(database_url: str) -> None:
    await put_cities(database_url)
    async with mirror_at(database_url, LATER, project_later) as mirror:
        await mirror.upkeep.refill(1)
    async with mirror_at(database_url, LATER, project_later) as mirror:
        assert await mirror.upkeep.refill(10) == 1
        assert await mirror.sync.load(WATERMARK) is not None
        assert await mirror.upkeep.refill(10) == 0
        assert await mirror.sync.load(WATERMARK) is None


async def test_filling_begins_anew_where_other_columns_are_to_be_filled(database_url: str) -> None:
    await put_cities(database_url)
    async with mirror_at(database_url, LATER, project_later) as mirror:
        await mirror.upkeep.refill(1)
        await mirror.upkeep.refill_all()
        assert await mirror.upkeep.refill(10) == 2


async def test_filling_all_of_it_changes_nothing_where_nothing_was_declared_anew(mirror: Mirror) -> None:
    await fill(mirror)
    await mirror.apply(notice(1, received=10, cost=0.5))
    before = await convergence.rows_of(mirror.database)
    await mirror.upkeep.refill_all()
    assert await mirror.upkeep.refill(10) == 3
    assert await convergence.rows_of(mirror.database) == before


async def test_what_has_become_a_secret_goes_out_of_the_documents(database_url: str) -> None:
    async with mirror_at(database_url) as before:
        await before.apply(snapshot(document(1, metadata={"doorCode": "canary-4711", "customerId": "c-7"}), 1))
    async with mirror_at(database_url, catalogs.build(secret_keys=["door_code"])) as mirror:
        await mirror.upkeep.refill_all()
        assert await mirror.upkeep.refill(10) == 1
        held = (await mirror.call(1)).document
        assert held is not None
        assert held["metadata"] == {"doorCode": REDACTED, "customerId": "c-7"}


async def test_filling_from_what_is_left_of_a_document_keeps_what_the_row_knows(mirror: Mirror) -> None:
    read = document(1, artifact={"transcript": "hello", "variableValues": {"customerId": "c-7"}})
    await mirror.apply(snapshot(read, 1))
    await mirror.upkeep.expire_content(at(1), 10)
    await mirror.upkeep.refill_all()
    await mirror.upkeep.refill(10)
    assert (await mirror.call()).values["customer_key"] == "id:c-7"
    assert (await mirror.customers.customers(["id:c-7"]))["id:c-7"]["customer_call_count"] == 1


async def test_nothing_is_filled_where_nothing_is_new(mirror: Mirror) -> None:
    await fill(mirror)
    assert await mirror.upkeep.refill(10) == 0


def test_the_catalog_of_these_tests_has_an_attribute_more() -> None:
    new = {a.flat for a in LATER.mirrored()} - {a.flat for a in CATALOG.mirrored()}
    assert new == {"customer_city"}
    assert project(document(1)).values.keys() < project_later(document(1)).values.keys()
