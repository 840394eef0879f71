"""The client: Vapi's API as a source of calls."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway.errors import (
    SettingsInvalid,
    UpstreamError,
    UpstreamForbidden,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnauthorized,
    UpstreamUnavailable,
)
from gateway.observe.events import Event, RowDropped, UpstreamAnswered, UpstreamRetried
from gateway.ports import CallQuery, CallSource
from gateway.upstream.client import VapiClient, connect, user_agent
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries

pytestmark = pytest.mark.anyio

CANARY = "sk-canary-7f3a"
ID = "0199d1f0-0000-7000-8000-000000000001"
QUICK = Retries(attempts=3, timeout=2.0, wait_initial=0.001, wait_max=0.002, wait_jitter=0.0)
PRESSED = Retries(attempts=3, timeout=0.02, wait_initial=0.001, wait_max=0.002, wait_jitter=0.0)

Answer = httpx.Response | Exception


def client(
    *answers: Answer, asked: list[httpx.Request] | None = None, heard: list[Event] | None = None, **options: Any
) -> VapiClient:
    """A client whose other side gives these answers in turn, the last one for ever."""
    queue = list(answers)

    def vapi(request: httpx.Request) -> httpx.Response:
        if asked is not None:
            asked.append(request)
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    base_url = options.pop("base_url", "https://api.vapi.ai")
    http = connect(base_url=base_url, key=CANARY, timeout=1.0, connections=4, transport=httpx.MockTransport(vapi))
    listen: Callable[[Event], None] = (heard if heard is not None else []).append
    settings: dict[str, Any] = {"pacing": Pacing(rate=0), "retries": QUICK, "listen": listen, **options}
    return VapiClient(http, **settings)


def ok(value: object) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(value).encode())


def everything_said(error: BaseException) -> Iterator[str]:
    """All texts that a log or an error tracker could take from an exception."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.__dict__), repr(seen.args))
        seen = seen.__cause__ or seen.__context__
    yield "".join(traceback.format_exception(error))


# What is asked


async def test_it_is_a_source_of_calls() -> None:
    source: CallSource = client(ok([]))
    assert await source.list(CallQuery(limit=1)) == []


async def test_every_request_says_who_we_are_and_bears_the_key() -> None:
    asked: list[httpx.Request] = []
    await client(ok({"id": ID}), asked=asked).get(ID)
    assert asked[0].headers["user-agent"] == user_agent()
    assert user_agent().startswith("vapi-call-gateway/")
    assert asked[0].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.vapi.ai", f"https://api.vapi.ai/call/{ID}"),
        ("https://api.eu.vapi.ai/", f"https://api.eu.vapi.ai/call/{ID}"),
        ("http://127.0.0.1:8080/mock/vapi", f"http://127.0.0.1:8080/mock/vapi/call/{ID}"),
    ],
)
async def test_the_base_url_is_kept_with_its_path(base_url: str, expected: str) -> None:
    asked: list[httpx.Request] = []
    await client(ok({"id": ID}), asked=asked, base_url=base_url).get(ID)
    assert str(asked[0].url) == expected


async def test_a_list_asks_for_what_the_query_says() -> None:
    asked: list[httpx.Request] = []
    query = CallQuery(
        limit=50,
        created_from=dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone(dt.timedelta(hours=1))),
        created_to=dt.datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=dt.UTC),
        assistant_id="assistant",
        phone_number_id="number",
    )
    await client(ok([]), asked=asked).list(query)
    assert dict(asked[0].url.params) == {
        "limit": "50",
        "createdAtGe": "2026-01-02T02:04:05.000Z",
        "createdAtLe": "2026-01-02T03:04:05.678Z",
        "assistantId": "assistant",
        "phoneNumberId": "number",
    }


async def test_a_list_says_nothing_of_what_is_open() -> None:
    asked: list[httpx.Request] = []
    await client(ok([]), asked=asked).list(CallQuery(limit=1))
    assert dict(asked[0].url.params) == {"limit": "1"}


