"""Encoded: an answer whose body is there as bytes, sent as it is.

The same messages as Starlette's `Response` sends, without a response that is made to be changed.
"""

from __future__ import annotations

import functools
from typing import Final

from starlette.types import Receive, Scope, Send

_NOT_KEPT: Final = (b"cache-control", b"no-store")


class Encoded:
    """JSON of a media type, with status 200, to be kept by nobody."""

    __slots__ = ("_body", "_media_type")

    def __init__(self, body: bytes, media_type: str) -> None:
        self._body = body
        self._media_type = media_type

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = (b"content-length", str(len(self._body)).encode("ascii"))
        headers = [_content_type(self._media_type), _NOT_KEPT, length]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self._body})


@functools.cache  # there are two
def _content_type(media_type: str) -> tuple[bytes, bytes]:
    return b"content-type", f"{media_type}; charset=utf-8".encode("ascii")
