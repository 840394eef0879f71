"""Corked: the head of an answer leaves together with the first of its body.

uvicorn writes them one after the other, and each would be a call to the system and a packet, for which the client wakes
up twice: a tenth of what a call from memory costs.
"""

from __future__ import annotations

import asyncio


class Corked:
    """What one answer is written to. A head that no body follows at once does not wait for one."""

    __slots__ = ("_head", "_loop", "_transport", "_wrote")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._wrote = False

    def write(self, data: bytes) -> None:
        """Write, at the latest when the loop turns."""
        if self._wrote:
            self._transport.write(data)
        elif self._head is None:
            self._head = data
            self._loop.call_soon(self._flush)
        else:
            head, self._head, self._wrote = self._head, None, True
            self._transport.writelines((head, data) if data else (head,))

    def close(self) -> None:
        """Close behind what was written."""
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the client is about to be left, or has gone."""
        return self._transport.is_closing()

    def _flush(self) -> None:
        if self._head is not None:
            head, self._head, self._wrote = self._head, None, True
            self._transport.write(head)
