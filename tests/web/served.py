"""An application on a socket of this process, behind the gateway's own protocol, for tests of what goes over it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from gateway.cli.serving import doorkeeper
from gateway.observe.events import silence
from gateway.web.middleware.closing import Closing
from gateway.web.protocol import protocol
from tests.graph.asking import settings


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The port at which it is served, as ``gateway serve`` does; whoever started it opens and closes it."""
    config = uvicorn.Config(
        Closing(app),
        ws="none",
        http=protocol(doorkeeper(settings(), silence)),
        lifespan="off",
        access_log=False,
        log_config=None,
        proxy_headers=False,
    )
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    made: Any = config.http_protocol_class
    server = await loop.create_server(lambda: made(config, state, {}, loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks, return_exceptions=True)
        await server.wait_closed()
