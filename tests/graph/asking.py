"""A whole gateway in front of a plain function that plays Vapi, at a pinned time."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx
from pydantic import SecretStr

from gateway import app
from gateway.observe.events import Listener, silence
from gateway.settings import AttributeSettings, CallSettings, CustomerSettings, Settings

Upstream: TypeAlias = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]

HERE: Final = Path(__file__).parent
NOW: Final = dt.datetime(2026, 8, 20, 12, 0, tzinfo=dt.UTC)
WEB_CALL: Final = "019fedaf-549c-7000-8625-582e741edd7f"
KEY: Final = "vapi-private-key-canary"

CALLS: Final[Mapping[str, Mapping[str, Any]]] = {
    document["id"]: document
    for document in (json.loads(file.read_text(encoding="utf-8")) for file in sorted((HERE / "calls").glob("*.json")))
}
"""The calls of this upstream by id: ``tests/graph/calls/*.json``."""

RELATED: Final[Mapping[str, Mapping[str, Any]]] = {
    "assistant/0b7d4d6e-0000-4000-8000-00000000000a": {
        "id": "0b7d4d6e-0000-4000-8000-00000000000a",
        "name": "Reception",
        "firstMessage": "Hello!",
        "model": {"provider": "openai", "model": "gpt-5"},
        "server": {"url": "https://example.com/vapi", "secret": "assistant-secret-canary"},
    },
    "squad/5c000000-0000-4000-8000-00000000000b": {
        "id": "5c000000-0000-4000-8000-00000000000b",
        "name": "Front desk",
        "members": [{"assistantId": "0b7d4d6e-0000-4000-8000-00000000000a"}],
    },
}
"""What calls of this upstream name, by its path; the phone number of one of them is gone."""

PLAN: Final = AttributeSettings(
    name="plan",
    type="enum",
    values=("free", "pro", "enterprise"),
    keys=("plan", "customerPlan", "subscription.plan"),
    description="The customer's subscription.",
)
BOOKED: Final = AttributeSettings(
    name="booked",
    type="Boolean",
    paths=("artifact.structuredOutputs[name=booked].result",),
    description="Whether the customer booked an appointment.",
)


def vapi(request: httpx.Request) -> httpx.Response:
    """Vapi with `CALLS` and what they name: one by its id, or the list of calls, newest first, as far as is asked."""
    path = request.url.path.removeprefix("/")
    if path in RELATED:
        return answered(RELATED[path])
    kind, _, call_id = path.partition("/")
    if call_id:
        return answered(CALLS.get(call_id) if kind == "call" else None)
    asked = request.url.params
    rows = [row for row in CALLS.values() if _matches(row, asked)]
    rows.sort(key=lambda row: str(row["createdAt"]), reverse=True)
    return httpx.Response(200, json=rows[: int(asked.get("limit", 100))])


def _matches(row: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
    created = str(row["createdAt"])
    in_time = asked.get("createdAtGe", "") <= created <= asked.get("createdAtLe", "9")
    return in_time and all(row.get(name) == asked[name] for name in ("assistantId", "phoneNumberId") if name in asked)


def answered(document: object) -> httpx.Response:
    """One call as Vapi answers it, 404 where there is none."""
    return (
        httpx.Response(404, json={"message": "Not Found"}) if document is None else httpx.Response(200, json=document)
    )


def answering(status: int, **headers: str) -> Upstream:
    """A Vapi that answers everything with this status."""
    return lambda _: httpx.Response(status, headers=headers, json={"message": "said by upstream"})


def settings(**stated: object) -> Settings:
    """Settings with these values and the defaults, whatever the environment says; upstream is asked once, at once.

    Who wants to open a gateway states a folder for its data: there is none by default.
    """
    usual: dict[str, object] = {
        "upstream_key": SecretStr(KEY),
        "identity_key": SecretStr("sixteen letters!"),
        "data_dir": Path("/dev/null"),
        "hosts": ("gateway", "gateway.invalid"),
        "upstream_rate": 0.0,
        "allow_anonymous": True,
        "backfill_workers": 0,
        "upstream_attempts": 1,
        "call": CallSettings(attributes=(BOOKED,)),
        "customer": CustomerSettings(attributes=(PLAN,)),
    }
    return Settings.model_construct(**{**usual, **stated})  # type: ignore[arg-type]  # values by name, not yet checked


@dataclasses.dataclass(frozen=True)
class Running:
    """A running gateway: a client of it, and what it consists of."""

    client: httpx.AsyncClient
    parts: app.Gateway


@contextlib.asynccontextmanager
async def running(
    upstream: Upstream = vapi,
    *,
    listen: Listener = silence,
    clock: Callable[[], dt.datetime] = lambda: NOW,
    filled: bool = True,
    **stated: object,
) -> AsyncIterator[Running]:
    """A running gateway; errors that leave the application are raised in the test.

    Its mirror holds what `vapi` has, if it is to be ``filled``; nothing goes on in the background.
    """
    asked: list[Upstream] = [vapi]

    def carried(request: httpx.Request) -> Any:
        return asked[-1](request)

    with tempfile.TemporaryDirectory() as folder:
        made = settings(**{"data_dir": Path(folder), "sync": False, **stated})
        built = app.build(made, listen=listen, clock=clock, transport=httpx.MockTransport(carried))
        async with (
            built.router.lifespan_context(built),
            httpx.AsyncClient(transport=httpx.ASGITransport(built), base_url="http://gateway") as client,
        ):
            if filled:
                await built.state.gateway.keeper.backfilling.step()
            asked.append(upstream)
            yield Running(client, built.state.gateway)


@contextlib.asynccontextmanager
async def gateway(upstream: Upstream = vapi, **stated: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that is `running`."""
    async with running(upstream, **stated) as there:
        yield there.client


async def ask(client: httpx.AsyncClient, query: str, **variables: object) -> Any:
    """The body of the answer to a query."""
    answer = await client.post("/graphql", json={"query": query, "variables": variables})
    return answer.json()


async def error_of(client: httpx.AsyncClient, query: str, **variables: object) -> Any:
    """The only error in the answer to a query."""
    (error,) = (await ask(client, query, **variables))["errors"]
    return error
