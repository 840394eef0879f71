"""Bodies: what a client sends, read piece by piece, no more of it than may be, and no longer than it may take."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Iterable
from typing import Final, TypeAlias

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from gateway.web.eager import Rest, begin

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]

_DIGITS: Final = 20


class Unread(enum.Enum):
    """Why there is no body."""

    TOO_LARGE = "too_large"
    TOO_LATE = "too_late"


async def read(headers: Headers, receive: Receive, *, limit: int, seconds: float) -> bytes | Unread:
    """The body, if it is no larger than ``limit`` bytes, as it says and as it turns out, and has come in time.

    Starlette's own limit answers in plain text.

    Raises:
        ClientDisconnect: the client has gone.
    """
    stated = next((value for name, value in headers if name == b"content-length"), b"0")
    if stated.isdigit() and _number(stated) > limit:
        return Unread.TOO_LARGE
    body = begin(_pieces(receive, limit))
    if not isinstance(body, Rest):  # it has come with the headers, as most do
        return body
    try:
        async with asyncio.timeout(seconds):
            return await body
    except TimeoutError:
        return Unread.TOO_LATE


def again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that has been read once more, and then whatever comes after it."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return receive_again


async def _pieces(receive: Receive, limit: int) -> bytes | Unread:
    pieces, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            return Unread.TOO_LARGE
        if not message.get("more_body", False):
            return b"".join(pieces)


def _number(digits: bytes) -> int:
    """A number of any length: one of more digits than any limit has is larger than it, whatever they are."""
    return int(digits[:_DIGITS]) if len(digits) > _DIGITS else int(digits)
