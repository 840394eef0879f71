"""What was deleted, erased, or has had its time, is nowhere any more: not in a row, not in a byte of the file.

Each part of a call gets a text of its own that occurs nowhere else, and everything is searched for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import inspect, make_url, text

from gateway.domain.observations import Observation
from gateway.ports import Delivery
from tests.contracts.calls import absence, at, call_id, document, erasure, notice, snapshot
from tests.store.mirrors import Mirror, mirror_at

pytestmark = pytest.mark.anyio

CONTENT: Final = ("cantranscript", "canmessage", "cansummary", "canevaluation", "canlater", "canreplaced")
PERSON: Final = ("canname", "canid", "canplan", "cannote")
WEBHOOK: Final = ("canbody", "canfact")


def spoken(transcript: str = "cantranscript") -> dict[str, Any]:
    """A call full of canaries."""
    return {
        "artifact": {"transcript": transcript, "messages": [{"role": "user", "message": "canmessage"}]},
        "analysis": {"summary": "cansummary", "successEvaluation": "canevaluation"},
        "metadata": {"customerId": "canid", "customerName": "canname", "plan": "canplan", "note": "cannote"},
        "costs": [{"type": "model", "cost": 1}],
        "cost": 1.25,
    }


@pytest.fixture
async def mirror(database_url: str) -> AsyncIterator[Mirror]:
    """A mirror with one call full of canaries among others, changed once, with its webhooks."""
    async with mirror_at(database_url) as opened:
        others = [snapshot(document(n, customerId=f"c-{n}"), 1) for n in range(2, 40)]
        await opened.apply(snapshot(document(1, **spoken("canreplaced cantranscript")), 1), *others)
        body = b'{"note": "canbody"}'
        await opened.ledger.keep(
            [Delivery(received_at=at(1), type="x", call_id=call_id(number), body=body) for number in (1, 1)]
        )
        entries = [entry.id for entry in await opened.ledger.waiting(10)]
        await opened.apply(snapshot(document(1, updated=1, **spoken()), 2), settled=tuple(entries[:1]))
        await opened.apply(notice(1, received=3, endedReason="canfact", analysis={"summary": "canlater"}))
        await opened.apply(*(snapshot(document(n, updated=1, customerId=f"c-{n}"), 2) for n in range(2, 40)))
        yield opened


async def everything(mirror: Mirror) -> str:
    """Every value of every table, those of the search as the database keeps them."""
    found = []
    async with mirror.database.reading() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        for name in names:
            rows = await connection.execute(text(f'SELECT * FROM "{name}"'))  # noqa: S608  # names of our own tables
            found += [repr(value) for row in rows for value in row]
    return "\n".join(found)


def files(url: str) -> bytes:
    """Every byte of SQLite's files."""
    file = Path(make_url(url).database or "")
    return b"".join(each.read_bytes() for each in sorted(file.parent.iterdir()) if each.name.startswith(file.name))


async def left(mirror: Mirror, url: str, canaries: tuple[str, ...]) -> list[str]:
    """The canaries that are still to be found anywhere."""
    await mirror.database.checkpoint()
    rows = (await everything(mirror)).lower()
    raw = files(url).lower() if mirror.database.dialect == "sqlite" else b""
    return [canary for canary in canaries if canary in rows or canary.encode() in raw]


async def test_the_canaries_can_be_found(mirror: Mirror, database_url: str) -> None:
    """Else their absence would mean nothing; the document itself is compressed, and the replaced one is gone."""
    found = await left(mirror, database_url, (*CONTENT, *PERSON, *WEBHOOK))
    assert {"cantranscript", "canlater", "canname", "canid", "canplan", "canbody", "canfact"} <= set(found)


@pytest.mark.parametrize("lost", [absence(1, noticed=9), erasure(1)])
async def test_of_a_call_that_is_gone_nothing_that_anybody_said_is_left(
    mirror: Mirror, database_url: str, lost: Observation
) -> None:
    await mirror.apply(lost)
    # what a webhook said of the reason is in the outline, as what Vapi says of it is
    assert await left(mirror, database_url, (*CONTENT, *PERSON, "canbody")) == []
    assert (await mirror.call(1)).values["cost"] == 1.25


async def test_of_a_call_that_only_webhooks_told_of_nothing_is_left_either(mirror: Mirror, database_url: str) -> None:
    await mirror.apply(notice(99, received=3, summary="canunread"))
    assert await left(mirror, database_url, ("canunread",)) == ["canunread"]
    await mirror.apply(absence(99, noticed=9))
    assert await left(mirror, database_url, ("canunread",)) == []


async def test_content_that_has_had_its_time_is_nowhere(mirror: Mirror, database_url: str) -> None:
    assert await mirror.upkeep.expire_content(at(1), 100)
    assert await left(mirror, database_url, CONTENT) == []
    assert await left(mirror, database_url, ("canname",)) == ["canname"]


async def test_documents_that_have_had_their_time_are_nowhere(mirror: Mirror, database_url: str) -> None:
    assert await mirror.upkeep.expire_documents(at(1), 100)
    gone = ("cantranscript", "canmessage", "cansummary", "canlater", "canreplaced", "cannote")
    assert await left(mirror, database_url, gone) == []


async def test_webhooks_that_have_had_their_time_are_nowhere(mirror: Mirror, database_url: str) -> None:
    await mirror.apply(settled=tuple(entry.id for entry in await mirror.ledger.waiting(10)))
    await mirror.upkeep.expire_ledger(at(9), 10)
    assert await left(mirror, database_url, ("canbody",)) == []


async def test_an_erased_customer_is_nowhere(mirror: Mirror, database_url: str) -> None:
    await mirror.apply(erasure(1))
    assert await mirror.customers.customers(["id:canid"]) == {}
    assert await left(mirror, database_url, PERSON) == []
