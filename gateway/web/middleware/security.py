"""Security headers: what every answer tells a browser not to do with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
"""Nothing is guessed, told to others, executed, framed, embedded elsewhere or kept, unless an answer says so itself."""


_PAIRS: Final = tuple((name.encode(), value.encode()) for name, value in HEADERS.items())


class SecurityHeaders:
    """Adds them to every answer; an answer that states one of them itself is left as it is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(message["headers"])
            await send(message)

        await self._app(scope, receive, told)


def _completed(stated: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    headers = list(stated)
    names = {name for name, _ in headers}
    return [*headers, *(pair for pair in _PAIRS if pair[0] not in names)]
