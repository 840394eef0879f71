"""Webhooks: kept before they are answered, applied afterwards.

What a message says goes to the ledger, durably, before Vapi is told that it arrived; from there it comes into the
mirror, with the marks for reading its call again, in one transaction that also settles its entry. A kill at any moment
leaves an entry that waits or one that is applied, and applying one twice changes nothing.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime as dt
import enum
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson

from gateway.domain.messages import call_id
from gateway.domain.redaction import Redact, redact
from gateway.domain.webhooks import Rereads, Role, Told, Unclear, joined, meaning, reduced, told, type_of
from gateway.errors import GatewayError, StoreUnavailable
from gateway.observe.events import (
    Listener,
    StoreFailed,
    WebhookBuried,
    WebhookReceived,
    WebhooksApplied,
    WebhookUnknown,
    silence,
)
from gateway.ports import Batch, CallStore, Change, Delivery, Entry, Ledger

_APPLYING: Final = "applying webhooks"
_LONGEST: Final = 32
"""How many times the usual pause the longest is, while the database stays away."""
_CROWD: Final = 32
"""So many webhooks that wait to be kept at once are more than the machine does in passing."""
_GIVES_WAY: Final = 5
"""In a crowd, applying takes one part of the time and leaves so many: Vapi waits for an answer, the ledger can."""


class Outcome(enum.Enum):
    """What became of a webhook."""

    KEPT = "kept"
    PASSED = "passed"
    """There was nothing in it to keep."""
    NEEDS_ANSWER = "needs_answer"
    """Vapi waits for an answer that this server cannot give."""
    NO_JSON = "no_json"
    NO_MESSAGE = "no_message"


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a webhook of this type; the type is empty where it has none."""

    outcome: Outcome
    type: str = ""


