"""Recordings: the endpoint, and the client that reads the storage where recordings are passed on."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

import httpx
from starlette.types import Scope

from gateway.domain.principal import Principal
from gateway.services.calls import Calls
from gateway.settings import Settings
from gateway.upstream.storage import Storage, connect_storage
from gateway.web.middleware.hosts import is_loopback
from gateway.web.rates import Places
from gateway.web.recordings import RecordingView

_PART_OF_ONE: Final = 4
"""One caller has this part of the connections to the storage."""


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
    make = functools.partial(
        RecordingView,
        calls,
        principal=principal,
        places=_places(settings),
        is_simulated=is_loopback(urlsplit(settings.upstream_url).hostname or ""),
    )
    if settings.recordings == "redirect":
        return make(source=None), contextlib.nullcontext()
    http = connect_storage(
        timeout=settings.upstream_timeout_seconds, connections=settings.upstream_connections, transport=transport
    )
    return make(source=Storage(http)), http


def _places(settings: Settings) -> Places:
    return Places(
        max(settings.upstream_connections // _PART_OF_ONE, 1),
        what="Recordings that are passed on to one caller at a time",
        setting="a quarter of GATEWAY_UPSTREAM_CONNECTIONS",
    )
