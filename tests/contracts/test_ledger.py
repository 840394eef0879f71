"""What every ledger of webhooks must do, on both databases."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.catalog import build
from gateway.ports import Delivery, Ledger
from gateway.store.ledger import SqlLedger
from gateway.store.opening import opened

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Ledger]:
    database = await opened(database_url, build())
    yield SqlLedger(database)
    await database.close()


def delivery(body: str = "{}", *, kind: str = "status-update", call_id: str | None = "call-1", at: int = 0) -> Delivery:
    return Delivery(
        received_at=NOON + dt.timedelta(seconds=at, microseconds=7), type=kind, call_id=call_id, body=body.encode()
    )


async def test_what_is_kept_waits_in_the_order_of_its_arrival(ledger: Ledger) -> None:
    first, second, third = (delivery(str(n)) for n in range(3))
    await ledger.keep([first, second])
    await ledger.keep([third])
    assert [entry.delivery for entry in await ledger.waiting(10)] == [first, second, third]


async def test_no_more_are_read_than_asked_for(ledger: Ledger) -> None:
    await ledger.keep([delivery(str(n)) for n in range(5)])
    assert [entry.delivery.body for entry in await ledger.waiting(2)] == [b"0", b"1"]


async def test_a_new_entry_was_not_attempted_and_has_no_reason(ledger: Ledger) -> None:
    await ledger.keep([delivery()])
    (entry,) = await ledger.waiting(10)
    assert (entry.attempts, entry.reason) == (0, None)


async def test_a_delivery_without_a_call_is_kept_as_well(ledger: Ledger) -> None:
    await ledger.keep([delivery(call_id=None)])
    assert [entry.delivery.call_id for entry in await ledger.waiting(10)] == [None]


async def test_keeping_nothing_is_fine(ledger: Ledger) -> None:
    await ledger.keep([])
    assert await ledger.waiting(10) == []


async def test_two_equal_deliveries_are_two_entries(ledger: Ledger) -> None:
    """Vapi gives its messages no id: whether they are the same is for whoever applies them."""
    await ledger.keep([delivery(), delivery()])
    first, second = await ledger.waiting(10)
    assert first.id < second.id


async def test_many_who_keep_at_once_all_find_theirs_kept(ledger: Ledger) -> None:
    async def keep(number: int) -> None:
        await ledger.keep([delivery(str(number))])
        assert str(number).encode() in {entry.delivery.body for entry in await ledger.waiting(100)}

    await asyncio.gather(*map(keep, range(40)))
    assert len(await ledger.waiting(100)) == 40


async def test_a_dead_letter_waits_no_more_and_says_why(ledger: Ledger) -> None:
    await ledger.keep([delivery("odd"), delivery("fine")])
    odd, fine = await ledger.waiting(10)
    await ledger.bury(odd.id, "its message is no object")
    (dead,) = await ledger.dead(10)
    assert (dead.delivery, dead.reason, dead.attempts) == (odd.delivery, "its message is no object", 1)
    assert await ledger.waiting(10) == [fine]


async def test_a_dead_letter_that_is_revived_waits_again_in_its_place(ledger: Ledger) -> None:
    await ledger.keep([delivery("odd"), delivery("fine")])
    odd, fine = await ledger.waiting(10)
    await ledger.bury(odd.id, "why")
    assert await ledger.revive([odd.id]) == 1
    assert [(entry.id, entry.reason) for entry in await ledger.waiting(10)] == [(odd.id, None), (fine.id, None)]
    assert await ledger.dead(10) == []


async def test_only_dead_letters_are_revived(ledger: Ledger) -> None:
    await ledger.keep([delivery()])
    (waiting,) = await ledger.waiting(10)
    assert await ledger.revive([waiting.id, 999_999]) == 0
    assert await ledger.revive([]) == 0


async def test_the_tally_counts_by_type_dead_letters_too(ledger: Ledger) -> None:
    await ledger.keep([delivery(kind="hang"), delivery(kind="transcript"), delivery(kind="hang")])
    await ledger.bury((await ledger.waiting(1))[0].id, "why")
    assert await ledger.tally() == {"hang": 2, "transcript": 1}


async def test_the_last_received_is_the_latest_whatever_the_order(ledger: Ledger) -> None:
    assert await ledger.last_received() is None
    await ledger.keep([delivery(at=5), delivery(at=3)])
    assert await ledger.last_received() == delivery(at=5).received_at


async def test_an_odd_type_or_call_costs_its_odd_characters_not_the_delivery(ledger: Ledger) -> None:
    """NUL and lone surrogates are valid in JSON and in no database."""
    await ledger.keep([delivery(kind="a\x00b", call_id="c\ud800d")])
    (entry,) = await ledger.waiting(10)
    assert (entry.delivery.type, entry.delivery.call_id) == ("a\ufffdb", "c\ufffdd")


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(bodies=st.lists(st.binary(max_size=50), max_size=5))
async def test_bodies_come_back_byte_by_byte(ledger: Ledger, bodies: list[bytes]) -> None:
    before = len(await ledger.waiting(10_000))
    await ledger.keep([Delivery(received_at=NOON, type="x", call_id=None, body=body) for body in bodies])
    assert [entry.delivery.body for entry in (await ledger.waiting(10_000))[before:]] == bodies


async def test_what_a_webhook_says_is_in_no_repr(ledger: Ledger) -> None:
    await ledger.keep([delivery("Ada Lovelace")])
    assert "Ada" not in repr(await ledger.waiting(10))
