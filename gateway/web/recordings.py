"""Recordings: ``GET /calls/{id}/recording``, so that a browser plays them without any key of Vapi's.

Vapi signs an address anew whenever a call is read; whoever has it may read the recording for half an hour. The answer
leads there, or passes on what is there (``Range`` included), where the gateway is told to.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.domain.allowance import Allowance
from gateway.domain.artifact import PresignedUrls
from gateway.domain.principal import Principal
from gateway.errors import (
    BadUserInput,
    Forbidden,
    GatewayError,
    RateLimited,
    StoreError,
    UpstreamError,
    UpstreamMalformed,
    UpstreamRateLimited,
    UpstreamUnavailable,
)
from gateway.ports import Recording, RecordingSource
from gateway.services.calls import Calls
from gateway.web.middleware.hosts import is_loopback
from gateway.web.rates import Places
from gateway.web.refusals import explained, refused

CALL_NOT_FOUND: Final = "CALL_NOT_FOUND"
RECORDING_NOT_FOUND: Final = "RECORDING_NOT_FOUND"

KINDS: Final[Mapping[str, Callable[[PresignedUrls], str | None]]] = {
    "mono": lambda urls: urls.presigned_mono_url,
    "stereo": lambda urls: urls.presigned_stereo_url,
    "customer": lambda urls: urls.presigned_customer_url,
    "assistant": lambda urls: urls.presigned_assistant_url,
    "video": lambda urls: urls.presigned_video_url,
}
"""What ``kind`` can be; the first is the usual one."""

_ASKED: Final = ("range", "if-range")
_TOLD: Final = (
    "accept-ranges",
    "content-encoding",
    "content-length",
    "content-range",
    "etag",
    "last-modified",
)
_PASSED_ON: Final = (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)

_STATUSES: Final[Mapping[type[GatewayError], HTTPStatus]] = {
    BadUserInput: HTTPStatus.BAD_REQUEST,
    Forbidden: HTTPStatus.FORBIDDEN,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamRateLimited: HTTPStatus.SERVICE_UNAVAILABLE,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
}
"""The status of an error, the most specific first."""

_RETRY_AFTER: Final = 5
"""Seconds after which asking again is worth while, where nobody said it."""


class RecordingView:
    """The endpoint. ``principal`` says who asks; ``source`` reads recordings where they are passed on, else None.

    Each that is passed on takes one of the ``places`` of its caller, so that who reads slowly leaves room for others.
    ``is_simulated`` allows addresses on this machine, where a simulated Vapi has its storage.
    """

    def __init__(
        self,
        calls: Calls,
        *,
        principal: Callable[[Scope], Principal],
        source: RecordingSource | None,
        places: Places,
        is_simulated: bool,
    ) -> None:
        self._calls = calls
        self._principal = principal
        self._source = source
        self._places = places
        self._is_simulated = is_simulated

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        async with contextlib.AsyncExitStack() as opened:
            try:
                response = await self._answer(request, opened)
            except tuple(_STATUSES) as error:
                response = _explained(error)
            await response(scope, receive, send)

    async def _answer(self, request: Request, opened: contextlib.AsyncExitStack) -> Response:
        """The recording, where it is, or why there is none; what is to be closed after the answer goes on the stack."""
        kind = request.query_params.get("kind", next(iter(KINDS)))
        if kind not in KINDS:
            raise BadUserInput("kind", kind, f"it must be one of {', '.join(KINDS)}")
        principal = self._principal(request.scope)
        urls = await self._calls.presigned(principal, Allowance(None), request.path_params["id"])
        if urls is None:
            return refused(HTTPStatus.NOT_FOUND, "There is no such call", code=CALL_NOT_FOUND)
        url = KINDS[kind](urls)
        if url is None:
            return _missing(kind)
        if not is_usable(url, is_simulated=self._is_simulated):
            raise UpstreamMalformed("Vapi named an address of the recording that is not https on a public host.")
        if self._source is None:
            return RedirectResponse(url, HTTPStatus.TEMPORARY_REDIRECT)
        opened.enter_context(self._places.taken(principal.name))
        recording = await opened.enter_async_context(self._source.opened(url, _asked(request)))
        return _passed_on(recording, kind, request.method)


def is_usable(url: str, *, is_simulated: bool) -> bool:
    """Whether a recording may be at this address: https on a host that is not in a private network.

    A simulated Vapi has its storage on this machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.password is not None:
        return False
    if is_loopback(host):
        return is_simulated and parts.scheme in ("http", "https")
    return parts.scheme == "https" and _is_public(host)


def playable(content_type: str) -> str:
    """The media type that is told: a sound or a film, and nothing that a browser would show as a page of ours."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain if plain.startswith(("audio/", "video/")) else "application/octet-stream"


def _is_public(host: str) -> bool:
    """Whether an address is one of the internet; a name has to show its certificate."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return not host.replace(".", "").isdecimal()


def _asked(request: Request) -> dict[str, str]:
    """The part that the storage is asked for; all of it where that is stated in letters that cannot be sent on."""
    stated = {name: request.headers[name] for name in _ASKED if name in request.headers}
    return stated if all(value.isascii() and value.isprintable() for value in stated.values()) else {}


def _passed_on(recording: Recording, kind: str, method: str) -> Response:
    """The answer of the storage, piece by piece; of one to HEAD only what stands before the pieces."""
    if recording.status not in _PASSED_ON:
        return _unread(recording.status, kind)
    headers = {name: recording.headers[name] for name in _TOLD if name in recording.headers}
    headers["content-type"] = playable(recording.headers.get("content-type", ""))
    if method == "HEAD":
        return _Bare(recording.status, headers)
    return StreamingResponse(recording.pieces, recording.status, headers)


class _Bare(Response):
    """A response without a body, and with the length that it would have."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(None, status)
        self.raw_headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _missing(kind: str) -> Response:
    reason = f"The call has no recording of the kind {kind}"
    return refused(HTTPStatus.NOT_FOUND, reason, code=RECORDING_NOT_FOUND)


def _unread(status: int, kind: str) -> Response:
    """The answer where the storage has not given the recording."""
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return _missing(kind)
    reason = f"Vapi's storage answered {status} where its recording should be"
    return refused(HTTPStatus.BAD_GATEWAY, reason, code=UpstreamMalformed.code)


def _explained(error: GatewayError) -> Response:
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    headers = {}
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        asked = error.retry_after if isinstance(error, UpstreamRateLimited | RateLimited) else None
        headers["Retry-After"] = str(round(asked or _RETRY_AFTER))
    return explained(status, error, headers)
