"""``POST /webhooks/vapi``: where Vapi, or a server that passes a copy on, tells what happens to calls.

The status says whether a redelivery is wanted: 2xx and 4xx are final, 408 and 5xx are not (docs/webhooks.md).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.domain.signatures import Doubt, Headers, Scheme, verified
from gateway.errors import StoreError
from gateway.observe.events import Listener, WebhookRefused, silence
from gateway.services.webhooks import Outcome, Receipt, Webhooks
from gateway.web import bodies
from gateway.web.media_types import JSON
from gateway.web.refusals import refused, unavailable

_UNCONFIGURED: Final = "WEBHOOKS_UNCONFIGURED"
_NOBODY: Final = "No webhook can be accepted yet: set GATEWAY_WEBHOOK_SECRETS to what Vapi sends with each."
_UNAUTHENTICATED: Final = (
    "The webhook does not prove where it comes from: Vapi's credential for this server must have a secret and a form "
    "that GATEWAY_WEBHOOK_SECRETS, GATEWAY_WEBHOOK_BEARER or GATEWAY_WEBHOOK_HMAC has too"
)
_STATUSES: Final = {
    Outcome.NEEDS_ANSWER: HTTPStatus.UNPROCESSABLE_ENTITY,
    Outcome.NO_JSON: HTTPStatus.BAD_REQUEST,
    Outcome.NO_MESSAGE: HTTPStatus.BAD_REQUEST,
}
_SENTENCES: Final = {
    Outcome.NEEDS_ANSWER: "“{type}” needs an answer, and this server takes notifications only: let your own server "
    "answer it, and pass copies of the other messages on to this one",
    Outcome.NO_JSON: "The body is not JSON",
    Outcome.NO_MESSAGE: "The body is no message of Vapi: there should be an object “message” in it that has a “type”",
}


class WebhookView:
    """The endpoint, as a bare ASGI application: it is asked thousands of times a second.

    Nobody is believed without a scheme, unless ``anonymous``: then everybody is, which is for a demonstration on one's
    own machine. ``limit`` is the largest body in bytes, ``seconds`` how long it may take to come.
    """

    def __init__(
        self,
        webhooks: Webhooks,
        *,
        schemes: Sequence[Scheme],
        limit: int,
        seconds: float,
        clock: Callable[[], dt.datetime],
        anonymous: bool = False,
        listen: Listener = silence,
    ) -> None:
        self._webhooks = webhooks
        self._schemes = tuple(schemes)
        self._limit = limit
        self._seconds = seconds
        self._clock = clock
        self._anonymous = anonymous
        self._listen = listen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._answer(scope["headers"], receive)
        await response(scope, receive, send)

    async def _answer(self, headers: Headers, receive: Receive) -> Response:
        if not self._schemes and not self._anonymous:
            return self._unavailable(_UNCONFIGURED, _NOBODY)
        body = await bodies.read(headers, receive, limit=self._limit, seconds=self._seconds)
        if isinstance(body, bodies.Unread):
            return self._unread(body)
        if doubt := self._doubt(headers, body):
            unlike = {"WWW-Authenticate": "Bearer"}
            return self._refused(HTTPStatus.UNAUTHORIZED, doubt.value, _UNAUTHENTICATED, unlike)
        try:
            return self._told(await self._webhooks.receive(body))
        except StoreError as error:
            return self._unavailable(error.code, "The webhook could not be kept; send it again.")

    def _unread(self, why: bodies.Unread) -> Response:
        if why is bodies.Unread.TOO_LARGE:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            reason = f"The body is larger than the {self._limit} bytes that GATEWAY_WEBHOOK_BODY_BYTES allows"
        else:
            status = HTTPStatus.REQUEST_TIMEOUT
            reason = f"The body has not come within the {self._seconds:g} seconds that GATEWAY_BODY_SECONDS allows"
        return self._refused(status, why.value, reason, {"Connection": "close"})

    def _doubt(self, headers: Headers, body: bytes) -> Doubt | None:
        if not self._schemes:
            return None
        found = verified(self._schemes, headers, body, self._clock())
        return found if isinstance(found, Doubt) else None

    def _told(self, receipt: Receipt) -> Response:
        status = _STATUSES.get(receipt.outcome)
        if status is None:
            return Response(b"{}", media_type=JSON)
        named = f"{receipt.outcome.value}:{receipt.type}" if receipt.type else receipt.outcome.value
        return self._refused(status, named, _SENTENCES[receipt.outcome].format(type=receipt.type))

    def _refused(self, status: HTTPStatus, word: str, reason: str, headers: dict[str, str] | None = None) -> Response:
        self._listen(WebhookRefused(status.value, word))
        return refused(status, reason, headers)

    def _unavailable(self, code: str, sentence: str) -> Response:
        self._listen(WebhookRefused(HTTPStatus.SERVICE_UNAVAILABLE.value, code))
        return unavailable(code, sentence)
