"""The wire: a request as the bytes that are sent, and what comes back, over a socket of its own.

No client library would send most of these: lengths that are not so, heads that are no HTTP, bytes that are no text.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import socket
import time
from typing import Final

Headers = tuple[tuple[bytes, bytes], ...]

_PATIENCE: Final = 30.0
"""Seconds after which an answer counts as missing."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; ``door`` says what it knocks at, for the figures.

    ``raw`` are the bytes that are sent instead of a head and a body. One that is not ``whole`` does not say truly how
    long it is, or is cut off, and may stay without an answer.
    """

    door: str
    method: bytes = b"GET"
    target: bytes = b"/"
    headers: Headers = ()
    body: bytes = b""
    raw: bytes | None = None
    whole: bool = True

    @property
    def sent(self) -> bytes:
        """What goes over the wire; how long the body is, is said where the headers do not."""
        if self.raw is not None:
            return self.raw
        lines = [self.method + b" " + self.target + b" HTTP/1.1", *(b": ".join(header) for header in self.headers)]
        names = {name.lower() for name, _ in self.headers}
        if not names & {b"content-length", b"transfer-encoding"} and (self.body or self.method != b"GET"):
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; a status of 0 is a connection that was closed without a word."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    seconds: float = 0.0

    def header(self, name: str) -> str:
        """The header of this name in lower case; empty where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def text(self) -> str:
        """All of it, to be searched."""
        head = "\n".join(f"{name}: {value}" for name, value in self.headers)
        return f"{head}\n{self.body.decode('utf-8', 'replace')}"


def ask(port: int, request: Request) -> Answer:
    """Send a request to this machine's port, on a connection of its own, and read what comes back."""
    started = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as connection:
        with contextlib.suppress(OSError):  # refused before all was sent: the answer is there all the same
            connection.sendall(request.sent)
            if not request.whole:
                connection.shutdown(socket.SHUT_WR)
        answer = http.client.HTTPResponse(connection, method=_method(request))
        try:
            answer.begin()
            body = answer.read()
        except (http.client.HTTPException, OSError):
            return Answer(status=0, seconds=time.monotonic() - started)
        finally:
            answer.close()
    headers = tuple(answer.getheaders())
    return Answer(status=answer.status, headers=headers, body=body, seconds=time.monotonic() - started)


def _method(request: Request) -> str:
    return request.sent.partition(b" ")[0].decode("latin-1")
