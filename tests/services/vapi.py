"""Vapi as keeping the mirror sees it: a few calls with their times, which come, change, go and can be forgotten."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain import catalog as catalogs
from gateway.domain.decode import decoder
from gateway.domain.projection import projector
from gateway.observe.events import Listener, silence
from gateway.ports import CallQuery, Document
from gateway.services.preparing import PreparedCalls, Preparing
from gateway.upstream.instants import wire

NOON = dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC)


def call_id(number: int) -> str:
    """The id of a call, by a number."""
    return f"00000000-0000-4000-8000-{number:012}"


def preparing() -> Preparing:
    """How calls are prepared here: as in the gateway, but packed as plain JSON."""
    catalog = catalogs.build()
    return Preparing(decode=decoder(catalog, b"key"), project=projector(catalog), pack=_packed, digest=_digest)


def _packed(document: Document) -> bytes:
    return json.dumps(document).encode()


def _digest(document: Document) -> bytes:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).digest()


@dataclasses.dataclass
class Time:
    """A clock, and sleep that lasts until the clock says so."""

    now: dt.datetime = NOON
    sleepers: list[tuple[dt.datetime, asyncio.Future[None]]] = dataclasses.field(default_factory=list)

    def __call__(self) -> dt.datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Sleep until the clock has been advanced that far."""
        waking: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleepers.append((self.now + dt.timedelta(seconds=seconds), waking))
        await waking

    async def advance(self, **duration: float) -> None:
        """Let time pass, and whoever wakes up meanwhile do what it is about to do."""
        end = self.now + dt.timedelta(**duration)
        await self.settle()
        while due := [sleeper for sleeper in self.sleepers if sleeper[0] <= end and not sleeper[1].done()]:
            first = min(due, key=lambda sleeper: sleeper[0])
            self.sleepers = [each for each in self.sleepers if each is not first and not each[1].done()]
            self.now = max(self.now, first[0])
            first[1].set_result(None)
            await self.settle()
        self.now = end

    async def settle(self) -> None:
        """Let everybody go on until all wait for the clock again."""
        for _ in range(300):
            await asyncio.sleep(0)


@dataclasses.dataclass
class Vapi:
    """A `gateway.ports.CallSource` over ``calls`` by id; ``before`` is called before each answer, and may raise.

    ``lasts`` is how long calls are kept, by ``clock``. Lists are in no order where ``shuffled``.
    """

    clock: Callable[[], dt.datetime]
    lasts: dt.timedelta | None = None
    before: Callable[[str], None] = lambda name: None
    shuffled: bool = False
    calls: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    queries: list[CallQuery] = dataclasses.field(default_factory=list)
    asked: list[str] = dataclasses.field(default_factory=list)

    def create(self, number: int, created: dt.datetime, updated: dt.datetime | None = None, **more: Any) -> str:
        """A call is there."""
        id_ = call_id(number)
        moments = {"createdAt": wire(created), "updatedAt": wire(updated or created)}
        self.calls[id_] = {"id": id_, "orgId": "o", "status": "ended", **moments, **more}
        return id_

    def change(self, number: int, **more: Any) -> None:
        """A call changes now."""
        self.calls[call_id(number)] |= {"updatedAt": wire(self.clock()), **more}

    def delete(self, number: int) -> None:
        """A call is deleted."""
        del self.calls[call_id(number)]

    @property
    def there(self) -> dict[str, dict[str, Any]]:
        """What is there now."""
        horizon = None if self.lasts is None else self.clock() - self.lasts
        return {i: c for i, c in self.calls.items() if horizon is None or _at(c["createdAt"]) >= horizon}

    async def get(self, call_id: str) -> Document | None:
        self.before("get")
        self.asked.append(call_id)
        return self.there.get(call_id)

    async def list(self, query: CallQuery) -> Sequence[Document]:
        self.before("list")
        self.queries.append(query)
        matching = [call for call in self.there.values() if _matches(call, query)]
        matching.sort(key=lambda call: str(call["id"] if self.shuffled else call["createdAt"]), reverse=True)
        return [dict(call) for call in matching[: query.limit]]

    async def body(self, query: CallQuery) -> bytes:
        """The same as `list`, as JSON."""
        return json.dumps(await self.list(query)).encode()

    def prepared(self, listen: Listener = silence) -> PreparedCalls:
        """The same with snapshots."""
        return PreparedCalls(self, preparing(), clock=self.clock, listen=listen)


def _at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def _matches(call: dict[str, Any], query: CallQuery) -> bool:
    created, updated = _at(call["createdAt"]), _at(call["updatedAt"])
    return (
        (query.created_from is None or created >= query.created_from)
        and (query.created_to is None or created <= query.created_to)
        and (query.updated_from is None or updated >= query.updated_from)
        and (query.updated_to is None or updated <= query.updated_to)
    )
