"""Serving: the application on a socket, until somebody ends it."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Final

import stamina
import uvicorn
from starlette.applications import Starlette

from gateway.errors import SettingsInvalid
from gateway.settings import Settings
from gateway.web.middleware.closing import Closing

_BACKLOG: Final = 2048


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
    listening = _bound(settings)
    config = uvicorn.Config(
        Closing(app),
        access_log=False,
        log_level="warning",
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=10,
    )
    host, port = listening.getsockname()[:2]
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has ended in order and passes Ctrl-C on
        uvicorn.Server(config).run(sockets=[listening])


def _bound(settings: Settings) -> socket.socket:
    """A socket that listens: whoever reads the announcement may connect at once, before uvicorn is up."""
    address = (settings.host, settings.port)
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except OSError as error:
        message = (
            f"GATEWAY_HOST, GATEWAY_PORT: cannot listen on {settings.host}, port {settings.port}: {error.strerror}"
        )
        raise SettingsInvalid(message) from None
