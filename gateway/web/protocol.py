"""The protocol: HTTP as uvicorn speaks it, with clients who must not take for ever, and answers that are always JSON.

`gateway.web.connections` decides who has to go. What uvicorn leaves open is closed here: headers and bodies without an
end, answers that nobody takes, trailers that would pass for headers, bodies that would pass for requests, and a log
line for whatever a stranger sends.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.observe.events import ConnectionsClosed, Listener
from gateway.web.connections import Connections, Stage
from gateway.web.corked import Corked
from gateway.web.middleware.security import HEADERS

_ROUND: Final = 0.25
"""How often late clients are looked for, in seconds."""

_TOLD: Final = 10.0
"""How often closed connections are told of at most, in seconds."""

_TAKEN: Final = 64 * 2**10
"""What a client must have taken of an answer to be waited for again, in bytes."""

_NOTHING: Final = ConnectionsClosed(late=0, crowded=0, refused=0)


class Doorkeeper:
    """Keeps a server's connections within their limits, for as long as the event loop runs.

    ``header_bytes`` is how long the head of a request may be. ``clock`` gives seconds.
    """

    def __init__(
        self,
        connections: Connections[GuardedProtocol],
        *,
        header_bytes: int,
        listen: Listener,
        clock: Callable[[], float],
    ) -> None:
        self.header_bytes = header_bytes
        self._connections = connections
        self._listen = listen
        self._clock = clock
        self._watched = False
        self._told_at = clock()
        self._counts = _NOTHING

    def opened(self, newcomer: GuardedProtocol, address: str) -> None:
        """Let it in, and let another go for it where there is no room; or refuse it."""
        leaving = self._connections.opened(newcomer, address, self._clock())
        if leaving is newcomer:
            self._count(refused=1)
        elif leaving is not None:
            self._count(crowded=1)
        if leaving is not None:
            leaving.transport.abort()
        if not self._watched:
            self._watched = True
            newcomer.loop.call_later(_ROUND, self._round, newcomer.loop)

    def moved(self, connection: GuardedProtocol, stage: Stage) -> None:
        """It waits for something else now."""
        self._connections.moved(connection, stage, self._clock())

    def closed(self, connection: GuardedProtocol) -> None:
        """It is no more."""
        self._connections.closed(connection)

    def _round(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close what is late, tell of it, and come again for as long as there is anybody."""
        for connection, stage in self._connections.late(self._clock()):
            if stage is Stage.TAKING and connection.has_taken(_TAKEN):
                self.moved(connection, stage)
            else:
                self._count(late=1)
                self._connections.closed(connection)
                connection.transport.abort()
        told = self._tell()
        self._watched = len(self._connections) > 0 or not told
        if self._watched:
            loop.call_later(_ROUND, self._round, loop)

    def _count(self, **more: int) -> None:
        counts = {name: getattr(self._counts, name) + count for name, count in more.items()}
        self._counts = dataclasses.replace(self._counts, **counts)

    def _tell(self) -> bool:
        """Tell of what was closed, not too often: whether nothing is left to be told."""
        if not self._counts.crowded and not self._counts.refused:  # a browser opens connections that it does not use
            return True
        if self._clock() - self._told_at < _TOLD:
            return False
        self._listen(self._counts)
        self._told_at, self._counts = self._clock(), _NOTHING
        return True


class GuardedProtocol(HttpToolsProtocol):
    """One connection, under the eyes of a doorkeeper."""

    def __init__(
        self,
        doorkeeper: Doorkeeper,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._doorkeeper = doorkeeper
        self._in_head = False
        self._head_bytes = 0
        self._unread_bytes = 0
        self._left = 0
        self._waits_for = Stage.ASKING
        self._is_last = False
        self._answering: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._doorkeeper.opened(self, self.client[0] if self.client else "")

    def connection_lost(self, exc: Exception | None) -> None:
        self._doorkeeper.closed(self)
        if self._answering is not None and not self._answering.response_complete:
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._is_last:  # what comes behind it may be of another protocol, and is none of our requests
            return
        if self._in_head:
            self._unread_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # who asks for another protocol is answered by this one
            pass
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST, "The request is not HTTP that can be read")
        if not self._in_head and self._stage() is not self._waits_for:  # most requests come in one piece
            self._move()
        if self._in_head and max(self._unread_bytes, self._head_bytes) > self._doorkeeper.header_bytes:
            self._refuse_head()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Remember which request is answered: uvicorn tells only the last one that came that its client has gone."""
        self._answering = cycle
        cycle.transport = Corked(self.transport, self.loop)  # type: ignore[assignment]  # all of one that it asks for
        super()._start_asgi_task(cycle, app)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes, self._unread_bytes = True, 0, 0

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Trailers end here: they would be added to the headers of a request that has been judged by those it had."""
        if self._in_head:
            super().on_header(name, value)
            self._head_bytes += len(name) + len(value)

    def on_headers_complete(self) -> None:
        if self._head_bytes > self._doorkeeper.header_bytes:
            self._refuse_head()
            return
        self._is_last = self.parser.should_upgrade()
        if self._is_last and self._announces_body():
            self._refuse(HTTPStatus.BAD_REQUEST, "A request that asks for another protocol has no body")
            return
        self._in_head = False
        super().on_headers_complete()
        if self._is_last:
            self.cycle.keep_alive = False

    def on_message_complete(self) -> None:
        if self._in_head:  # which is refused
            return
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._move()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._left = self.transport.get_write_buffer_size()
        self._move()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._move()

    def has_taken(self, least: int) -> bool:
        """Whether the client has taken so many bytes of its answer since this was last asked, or it began to wait."""
        before, self._left = self._left, self.transport.get_write_buffer_size()
        return before - self._left >= least

    def _move(self) -> None:
        self._waits_for = self._stage()
        self._doorkeeper.moved(self, self._waits_for)

    def _stage(self) -> Stage:
        if self.flow.write_paused:
            return Stage.TAKING
        if self.cycle is None or self.cycle.response_complete:
            return Stage.ASKING
        return Stage.SENDING if self.cycle.more_body else Stage.ANSWERED

    def _announces_body(self) -> bool:
        """Whether a body follows the headers. Of a request to upgrade the parser would take it for another request."""
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip(b"0") != b"")
            for name, value in self.headers
        )

    def _refuse_head(self) -> None:
        limit = self._doorkeeper.header_bytes
        reason = f"The address and the headers of a request may have {limit} bytes together (GATEWAY_HEADER_BYTES)"
        self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, reason)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        """Answer without the application, which never sees this request, and end the connection."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.abort()  # an answer is under way, and this one would end up in the middle of it
            return
        error = {"message": f"{reason}.", "extensions": {"code": "BAD_REQUEST"}}
        body = json.dumps({"errors": [error]}).encode()
        lines = {
            **HEADERS,
            "content-type": "application/json",
            "content-length": str(len(body)),
            "connection": "close",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.transport.write(STATUS_LINE[status] + head.encode() + b"\r\n" + body)
        self.transport.close()


def protocol(doorkeeper: Doorkeeper) -> Any:
    """What uvicorn makes a protocol of for each connection."""
    return functools.partial(GuardedProtocol, doorkeeper)
