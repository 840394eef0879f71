"""``GET /calls/{id}/recording`` leads to a recording, or passes it on, and asks for no key of Vapi's."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.domain.artifact import PresignedUrls
from gateway.domain.principal import ANONYMOUS, Principal, Scope
from gateway.errors import RateLimited
from gateway.services.keys import Wish
from gateway.upstream.storage import Storage, connect_storage
from gateway.web.rates import Places
from gateway.web.recordings import KINDS, RecordingView, is_usable, playable
from tests.graph.asking import KEY, WEB_CALL, Upstream, answered, answering, gateway, running, vapi

RECORDING = b"RIFF" + bytes(range(256)) * 40
MONO = "https://recordings.example/mono?signature=for-half-an-hour"


async def piecewise(content: bytes) -> AsyncIterator[bytes]:
    """A body as it comes over a network."""
    for at in range(0, len(content), 1000):
        yield content[at : at + 1000]


def stored(request: httpx.Request) -> httpx.Response:
    """Vapi with its storage, which gives a recording or a part of it, and wants no key."""
    if request.url.host != "recordings.example":
        return vapi(request)
    assert "authorization" not in request.headers
    assert KEY not in str(request.headers)
    headers = {"Content-Type": "audio/wav", "ETag": '"one"', "Accept-Ranges": "bytes", "X-Amz-Id": "not ours to tell"}
    wanted = request.headers.get("range")
    if wanted == "bytes=4-9" and request.headers.get("if-range", '"one"') == '"one"':
        size = len(RECORDING)
        told = {**headers, "Content-Range": f"bytes 4-9/{size}", "Content-Length": "6"}
        return httpx.Response(206, content=piecewise(RECORDING[4:10]), headers=told)
    if wanted == "bytes=99999-":
        told = {"Content-Range": f"bytes */{len(RECORDING)}", "Content-Length": "0"}
        return httpx.Response(416, content=piecewise(b""), headers=told)
    told = {**headers, "Content-Length": str(len(RECORDING))}
    return httpx.Response(200, content=piecewise(RECORDING), headers=told)


def elsewhere(status: int, **headers: str) -> Upstream:
    """Vapi with a storage that answers this."""
    return lambda request: (
        httpx.Response(status, headers=headers, content=b"<html>of the storage")
        if request.url.host == "recordings.example"
        else vapi(request)
    )


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_answer_leads_to_the_recording_and_is_kept_nowhere(client: httpx.AsyncClient, method: str) -> None:
    answer = await client.request(method, f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.headers["location"]) == (307, MONO)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.anyio
async def test_where_there_is_no_such_recording_or_no_such_call_it_says_which(client: httpx.AsyncClient) -> None:
    unknown = "019fedaf-549c-7000-8625-000000000000"
    for path, code in (
        (f"{WEB_CALL}/recording?kind=video", "RECORDING_NOT_FOUND"),
        (f"{unknown}/recording", "CALL_NOT_FOUND"),
    ):
        answer = await client.get(f"/calls/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")
        assert answer.json()["errors"][0]["extensions"] == {"code": code}


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "argument"),
    [(f"{WEB_CALL}/recording?kind=pcap", "kind"), (f"{WEB_CALL}/recording?kind=", "kind"), ("a%20b/recording", "id")],
)
async def test_what_cannot_be_meant_is_refused(client: httpx.AsyncClient, path: str, argument: str) -> None:
    answer = await client.get(f"/calls/{path}")
    assert answer.status_code == 400
    told = answer.json()["errors"][0]["extensions"]
    assert (told["code"], told["argument"]) == ("BAD_USER_INPUT", argument)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("upstream", "status", "code", "retry_after"),
    [
        (answering(500), 503, "UPSTREAM_UNAVAILABLE", "5"),
        (answering(429, **{"Retry-After": "7"}), 503, "UPSTREAM_RATE_LIMITED", "7"),
        (answering(401), 502, "UPSTREAM_UNAUTHORIZED", None),
    ],
)
async def test_what_vapi_cannot_say_is_an_error_with_its_code(
    upstream: Upstream, status: int, code: str, retry_after: str | None
) -> None:
    async with gateway(upstream) as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert answer.json()["errors"][0]["extensions"]["code"] == code


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url",
    [
        "http://recordings.example/mono",
        "https://127.0.0.1/mono",
        "http://127.0.0.1:9000/mono",
        "https://localhost/mono",
        "https://10.0.0.1/mono",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/mono",
        "https://[fd00::1]/mono",
        "https://2130706433/mono",
        "https://user:password@recordings.example/mono",
        "file:///etc/passwd",
        "//recordings.example/mono",
        "https://",
        "https://[/mono",
    ],
)
async def test_an_address_that_is_none_of_the_internet_is_neither_told_nor_asked(url: str) -> None:
    def misled(request: httpx.Request) -> httpx.Response:
        assert request.url.host == "api.vapi.ai"
        found = vapi(request)
        if request.url.path != f"/call/{WEB_CALL}":
            return found
        document = found.json()
        return answered({**document, "artifact": {**document["artifact"], "presignedMonoUrl": url}})

    for recordings in ("redirect", "stream"):
        async with gateway(misled, recordings=recordings) as there:
            answer = await there.get(f"/calls/{WEB_CALL}/recording")
        assert answer.status_code == 502
        assert answer.json()["errors"][0]["extensions"] == {"code": "UPSTREAM_MALFORMED"}
        assert "location" not in answer.headers


def test_a_simulated_vapi_has_its_storage_on_this_machine() -> None:
    assert is_usable("http://127.0.0.1:9000/storage/a.wav", is_simulated=True)
    assert not is_usable("http://192.168.0.1/storage/a.wav", is_simulated=True)
    assert is_usable("https://storage.vapi.ai/a.wav?X-Amz-Signature=b", is_simulated=False)


@pytest.mark.anyio
async def test_a_recording_can_be_passed_on_instead() -> None:
    async with gateway(stored, recordings="stream") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
        head = await there.head(f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.content) == (200, RECORDING)
    assert (head.status_code, head.content) == (200, b"")
    for found in (answer, head):
        assert found.headers["content-type"] == "audio/wav"
        assert found.headers["content-length"] == str(len(RECORDING))
        assert (found.headers["etag"], found.headers["accept-ranges"]) == ('"one"', "bytes")
        assert found.headers["cache-control"] == "no-store"
        assert "x-amz-id" not in found.headers


@pytest.mark.anyio
async def test_a_part_of_a_recording_can_be_passed_on() -> None:
    address, wanted = f"/calls/{WEB_CALL}/recording", {"Range": "bytes=4-9"}
    async with gateway(stored, recordings="stream") as there:
        part = await there.get(address, headers=wanted)
        unchanged = await there.get(address, headers={**wanted, "If-Range": '"one"'})
        changed = await there.get(address, headers={**wanted, "If-Range": '"two"'})
        beyond = await there.get(address, headers={"Range": "bytes=99999-"})
    for found in (part, unchanged):
        assert (found.status_code, found.content) == (206, RECORDING[4:10])
        assert found.headers["content-range"] == f"bytes 4-9/{len(RECORDING)}"
    assert (changed.status_code, changed.content) == (200, RECORDING)
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(RECORDING)}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "stated",
    [{b"Range": b"bytes=0-\xe9"}, {b"Range": b"bytes=4-9", b"If-Range": b'"\xe9"'}, {b"Range": b"bytes=0-\x01"}],
)
async def test_a_part_that_cannot_be_asked_for_is_passed_over(stated: dict[bytes, bytes]) -> None:
    async with gateway(stored, recordings="stream") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording", headers=stated)
    assert (answer.status_code, answer.content) == (200, RECORDING)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("storage", "status", "code"),
    [
        (elsewhere(404), 404, "RECORDING_NOT_FOUND"),
        (elsewhere(403), 502, "UPSTREAM_MALFORMED"),
        (elsewhere(302, location="http://127.0.0.1:1/"), 502, "UPSTREAM_MALFORMED"),
        (elsewhere(500), 502, "UPSTREAM_MALFORMED"),
    ],
)
async def test_what_the_storage_says_instead_is_passed_on_to_nobody(storage: Upstream, status: int, code: str) -> None:
    async with gateway(storage, recordings="stream") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": code}
    assert "storage" not in answer.text or "Vapi's storage" in answer.text


@pytest.mark.anyio
async def test_a_storage_that_cannot_be_reached_is_an_error_that_does_not_tell_the_address() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        if request.url.host == "recordings.example":
            raise httpx.ConnectError("no", request=request)
        return vapi(request)

    async with gateway(broken, recordings="stream") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["errors"][0]["extensions"] == {"code": "UPSTREAM_UNAVAILABLE"}
    assert "signature" not in answer.text


@pytest.mark.parametrize(
    ("told", "media_type"),
    [
        ("audio/wav", "audio/wav"),
        ("Video/MP4; codecs=avc1", "video/mp4"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_only_sounds_and_films_are_called_what_the_storage_calls_them(told: str, media_type: str) -> None:
    assert playable(told) == media_type


class Urls:
    """Calls that have one recording of each kind, and say for whom they were asked."""

    def __init__(self, host: str) -> None:
        self._host = host
        self.principals: list[Principal] = []

    async def presigned(self, principal: Principal, *_: object) -> PresignedUrls:
        self.principals.append(principal)
        principal.need(Scope.RECORDINGS_READ, "open recordings")
        urls: dict[str, Any] = {f"presigned_{kind}_url": f"https://{self._host}/{kind}" for kind in KINDS}
        return PresignedUrls(**urls)


def viewing(calls: Any, principal: Principal = ANONYMOUS, http: httpx.AsyncClient | None = None) -> Starlette:
    """The view alone."""
    source = Storage(http) if http else None
    places = Places(1, what="Recordings", setting="of the test")
    view = RecordingView(calls, principal=lambda _: principal, source=source, places=places, is_simulated=False)
    return Starlette(routes=[Route("/calls/{id}/recording", view, methods=["GET"])])


@pytest.mark.anyio
@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_leads_to_its_own_recording(kind: str) -> None:
    transport = httpx.ASGITransport(viewing(Urls("recordings.example")))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording", params={"kind": kind})
    assert answer.headers["location"] == f"https://recordings.example/{kind}"


@pytest.mark.anyio
async def test_who_may_not_open_recordings_is_told_which_scope_would_allow_it() -> None:
    somebody = Principal(name="bi", scopes=frozenset({Scope.CALLS_READ}))
    calls = Urls("recordings.example")
    transport = httpx.ASGITransport(viewing(calls, somebody))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN", "scope": "recordings:read"}
    assert "recordings:read" in answer.json()["errors"][0]["message"]
    assert calls.principals == [somebody]


@pytest.mark.anyio
async def test_a_client_that_goes_ends_the_reading_of_the_recording() -> None:
    read, ended = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                read.set()
                yield b"a" * 1000
                await asyncio.sleep(0)
        finally:
            ended.set()

    storage = httpx.MockTransport(
        lambda _: httpx.Response(200, content=endless(), headers={"content-type": "audio/wav"})
    )
    sent: list[Any] = []
    gone = asyncio.Event()

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async with connect_storage(timeout=1, connections=1, transport=storage) as http:
        app = viewing(Urls("recordings.example"), http=http)
        path = f"/calls/{WEB_CALL}/recording"
        scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], "root_path": ""}
        serving = asyncio.create_task(app(scope, receive, send))
        await read.wait()
        gone.set()
        async with asyncio.timeout(5):
            await serving
            await ended.wait()
    assert sent[0]["status"] == 200
    assert len(sent) < 1000


class Slow:
    """A storage whose recordings come to no end before they may."""

    def __init__(self) -> None:
        self.may_end = asyncio.Event()
        self.begun: asyncio.Queue[None] = asyncio.Queue()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """The recording, of which nothing comes yet."""
        if request.url.host != "recordings.example":
            return vapi(request)
        self.begun.put_nowait(None)
        return httpx.Response(200, content=self._pieces())

    async def _pieces(self) -> AsyncIterator[bytes]:
        await self.may_end.wait()
        yield RECORDING


@pytest.mark.anyio
async def test_one_caller_who_reads_slowly_leaves_room_for_others(tmp_path: Path) -> None:
    """A quarter of the connections to the storage is theirs; another caller has another quarter."""
    storage, address = Slow(), f"/calls/{WEB_CALL}/recording"
    async with running(storage, recordings="stream", upstream_connections=8, data_dir=tmp_path) as there:
        wish = Wish(name="bi", scopes=frozenset({Scope.CALLS_READ, Scope.RECORDINGS_READ}))
        _, token = await there.parts.keys.create(wish)
        slow = [asyncio.create_task(there.client.get(address)) for _ in range(2)]
        async with asyncio.timeout(10):
            await asyncio.gather(storage.begun.get(), storage.begun.get())
            refused = await there.client.get(address)
            other = asyncio.create_task(there.client.get(address, headers={"Authorization": f"Bearer {token}"}))
            await storage.begun.get()
            storage.may_end.set()
            answers = await asyncio.gather(*slow, other)
            again = await there.client.get(address)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    error = refused.json()["errors"][0]
    assert error["extensions"]["code"] == "RATE_LIMITED"
    assert "2 at most (a quarter of GATEWAY_UPSTREAM_CONNECTIONS)" in error["message"]
    assert [answer.content for answer in (*answers, again)] == [RECORDING] * 4


@pytest.mark.anyio
async def test_whoever_goes_or_fails_gives_the_place_back() -> None:
    places = Places(1, what="Recordings", setting="of the test")
    for _ in range(3):
        with contextlib.suppress(ZeroDivisionError), places.taken("somebody"):
            raise ZeroDivisionError
    with places.taken("somebody"), places.taken("another"), pytest.raises(RateLimited), places.taken("somebody"):
        pass


@pytest.mark.anyio
async def test_a_storage_without_a_connection_left_is_named() -> None:
    def crowded(request: httpx.Request) -> httpx.Response:
        if request.url.host == "recordings.example":
            raise httpx.PoolTimeout("full", request=request)
        return vapi(request)

    async with gateway(crowded, recordings="stream") as there:
        answer = await there.get(f"/calls/{WEB_CALL}/recording")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "connections to the storage of recordings are in use" in answer.json()["errors"][0]["message"]


@pytest.mark.anyio
async def test_a_storage_that_breaks_off_breaks_off_the_answer() -> None:
    async def half() -> AsyncIterator[bytes]:
        yield b"half"
        raise httpx.ReadError("broken")

    storage = httpx.MockTransport(lambda _: httpx.Response(200, content=half()))
    async with connect_storage(timeout=1, connections=1, transport=storage) as http:
        transport = httpx.ASGITransport(viewing(Urls("recordings.example"), http=http), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as there:
            with contextlib.suppress(httpx.HTTPError):
                assert (await there.get(f"/calls/{WEB_CALL}/recording")).content == b"half"
