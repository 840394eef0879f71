"""Related things, remembered: asked for once in a while, served on where upstream fails, never with a secret."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any, Final

import pytest

from gateway.cache.related import RelatedThings
from gateway.domain import catalog as catalogs
from gateway.domain.assistants import Assistant, PhoneNumber, Squad
from gateway.domain.decode import decoder
from gateway.domain.related import Related
from gateway.errors import UpstreamUnavailable
from gateway.ports import Document

pytestmark = pytest.mark.anyio

ID: Final = "0b7d4d6e-0000-4000-8000-00000000000a"


@dataclasses.dataclass
class Source:
    """A `gateway.ports.RelatedSource`; while ``gate`` is not set, whoever asks waits."""

    things: dict[tuple[Related, str], dict[str, Any]] = dataclasses.field(default_factory=dict)
    error: Exception | None = None
    gate: asyncio.Event | None = None
    asked: list[tuple[Related, str]] = dataclasses.field(default_factory=list)

    async def related(self, kind: Related, related_id: str) -> Document | None:
        self.asked.append((kind, related_id))
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.things.get((kind, related_id))


class Bench:
    """Things that are fresh for a minute and kept for an hour, and the clock in the test's hand."""

    def __init__(self, **things: dict[str, Any]) -> None:
        self.now = 0.0
        self.source = Source({(Related[name.upper()], ID): thing for name, thing in things.items()})
        decode = decoder(catalogs.build(), b"a key for tests")
        self.things = RelatedThings(source=self.source, decode=decode, fresh=60, kept=3600, timer=lambda: self.now)


@pytest.mark.parametrize(
    ("kind", "document", "record"),
    [
        (Related.ASSISTANT, {"name": "Reception"}, Assistant(name="Reception")),
        (Related.SQUAD, {"name": "Front desk", "members": []}, Squad(name="Front desk", members=[])),
        (Related.PHONE_NUMBER, {"number": "+15550001"}, PhoneNumber(number="+15550001")),
    ],
)
async def test_a_thing_is_what_a_call_would_have_that_states_it_itself(
    kind: Related, document: dict[str, Any], record: object
) -> None:
    """One type for both."""
    b = Bench(**{kind.name.lower(): {"id": ID, **document}})
    assert await b.things.get(kind, ID) == record


async def test_one_is_asked_for_once_until_it_is_old() -> None:
    """However many calls name it, at once or one after the other."""
    b = Bench(assistant={"name": "Reception"})
    await asyncio.gather(*(b.things.get(Related.ASSISTANT, ID) for _ in range(100)))
    b.now = 59
    await b.things.get(Related.ASSISTANT, ID)
    assert len(b.source.asked) == 1
    b.now = 61
    await b.things.get(Related.ASSISTANT, ID)
    assert len(b.source.asked) == 2


async def test_that_there_is_none_is_remembered_as_well() -> None:
    """A number that was given back is named by years of calls."""
    b = Bench()
    assert [await b.things.get(Related.PHONE_NUMBER, ID) for _ in range(3)] == [None] * 3
    assert len(b.source.asked) == 1


async def test_one_id_of_two_kinds_is_two_things() -> None:
    """Ids are unique upstream; what is asked for is a kind and an id."""
    b = Bench(assistant={"name": "Reception"}, squad={"name": "Front desk"})
    found = [await b.things.get(kind, ID) for kind in (Related.ASSISTANT, Related.SQUAD)]
    assert [thing.name for thing in found] == ["Reception", "Front desk"]


async def test_where_upstream_fails_the_last_answer_is_served() -> None:
    """For an hour, and no longer; what was never known is an error."""
    b = Bench(assistant={"name": "Reception"})
    await b.things.get(Related.ASSISTANT, ID)
    b.source.error = UpstreamUnavailable("down")
    b.now = 3599
    assert (await b.things.get(Related.ASSISTANT, ID)).name == "Reception"
    with pytest.raises(UpstreamUnavailable):
        await b.things.get(Related.SQUAD, ID)
    b.now = 3601
    with pytest.raises(UpstreamUnavailable):
        await b.things.get(Related.ASSISTANT, ID)


async def test_secrets_of_a_thing_are_not_kept() -> None:
    """An assistant holds keys of the team's servers."""
    secret = {"server": {"secret": "canary"}, "credentials": [{"apiKey": "canary"}]}
    b = Bench(assistant={"name": "Reception", "model": {"provider": "openai", "apiKey": "canary"}, **secret})
    found = await b.things.get(Related.ASSISTANT, ID)
    assert found.model["provider"] == "openai"
    assert "canary" not in repr(found)


async def test_closing_ends_what_is_under_way() -> None:
    """Without a complaint."""
    b = Bench()
    b.source.gate = asyncio.Event()
    waiting = asyncio.create_task(b.things.get(Related.ASSISTANT, ID))
    await asyncio.sleep(0)
    await b.things.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
