"""Recordings: the endpoint, and the client that reads the storage where recordings are passed on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
from starlette.types import Scope

from gateway.domain.principal import Principal
from gateway.services.calls import Calls
from gateway.settings import Settings
from gateway.upstream.storage import Storage, connect_storage
from gateway.web.middleware.hosts import is_loopback
from gateway.web.recordings import RecordingView


def view(
    settings: Settings,
    calls: Calls,
    *,
    principal: Callable[[Scope], Principal],
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[RecordingView, contextlib.AbstractAsyncContextManager[object]]:
    """The endpoint, and what is to be opened before it is asked and closed after.

    ``transport`` is what carries requests to the storage instead of the network.
    """
    is_simulated = is_loopback(urlsplit(settings.upstream_url).hostname or "")
    if settings.recordings == "redirect":
        made = RecordingView(calls, principal=principal, source=None, is_simulated=is_simulated)
        return made, contextlib.nullcontext()
    http = connect_storage(
        timeout=settings.upstream_timeout_seconds, connections=settings.upstream_connections, transport=transport
    )
    return RecordingView(calls, principal=principal, source=Storage(http), is_simulated=is_simulated), http
