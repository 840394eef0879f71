"""Serving: the application on a socket, until somebody ends it."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable
from typing import Final

import stamina
import uvicorn
from starlette.applications import Starlette

from gateway.errors import SettingsInvalid
from gateway.observe.events import Listener
from gateway.settings import Settings
from gateway.web.connections import Connections, Limits, room, within
from gateway.web.middleware.closing import Closing
from gateway.web.protocol import Doorkeeper, GuardedProtocol, protocol

_BACKLOG: Final = 4096
"""Connections that wait to be accepted. A siege fills it, and who finds it full tries again only after a second."""


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
        backlog=_BACKLOG,  # uvicorn listens anew
        http=protocol(doorkeeper(settings, app.state.gateway.listen)),
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=10,
    )
    host, port = listening.getsockname()[:2]
    announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn has ended in order and passes Ctrl-C on
        uvicorn.Server(config).run(sockets=[listening])


def doorkeeper(settings: Settings, listen: Listener) -> Doorkeeper:
    """What keeps the connections of a server in this process within their limits."""
    most = settings.connections or room(_descriptors(), settings.upstream_connections)
    limits = Limits(
        connections=most,
        of_one_address=max(1, min(settings.connections_per_address, most // 2)),
        headers=settings.header_seconds,
        bodies=settings.body_seconds,
    )
    connections: Connections[GuardedProtocol] = Connections(limits, is_proxy=within(settings.trusted_proxies))
    return Doorkeeper(connections, header_bytes=settings.header_bytes, listen=listen, clock=time.monotonic)


def _descriptors() -> int:
    """How many files this process may have open; where the system has no such limit, more than it will."""
    try:
        import resource
    except ImportError:  # there is none on Windows
        return sys.maxsize
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


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