async def test_a_list_can_be_narrowed_by_when_calls_changed() -> None:
    asked: list[httpx.Request] = []
    moment = dt.datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=dt.UTC)
    await client(ok([]), asked=asked).list(CallQuery(limit=5, updated_from=moment, updated_to=moment))
    assert dict(asked[0].url.params) == {
        "limit": "5",
        "updatedAtGe": "2026-01-02T03:04:05.678Z",
        "updatedAtLe": "2026-01-02T03:04:05.679Z",
    }


async def test_a_list_can_be_had_as_it_came() -> None:
    assert await client(httpx.Response(200, content=b"[1, ")).body(CallQuery(limit=5)) == b"[1, "


async def test_what_is_asked_in_the_background_lets_everything_else_go_first() -> None:
    pacing = Pacing(rate=0.001, burst=2)
    first, second = (client(ok([]), pacing=pacing, background=each) for each in (True, True))
    await first.list(CallQuery(limit=1))
    waiting = asyncio.ensure_future(second.list(CallQuery(limit=1)))
    await client(ok([]), pacing=pacing).list(CallQuery(limit=1))
    assert not waiting.done()
    waiting.cancel()


async def test_bounds_finer_than_the_wire_are_rounded_outwards() -> None:
    asked: list[httpx.Request] = []
    fine = dt.datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=dt.UTC)
    await client(ok([]), asked=asked).list(CallQuery(limit=1, created_from=fine, created_to=fine))
    assert asked[0].url.params["createdAtGe"] == "2026-01-02T03:04:05.678Z"
    assert asked[0].url.params["createdAtLe"] == "2026-01-02T03:04:05.679Z"


@pytest.mark.parametrize(
    "call_id", ["", ".", "..", "../assistant", "a/b", "a?limit=1", "a#b", "ä", "a b", "a\n", "x" * 129]
)
async def test_what_cannot_be_an_id_is_no_call_and_is_not_asked_for(call_id: str) -> None:
    asked: list[httpx.Request] = []
    assert await client(ok([{"id": ID}]), asked=asked).get(call_id) is None
    assert asked == []


# What is answered


async def test_a_call_is_given_as_upstream_knows_it() -> None:
    assert await client(ok({"id": ID, "cost": 0.04})).get(ID) == {"id": ID, "cost": 0.04}


async def test_an_unknown_call_is_none() -> None:
    assert await client(httpx.Response(404)).get(ID) is None


async def test_a_list_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UpstreamRejected):
        await client(httpx.Response(404)).list(CallQuery(limit=1))


async def test_a_row_that_is_no_call_leaves_its_place_empty_and_is_told() -> None:
    heard: list[Event] = []
    rows = await client(ok([{"id": "a"}, None, 3, [], "x", {}]), heard=heard).list(CallQuery(limit=9))
    assert rows == [{"id": "a"}, {}, {}, {}, {}, {}]
    assert sum(isinstance(event, RowDropped) for event in heard) == 5


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"", b"{" * 200_000, b'{"n":' + b"1" * 5_000 + b"}"])
async def test_a_body_that_is_no_object_is_malformed_and_not_asked_for_again(content: bytes) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(UpstreamMalformed):
        await client(httpx.Response(200, content=content), asked=asked).get(ID)
    assert len(asked) == 1


async def test_a_body_that_is_not_encoded_as_its_headers_say_is_malformed() -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"this is not gzip"

    with pytest.raises(UpstreamMalformed):
        await client(httpx.Response(200, headers={"content-encoding": "gzip"}, stream=Broken())).get(ID)


# Retries


