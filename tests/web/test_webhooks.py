"""``POST /webhooks/vapi``: what is accepted, what is refused, and which status says so."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route
from starlette.types import Message

from gateway.domain.signatures import Hmac, Scheme, Token, vapi_secret
from gateway.domain.webhooks import Rereads
from gateway.errors import StoreTimeout, StoreUnavailable
from gateway.observe.events import Event, WebhookRefused
from gateway.observe.logs import log_listener
from gateway.services.webhooks import Webhooks
from gateway.simulator import signing
from gateway.web.middleware.request_id import RequestId
from gateway.web.refusals import HANDLERS
from gateway.web.webhooks import WebhookView
from tests.domain.saved_webhooks import BODIES, body, message
from tests.services.ledgers import MemoryLedger, MemoryMirror

pytestmark = pytest.mark.anyio

NOW: Final = dt.datetime(2026, 8, 19, 12, 30, tzinfo=dt.UTC)
PATH: Final = "/webhooks/vapi"
URL: Final = f"http://gateway.invalid{PATH}"
SECRET: Final = "canary secret"
LIMIT: Final = 10_000
PATIENCE: Final = 0.5
SCHEMES: Final = (Token(secrets=(SECRET,)), vapi_secret(SECRET), Hmac(secrets=(SECRET,)))


@dataclasses.dataclass
class Endpoint:
    """The endpoint in an application, its ledger, and what it told."""

    app: Starlette
    ledger: MemoryLedger
    events: list[Event]

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Who posts to it."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://gateway.invalid") as one:
            yield one

    async def post(self, posted: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
        """The answer to a body, with the secret in ``X-Vapi-Secret`` if nothing else is said."""
        async with self.client() as client:
            return await client.post(
                PATH, content=posted, headers={"X-Vapi-Secret": SECRET} if headers is None else headers
            )


def endpoint(schemes: Sequence[Scheme] = SCHEMES, *, anonymous: bool = False) -> Endpoint:
    """An endpoint of its own."""
    ledger, events = MemoryLedger(), list[Event]()
    pause = Rereads(noticed=dt.timedelta(seconds=1), late=dt.timedelta(minutes=5))
    webhooks = Webhooks(
        ledger=ledger, store=MemoryMirror(ledger), rereads=pause, clock=lambda: NOW, listen=events.append
    )
    view = WebhookView(
        webhooks,
        schemes=schemes,
        limit=LIMIT,
        seconds=PATIENCE,
        clock=lambda: NOW,
        anonymous=anonymous,
        listen=events.append,
    )
    app = Starlette(
        routes=[Route(PATH, view, methods=["POST"])],
        middleware=[Middleware(RequestId, listen=events.append)],
        exception_handlers=HANDLERS,
    )
    return Endpoint(app, ledger, events)


def code(answer: httpx.Response) -> Any:
    """The code of a refusal."""
    return answer.json()["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("name", sorted(BODIES.keys() - {"tool_calls"}))
async def test_a_webhook_is_answered_with_an_empty_object(name: str) -> None:
    there = endpoint()
    answer = await there.post(BODIES[name])
    assert (answer.status_code, answer.json()) == (200, {})
    assert len(there.ledger.entries) == (name not in ("speech_update", "conversation_update"))


@pytest.mark.parametrize(
    "signs", [signing.Bearer(SECRET), signing.Secret(SECRET), signing.Hmac(SECRET)], ids=["bearer", "secret", "hmac"]
)
async def test_it_is_believed_by_each_scheme(signs: signing.Authentication) -> None:
    posted = BODIES["call_deleted"]
    headers = signs.headers(signing.Unsigned(URL, posted, int(NOW.timestamp() * 1000), "msg"))
    assert (await endpoint().post(posted, headers)).status_code == 200


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "unsigned"),
        ({"X-Vapi-Secret": "canary"}, "wrong"),
        ({"Authorization": "Bearer canary"}, "wrong"),
        ({"Authorization": f"Basic {SECRET}"}, "wrong"),
        ({"X-Signature": "ca" * 32, "X-Timestamp": "1787142600"}, "wrong"),
        (signing.Hmac(SECRET).headers(signing.Unsigned(URL, BODIES["call_deleted"], 1, "")), "stale"),
    ],
)
async def test_a_webhook_that_proves_nothing_is_refused_counted_and_not_kept(
    headers: dict[str, str], reason: str
) -> None:
    there = endpoint()
    answer = await there.post(BODIES["call_deleted"], headers)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert there.events == [WebhookRefused(401, reason)]
    assert there.ledger.entries == {}
    assert "canary" not in answer.text


async def test_without_any_scheme_nobody_is_believed() -> None:
    there = endpoint(())
    answer = await there.post(BODIES["call_deleted"])
    assert (answer.status_code, code(answer)) == (503, "WEBHOOKS_UNCONFIGURED")
    assert there.ledger.entries == {}


async def test_where_it_is_said_to_be_meant_everybody_is_believed() -> None:
    assert (await endpoint((), anonymous=True).post(BODIES["call_deleted"], {})).status_code == 200


async def test_a_scheme_is_asked_for_even_where_everybody_could_be_believed() -> None:
    assert (await endpoint(anonymous=True).post(BODIES["call_deleted"], {})).status_code == 401


async def pieces(total: int) -> AsyncIterator[bytes]:
    """A body without a stated length."""
    for _ in range(0, total, 1000):
        yield b" " * 1000


async def test_a_webhook_that_comes_too_slowly_is_refused_and_wanted_again() -> None:
    there = endpoint()

    async def silence() -> Any:
        await asyncio.Event().wait()

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": PATH, "headers": [], "query_string": b""}
    await there.app(scope, silence, send)
    assert sent[0]["status"] == 408
    assert there.events == [WebhookRefused(408, "too_late")]


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT])
async def test_a_body_over_the_limit_is_refused(size: int) -> None:
    there = endpoint()
    answer = await there.post(b" " * size)
    assert (answer.status_code, answer.headers["connection"]) == (413, "close")
    assert there.events == [WebhookRefused(413, "too_large")]


async def test_a_body_that_does_not_say_how_long_it_is_is_counted() -> None:
    there = endpoint()
    async with there.client() as client:
        answer = await client.post(PATH, content=pieces(LIMIT + 1000), headers={"X-Vapi-Secret": SECRET})
    assert answer.status_code == 413


@pytest.mark.parametrize("length", [b"5", b"-5", b"many"])
async def test_a_body_that_lies_about_its_length_is_counted(length: bytes) -> None:
    headers = [(b"content-length", length), (b"x-vapi-secret", SECRET.encode())]
    chunks = [{"type": "http.request", "body": b" " * 6000, "more_body": True}] * 3
    assert await statuses(endpoint(), headers, chunks) == [413]


async def test_a_body_as_long_as_the_limit_is_read() -> None:
    posted = BODIES["call_deleted"].ljust(LIMIT)
    assert (await endpoint().post(posted)).status_code == 200


async def test_who_goes_away_gets_no_answer_and_leaves_nothing() -> None:
    there = endpoint()
    chunks: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert await statuses(there, [], chunks) == []
    assert (there.events, there.ledger.entries) == ([], {})


async def statuses(there: Endpoint, headers: list[tuple[bytes, bytes]], chunks: Sequence[Message]) -> list[int]:
    """The status of every answer to a request that comes in these pieces."""
    left, told = iter(chunks), list[Message]()

    async def receive() -> Message:
        return next(left)

    async def send(sent: Message) -> None:
        told.append(sent)

    scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers, "query_string": b""}
    await there.app(scope, receive, send)
    return [each["status"] for each in told if each["type"] == "http.response.start"]


@pytest.mark.parametrize("posted", [b"", b"{", b"canary", b"\xff\xfe", b"[1]", b"{}", b'{"message": "canary"}'])
async def test_what_is_no_message_is_the_senders_mistake(posted: bytes) -> None:
    there = endpoint()
    answer = await there.post(posted)
    assert (answer.status_code, code(answer)) == (400, "BAD_REQUEST")
    assert "canary" not in answer.text
    assert len(there.events) == 1


async def test_what_needs_an_answer_is_refused_with_a_way_out_and_counted() -> None:
    there = endpoint()
    answer = await there.post(BODIES["tool_calls"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == (
        "“tool-calls” needs an answer, and this server takes notifications only: let your own server answer it, "
        "and pass copies of the other messages on to this one."
    )
    assert there.events == [WebhookRefused(422, "needs_answer:tool-calls")]
    assert there.ledger.entries == {}


@pytest.mark.parametrize("error", [StoreUnavailable("canary"), StoreTimeout("canary")])
async def test_a_webhook_that_cannot_be_kept_is_asked_for_again(error: Exception) -> None:
    there = endpoint()
    there.ledger.before = raising(error)
    answer = await there.post(BODIES["call_deleted"])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert code(answer) == getattr(error, "code", None)
    assert "canary" not in answer.text


def raising(error: Exception) -> Callable[[object], None]:
    """A database that always fails so."""

    def before(_: object) -> None:
        raise error

    return before


async def test_an_error_that_nobody_foresaw_is_a_500_so_that_the_webhook_comes_again() -> None:
    there = endpoint()
    there.ledger.before = raising(ZeroDivisionError("canary"))
    answer = await there.post(BODIES["call_deleted"])
    assert (answer.status_code, "canary" in answer.text) == (500, False)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_it_is_posted_to(method: str) -> None:
    async with endpoint().client() as client:
        answer = await client.request(method, PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_flood_of_refusals_is_a_few_lines_of_log_and_none_holds_what_was_sent() -> None:
    lines: list[str] = []
    listen, there = log_listener(lambda _, text: lines.append(text)), endpoint()
    for number in range(100):
        await there.post(BODIES["end_of_call_report"], {"X-Vapi-Secret": f"canary {number}"})
    await there.post(body(message("unheard_of", comment="canary")))
    for event in there.events:
        listen(event)
    assert lines == [
        *(f"WebhookRefused status=401 reason=wrong count={count}" for count in (1, 10, 100)),
        "WebhookUnknown type=call.rated count=1",
        "WebhookReceived type=call.rated outcome=kept",
    ]
    assert "canary" not in json.dumps(lines)
