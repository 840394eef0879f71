"""Moves: what happens to the world between two questions, the same to both sides."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from gateway import app
from gateway.errors import UpstreamError
from tests.lane import records
from tests.lane.sides import Pair, Side
from tests.lane.upstream import FAULTS

SECONDS: Final = (0.001, 4, 6, 11, 25, 65, 700, 3600, 3600, 7 * 3600, 25 * 3600, 50 * 3600)


@dataclasses.dataclass(frozen=True, slots=True)
class Tick:
    """Time passes."""

    seconds: float

    async def happen(self, pair: Pair) -> None:
        pair.clock.advance(seconds=self.seconds)


@dataclasses.dataclass(frozen=True, slots=True)
class Changed:
    """A call is another one at Vapi, or a new one: with a later ``updatedAt``, or without Vapi's saying so."""

    number: int
    seed: int
    is_said: bool = True

    async def happen(self, pair: Pair) -> None:
        call_id = records.call_id(self.number)
        made = records.call(random.Random(self.seed), self.number, pair.clock())
        before = pair.upstream.calls.get(call_id)
        if before is not None:
            made["createdAt"] = before["createdAt"]
            made["updatedAt"] = made["updatedAt"] if self.is_said else before["updatedAt"]
        pair.upstream.calls[call_id] = made


@dataclasses.dataclass(frozen=True, slots=True)
class Gone:
    """Vapi has a call no more, without telling."""

    number: int

    async def happen(self, pair: Pair) -> None:
        pair.upstream.calls.pop(records.call_id(self.number), None)


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """Vapi fails from now on; or works again."""

    kind: str | None

    async def happen(self, pair: Pair) -> None:
        pair.upstream.fault = self.kind


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """Vapi tells of a call by a webhook, which lies over what was read."""

    number: int
    kind: str
    seed: int

    async def happen(self, pair: Pair) -> None:
        body = json.dumps({"message": self._message(pair)}).encode()
        await pair.both(lambda side: _received(side, body))

    def _message(self, pair: Pair) -> dict[str, Any]:
        chance, call_id = random.Random(self.seed), records.call_id(self.number)
        made = records.call(chance, self.number)
        milliseconds = int(pair.clock().timestamp() * 1000)
        stated: dict[str, Any] = {
            name: made[name] for name in ("cost", "costs", "analysis", "endedReason", "endedAt") if name in made
        }
        return {
            **(stated if self.kind == "end-of-call-report" else {}),
            "type": self.kind,
            "timestamp": milliseconds,
            "status": chance.choice(["in-progress", "ended", "ringing"]),
            "call": {"id": call_id, "createdAt": made["createdAt"], "updatedAt": made["createdAt"], "type": "webCall"},
        }


async def _received(side: Side, body: bytes) -> None:
    await side.parts.webhooks.receive(body)
    await side.parts.webhooks.drain()


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """One step of what keeps the mirror up: the poll, what is to be read again, what has had its time."""

    part: str

    async def happen(self, pair: Pair) -> None:
        await pair.both(self._step)

    async def _step(self, side: Side) -> None:
        step = next(part.step for part in side.parts.keeper.parts if part.name == self.part)
        try:
            await step()
        except UpstreamError:
            return


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """A customer is forgotten, by another process."""

    key: str

    async def happen(self, pair: Pair) -> None:
        await pair.both(self._erase)

    async def _erase(self, side: Side) -> None:
        other = app.maintenance(side.parts.settings)
        async with other.opened():
            await other.erase(self.key)
        await side.parts.following.step()


Move: TypeAlias = Tick | Changed | Gone | Fault | Told | Kept | Erased


def moves(chance: random.Random, numbers: Sequence[int]) -> list[Move]:
    """What happens at once between two questions."""
    kind = chance.choices(_KINDS, [share for _, share in _SHARES])[0]
    return kind(chance, chance.choice(numbers))


def _changes(chance: random.Random, number: int) -> list[Move]:
    """A call changes, which comes to be known by the poll, by a webhook, in time, or when somebody asks."""
    seed = chance.randrange(2**32)
    noticed: list[list[Move]] = [
        [Kept("poll")],
        [Told(number, "end-of-call-report", seed)],
        [Tick(chance.choice(SECONDS))],
        [],
    ]
    return [Changed(number, seed, is_said=chance.random() < 0.8), *chance.choice(noticed)]


def _passes(chance: random.Random, _number: int) -> list[Move]:
    return [Tick(chance.choice(SECONDS))]


def _breaks(chance: random.Random, _number: int) -> list[Move]:
    return [Fault(chance.choice(list(FAULTS))), Tick(chance.choice(SECONDS[4:]))]


def _heals(chance: random.Random, _number: int) -> list[Move]:
    return [Fault(None), *([Tick(chance.choice(SECONDS))] if chance.random() < 0.5 else [])]


def _tells(chance: random.Random, number: int) -> list[Move]:
    kinds = ["status-update", "end-of-call-report", "status-update", "call.deleted", "call.deleted"]
    return [Told(number, chance.choice(kinds), chance.randrange(2**32))]


def _loses(chance: random.Random, number: int) -> list[Move]:
    return [Gone(number), Tick(chance.choice(SECONDS[3:])), *([Kept("rereads")] if chance.random() < 0.5 else [])]


def _keeps(chance: random.Random, _number: int) -> list[Move]:
    several: list[Move] = [Erased(f"id:{chance.choice(records.CUSTOMERS)}"), Kept("expiry"), Kept("rereads")]
    return [chance.choice(several)]


_SHARES: Final[Sequence[tuple[Callable[[random.Random, int], list[Move]], float]]] = (
    (_changes, 0.35),
    (_passes, 0.2),
    (_breaks, 0.08),
    (_heals, 0.13),
    (_tells, 0.14),
    (_loses, 0.06),
    (_keeps, 0.04),
)
_KINDS: Final = [kind for kind, _ in _SHARES]