@pytest.mark.parametrize(
    ("status", "leaf"),
    [
        (301, UpstreamMalformed),
        (400, UpstreamRejected),
        (401, UpstreamUnauthorized),
        (402, UpstreamForbidden),
        (403, UpstreamForbidden),
        (422, UpstreamRejected),
    ],
)
async def test_a_refusal_is_not_asked_for_again(status: int, leaf: type[UpstreamError]) -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(leaf):
        await client(httpx.Response(status, headers={"location": "https://elsewhere.test/"}), asked=asked).get(ID)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "trouble",
    [httpx.Response(429), httpx.Response(500), httpx.Response(503), httpx.ConnectError("no"), httpx.ReadTimeout("no")],
    ids=["429", "500", "503", "ConnectError", "ReadTimeout"],
)
async def test_what_may_pass_is_asked_for_again(trouble: Answer) -> None:
    assert await client(trouble, trouble, ok({"id": ID})).get(ID) == {"id": ID}


async def test_after_the_last_attempt_the_error_stands() -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(UpstreamUnavailable):
        await client(httpx.Response(502), asked=asked).get(ID)
    assert len(asked) == QUICK.attempts


async def test_a_wait_that_vapi_asks_for_is_kept_by_everybody() -> None:
    source = client(httpx.Response(429, headers={"retry-after": "0.03"}), ok({"id": ID}))
    started = time.monotonic()
    first = asyncio.ensure_future(source.get(ID))
    await asyncio.sleep(0.005)
    await source.get(ID)
    assert time.monotonic() - started >= 0.03
    assert await first == {"id": ID}


async def test_a_503_may_ask_for_a_wait_too() -> None:
    started = time.monotonic()
    await client(httpx.Response(503, headers={"retry-after": "0.02"}), ok({"id": ID})).get(ID)
    assert time.monotonic() - started >= 0.02


async def test_a_wait_beyond_the_time_out_is_an_error_at_once_for_whoever_asks() -> None:
    asked: list[httpx.Request] = []
    source = client(httpx.Response(429, headers={"retry-after": "60"}), asked=asked)
    for _ in range(2):
        with pytest.raises(UpstreamRateLimited) as caught:
            await source.get(ID)
        assert caught.value.retry_after == pytest.approx(60.0, abs=1.0)
    assert len(asked) == 1


async def test_whoever_waits_behind_a_crowd_for_too_long_is_told_so_and_not_sent() -> None:
    asked: list[httpx.Request] = []
    crowded = client(
        httpx.Response(200, json={"id": ID}),
        asked=asked,
        pacing=Pacing(rate=0.1),
        retries=PRESSED,
        clock=time.monotonic,
    )
    await crowded.get(ID)
    with pytest.raises(UpstreamRateLimited, match="GATEWAY_UPSTREAM_RATE") as caught:
        await crowded.get(ID)
    assert caught.value.retry_after is None
    assert len(asked) == 1


async def test_a_retry_after_may_be_a_date() -> None:
    now = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)
    limited = httpx.Response(429, headers={"retry-after": "Sun, 22 Nov 2026 12:05:00 GMT"})
    with pytest.raises(UpstreamRateLimited) as caught:
        await client(limited, now=lambda: now).get(ID)
    assert caught.value.retry_after == 300.0


async def test_retries_keep_the_pace() -> None:
    started = time.monotonic()
    await client(httpx.Response(500), httpx.Response(500), ok({"id": ID}), pacing=Pacing(rate=50)).get(ID)
    assert time.monotonic() - started >= 0.04


async def test_whoever_cancels_is_not_asked_to_be_patient() -> None:
    entered = asyncio.Event()

    async def never(_request: httpx.Request) -> httpx.Response:
        entered.set()
        await asyncio.sleep(60)
        return ok({})

    http = connect(
        base_url="https://api.vapi.ai", key=CANARY, timeout=1.0, connections=1, transport=httpx.MockTransport(never)
    )
    asking = asyncio.ensure_future(VapiClient(http, pacing=Pacing(rate=0), retries=QUICK).get(ID))
    await entered.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


# Events