class Webhooks:
    """Takes webhooks in, and brings what waits in the ledger into the mirror.

    ``applied`` is called after every batch that came into the mirror, with the calls that look different since; marks
    of that batch may be due soon. An entry that fails ``attempts`` times for a reason of its own becomes a dead letter.
    ``idle`` is how often the ledger is looked at unasked, for what another process left there; ``pause`` how long the
    database is left alone after it failed.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        store: CallStore,
        rereads: Rereads,
        clock: Callable[[], dt.datetime],
        applied: Callable[[Sequence[Change]], None] = lambda _: None,
        redact: Redact = redact,
        listen: Listener = silence,
        batch: int = 100,
        attempts: int = 3,
        idle: dt.timedelta = dt.timedelta(seconds=5),
        pause: dt.timedelta = dt.timedelta(seconds=1),
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._rereads = rereads
        self._clock = clock
        self._applied = applied
        self._redact = redact
        self._listen = listen
        self._batch = batch
        self._attempts = attempts
        self._idle = idle.total_seconds()
        self._pause = pause.total_seconds()
        self._failures: collections.Counter[int] = collections.Counter()
        self._outages = 0
        self._awake = asyncio.Event()
        self._arriving = 0

    async def receive(self, body: bytes) -> Receipt:
        """Keep what this body says; when this returns `Outcome.KEPT`, it survives whatever happens to the process.

        Raises:
            StoreError: it could not be kept; Vapi should send it again.
        """
        saved = _parsed(body)
        message = saved.get("message") if isinstance(saved, dict) else None
        kind = type_of(message) if isinstance(message, dict) else None
        if message is None or kind is None:
            return Receipt(Outcome.NO_JSON if saved is None else Outcome.NO_MESSAGE)
        role = meaning(kind).role
        if role is Role.ASKS:
            return Receipt(Outcome.NEEDS_ANSWER, kind)
        if role is Role.PASSES:
            return self._received(Outcome.PASSED, kind)
        await self._keep(self._delivery(message, kind))
        if role is Role.UNKNOWN:
            self._listen(WebhookUnknown(kind))
        return self._received(Outcome.KEPT, kind)

    async def run(self) -> None:
        """Apply what waits, and what comes, until cancelled."""
        while True:
            self._awake.clear()
            started = time.monotonic()
            if not await self._drained():
                await self._rest()
            elif self._arriving >= _CROWD:
                await asyncio.sleep(_GIVES_WAY * (time.monotonic() - started))

    async def drain(self) -> int:
        """Apply a batch of what waits; how many entries are done with.

        Raises:
            StoreError: the ledger cannot be read, or the mirror cannot be written.
        """
        clear: list[tuple[Entry, Told]] = []
        buried = 0
        for entry in await self._ledger.waiting(self._batch):
            match self._told(entry):
                case Unclear(reason):
                    await self._bury(entry, reason)
                    buried += 1
                case Told() as said:
                    clear.append((entry, said))
        suspects = [each for each in clear if each[0].id in self._failures]
        together = [each for each in clear if each[0].id not in self._failures]
        return buried + await self._apply_together(together) + await self._apply_singly(suspects)

    async def _keep(self, delivery: Delivery) -> None:
        self._arriving += 1
        try:
            await self._ledger.keep((delivery,))
        finally:
            self._arriving -= 1
        self._awake.set()

    def _received(self, outcome: Outcome, kind: str) -> Receipt:
        self._listen(WebhookReceived(kind, outcome.value))
        return Receipt(outcome, kind)

    def _delivery(self, message: Mapping[str, Any], kind: str) -> Delivery:
        body = _written(reduced(message, self._redact))
        return Delivery(received_at=self._clock(), type=kind, call_id=call_id(message), body=body)

    async def _drained(self) -> bool:
        """Whether it is worth going on at once; a failure is told and waited out."""
        try:
            done = await self.drain() > 0
        except Exception as error:  # whatever it is: this goes on for as long as the process lives
            self._listen(StoreFailed(_APPLYING, _code(error)))
            self._outages += 1
            await asyncio.sleep(self._pause * min(2 ** (self._outages - 1), _LONGEST))
            return True
        self._outages = 0
        return done

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._idle):
                await self._awake.wait()
        except TimeoutError:
            return

    def _told(self, entry: Entry) -> Told | Unclear:
        message = _parsed(entry.delivery.body)
        if not isinstance(message, dict):
            return Unclear("its body is gone, or no JSON")
        return told(message, entry.delivery.received_at, self._rereads)

    async def _apply_together(self, clear: Sequence[tuple[Entry, Told]]) -> int:
        """Apply entries in one transaction; where one of them spoils it, each in its own."""
        try:
            return await self._apply(clear)
        except StoreUnavailable:
            raise
        except Exception:  # of the store or of our own: the culprit is found by trying
            return await self._apply_singly(clear)

    async def _apply_singly(self, clear: Sequence[tuple[Entry, Told]]) -> int:
        done = 0
        for entry, said in clear:
            try:
                done += await self._apply([(entry, said)])
            except StoreUnavailable:
                raise
            except Exception as error:  # the same
                done += await self._failed(entry, error)
        return done

    async def _apply(self, clear: Sequence[tuple[Entry, Told]]) -> int:
        if not clear:
            return 0
        batch = Batch(
            observations=tuple(observation for _, said in clear for observation in said.observations),
            marks=joined([mark for _, said in clear for mark in said.marks]),
            settled=tuple(entry.id for entry, _ in clear),
        )
        changes = await self._store.apply(batch)
        for entry, _ in clear:
            self._failures.pop(entry.id, None)
        self._listen(WebhooksApplied(len(clear), len(changes)))
        self._applied(changes)
        return len(clear)

    async def _failed(self, entry: Entry, error: Exception) -> int:
        """Count a failure of this entry alone; 1 if it was the last one."""
        self._failures[entry.id] += 1
        if self._failures[entry.id] < self._attempts:
            return 0
        await self._bury(entry, f"it could not be applied: {_code(error)}")
        del self._failures[entry.id]
        return 1

    async def _bury(self, entry: Entry, reason: str) -> None:
        await self._ledger.bury(entry.id, reason)
        self._listen(WebhookBuried(entry.id, entry.delivery.type, reason))


def _code(error: Exception) -> str:
    """What is told of an error: its message may repeat what a person said."""
    return error.code if isinstance(error, GatewayError) else type(error).__name__


def _parsed(body: bytes) -> Any:
    """The JSON in a body; None where it is none. What orjson is too strict for (half a character, NaN) json reads.

    An integer of more than 64 bits becomes the float next to it.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None


def _written(message: Mapping[str, Any]) -> bytes:
    """JSON; json writes the integers that are too long for orjson."""
    try:
        return orjson.dumps(message)
    except TypeError:
        return json.dumps(message).encode()
