"""The simulator on a socket: in a thread of this process for tests, or in the foreground for people."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from gateway.simulator.faults import CUT

PATIENCE = 10.0


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol, with a way for the application to close the connection."""

    def on_message_begin(self) -> None:
        """Offer the way as an ASGI extension of each request."""
        super().on_message_begin()
        self.scope["extensions"] = {CUT: {"close": self.transport.close}}


class Server:
    """A context manager that serves the simulator on a loopback port, a free one by default.

    Example:
        with Server(create(calls=100)) as server:
            httpx.get(f"{server.url}/control")
    """

    def __init__(self, app: Starlette, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._socket = socket.create_server((host, port))
        bound = self._socket.getsockname()
        self.url = f"http://{host}:{bound[1]}"
        self._server = uvicorn.Server(_config(app, log_config=None, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    def __enter__(self) -> Self:
        """Start, and wait until the port answers."""
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"the simulator did not start at {self.url}")
            time.sleep(0.005)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop, and wait for the end."""
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()


def run(app: Starlette, host: str = "127.0.0.1", port: int = 8055) -> None:
    """Serve in the foreground until interrupted."""
    uvicorn.Server(_config(app, host=host, port=port, log_level="info")).run()


def _config(app: Starlette, **options: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        lifespan="on",
        access_log=False,
        timeout_graceful_shutdown=1,
        **options,
    )