async def test_every_attempt_is_told_with_its_outcome_and_duration() -> None:
    heard: list[Event] = []
    ticks = iter(float(second) for second in range(100))
    source = client(
        httpx.ConnectTimeout("no"),
        httpx.Response(500),
        ok([]),
        heard=heard,
        clock=lambda: next(ticks),
        retries=Retries(attempts=3, timeout=90.0, wait_initial=0.001, wait_max=0.002, wait_jitter=0.0),
    )
    await source.list(CallQuery(limit=1))
    assert heard == [
        UpstreamAnswered("GET", "/call", "ConnectTimeout", 1.0),
        UpstreamRetried("/call", "UPSTREAM_UNAVAILABLE", 1),
        UpstreamAnswered("GET", "/call", "500", 1.0),
        UpstreamRetried("/call", "UPSTREAM_UNAVAILABLE", 2),
        UpstreamAnswered("GET", "/call", "200", 1.0),
    ]


async def test_an_event_names_the_template_and_not_the_call() -> None:
    heard: list[Event] = []
    await client(httpx.Response(500), ok({"id": ID}), heard=heard).get(ID)
    assert ID not in repr(heard)


# The key


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.Response(401, content=b'{"message": "Invalid Key sk-canary-7f3a"}'),
        httpx.Response(500, content=b"sk-canary-7f3a"),
        httpx.Response(200, content=b"sk-canary-7f3a"),
        httpx.LocalProtocolError("Illegal header value b'Bearer sk-canary-7f3a'"),
        httpx.ConnectError("sk-canary-7f3a"),
        OSError("sk-canary-7f3a"),
    ],
    ids=["401", "500", "not JSON", "LocalProtocolError", "ConnectError", "OSError"],
)
async def test_the_key_is_in_no_error_event_log_line_or_repr(trouble: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[Event] = []
    source = client(trouble, heard=heard)
    with pytest.raises(UpstreamError) as caught:
        await source.get(ID)
    said = [*everything_said(caught.value), repr(heard), repr(source), repr(vars(source)), caplog.text]
    said += [repr(record.__dict__) for record in caplog.records]
    assert not [text for text in said if CANARY in text]


async def test_an_error_leads_to_no_request() -> None:
    """An error tracker that follows causes and contexts would find the header with the key there."""
    with pytest.raises(UpstreamUnavailable) as caught:
        await client(httpx.ConnectError("no", request=httpx.Request("GET", "https://api.vapi.ai"))).get(ID)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_httpx_shows_the_key_in_none_of_its_reprs() -> None:
    http = connect(base_url="https://api.vapi.ai", key=CANARY, timeout=1.0, connections=1)
    request = http.build_request("GET", "call")
    assert not [thing for thing in (http, request, request.headers, http.headers) if CANARY in repr(thing)]
    await http.aclose()


@pytest.mark.parametrize("key", ["", f"{CANARY}\n", f" {CANARY}", f"{CANARY}\x00", f"{CANARY}ü"])
async def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_UPSTREAM_KEY") as caught:
        connect(base_url="https://api.vapi.ai", key=key, timeout=1.0, connections=1)
    assert not [text for text in everything_said(caught.value) if CANARY in text.splitlines()[-1]]


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.vapi.ai",
        "ftp://api.vapi.ai",
        "https://",
        "https://me:secret@api.vapi.ai",
        "https://a?b=c",
        "http://[::1",
    ],
)
async def test_an_address_that_cannot_be_used_is_refused(base_url: str) -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_UPSTREAM_URL") as caught:
        connect(base_url=base_url, key=CANARY, timeout=1.0, connections=1)
    assert "secret" not in str(caught.value)


async def test_limits_and_time_outs_reach_httpx() -> None:
    http = connect(base_url="https://api.vapi.ai", key=CANARY, timeout=7.0, connections=3)
    assert http.timeout == httpx.Timeout(7.0)
    await http.aclose()
