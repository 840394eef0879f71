"""Serving: the application on a socket, until somebody ends it."""

from __future__ import annotations

import logging
from collections.abc import Callable

import stamina
import uvicorn
from starlette.applications import Starlette

from gateway.settings import Settings


def prepare_logging(level: str) -> None:
    """Let the gateway's own lines through from ``level`` on, and libraries' only where something is wrong.

    httpx would log every address it asks, and stamina every retry: both are events of ours already.
    """
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("gateway").setLevel(level.upper())
    stamina.instrumentation.set_on_retry_hooks(())


def serve(app: Starlette, settings: Settings, *, announce: Callable[[str], None]) -> None:
    """Listen; ``announce`` is told the address as soon as the socket is bound.

    Requests are not logged: their addresses can hold queries, and queries people.
    """
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=10,
    )
    socket = config.bind_socket()
    socket.listen(config.backlog)  # whoever reads the announcement may connect at once, before uvicorn is up
    host, port = socket.getsockname()[:2]
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    uvicorn.Server(config).run(sockets=[socket])
