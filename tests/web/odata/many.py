"""A gateway over some dozens of calls with equal and missing values, whose upstream can change."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import httpx

from tests.e2e.clocks import Clock
from tests.graph.asking import NOW, Running, running

CUSTOMERS: Final = ("ann", "bob", "cy", None)
COSTS: Final = (None, 0.1, 0.25, 1.5, 0.25)
REASONS: Final = (None, "customer-ended-call", "silence-timed-out")
MANY: Final = 29
MAXIMUM: Final = "odata.maxpagesize"


def call_id(number: int) -> str:
    """The id of a call."""
    return f"00000000-0000-4000-8000-{number:012}"


def document(number: int, **stated: object) -> dict[str, Any]:
    """A call; three at a time are created at one moment, and every fifth says nothing of its cost."""
    created = (NOW - dt.timedelta(hours=1 + number // 3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    customer, cost = CUSTOMERS[number % len(CUSTOMERS)], COSTS[number % len(COSTS)]
    metadata = {} if customer is None else {"customerId": customer, "email": f"{customer}@example.com"}
    return {
        "id": call_id(number),
        "createdAt": created,
        "updatedAt": created,
        "startedAt": created,
        "endedAt": created,
        "type": "webCall",
        "status": "ended",
        "endedReason": REASONS[number % len(REASONS)],
        "cost": cost,
        "costs": [{"type": "model", "cost": cost, "promptTokens": number}, {"type": "voice", "cost": 0.01}],
        "assistantOverrides": {"metadata": metadata},
        "messages": [{"role": "user", "message": f"word {number}", "time": number}, {"role": "bot", "message": "yes"}],
        "endedMessage": f"{'A very long story. ' * 300}{number % 2}" if number % 7 == 0 else None,
        **stated,
    }


class Vapi:
    """An upstream with these calls, by their ids."""

    def __init__(self) -> None:
        self.calls = {call_id(number): document(number) for number in range(MANY)}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """One call, or all that were created in the stated time, newest first."""
        wanted = request.url.path.removeprefix("/call").removeprefix("/")
        if wanted:
            found = self.calls.get(wanted)
            return httpx.Response(404, json={}) if found is None else httpx.Response(200, json=found)
        asked = request.url.params
        low, high = asked.get("createdAtGe", ""), asked.get("createdAtLe", "9")
        rows = [row for row in self.calls.values() if low <= row["createdAt"] <= high]
        rows.sort(key=lambda row: str(row["createdAt"]), reverse=True)
        return httpx.Response(200, json=rows[: int(asked.get("limit", 100))])


class Served:
    """A running gateway whose mirror holds all calls of its upstream, and its clock."""

    def __init__(self, there: Running, vapi: Vapi, clock: Clock) -> None:
        self.client = there.client
        self.parts = there.parts
        self.vapi = vapi
        self.clock = clock

    @staticmethod
    def documents() -> Mapping[str, Mapping[str, Any]]:
        """The calls as upstream has them in the beginning."""
        return Vapi().calls

    async def changed(self, number: int, **stated: object) -> None:
        """Upstream has a call, new or changed, and the mirror learns of it, a second later."""
        self.clock.advance(seconds=1)
        self.vapi.calls[call_id(number)] = document(number, updatedAt="2026-08-20T11:59:00.000Z", **stated)
        query = f'{{ call(id: "{call_id(number)}", maxAge: 0) {{ id cost freshness {{ source }} }} }}'
        answer = (await self.client.post("/graphql", json={"query": query})).json()
        assert answer["data"]["call"]["id"] == call_id(number), answer


@contextlib.asynccontextmanager
async def served(**stated: Any) -> AsyncIterator[Served]:
    """A gateway over `Vapi`."""
    vapi, clock = Vapi(), Clock(NOW)
    async with running(vapi, filled=False, clock=clock, **stated) as there:
        await there.parts.keeper.backfilling.step()
        yield Served(there, vapi, clock)


async def page(client: httpx.AsyncClient, url: str, size: int | None = None, **more: str) -> httpx.Response:
    """An answer; ``size`` is the page that the client would have."""
    headers = {**more, **({} if size is None else {"Prefer": f"{MAXIMUM}={size}"})}
    return await client.get(url, headers=headers)


async def pages(client: httpx.AsyncClient, url: str, size: int | None = None, **more: str) -> list[httpx.Response]:
    """All pages of a list, one behind the other as its links lead."""
    found, following = [], url
    while following:
        found.append(await page(client, following, size, **more))
        following = told(found[-1]).get("@odata.nextLink", "")
        assert len(found) <= MANY * 10
    return found


def told(answer: httpx.Response) -> Mapping[str, Any]:
    """The body of an answer that is no error."""
    assert answer.status_code == 200, answer.text
    body: Mapping[str, Any] = answer.json()
    return body


def rows(found: list[httpx.Response]) -> list[dict[str, Any]]:
    """The rows of pages."""
    return [row for each in found for row in told(each)["value"]]
