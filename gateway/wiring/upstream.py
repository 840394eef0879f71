"""Upstream: the clients that ask Vapi, in one pace."""

from __future__ import annotations

import dataclasses

import httpx

from gateway.observe.events import Listener
from gateway.settings import Settings
from gateway.upstream.client import VapiClient, connect
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries


@dataclasses.dataclass(frozen=True, slots=True)
class Upstream:
    """One connection to Vapi: ``live`` is for what somebody waits for, ``background`` leaves the others their turn."""

    http: httpx.AsyncClient
    pacing: Pacing
    live: VapiClient
    background: VapiClient


def upstream(settings: Settings, *, listen: Listener, transport: httpx.AsyncBaseTransport | None = None) -> Upstream:
    """The clients with these settings; ``transport`` is what carries requests instead of the network."""
    http, pacing, retries = _connection(settings, transport), _pacing(settings), _retries(settings)
    return Upstream(
        http=http,
        pacing=pacing,
        live=VapiClient(http, pacing=pacing, retries=retries, listen=listen),
        background=VapiClient(http, pacing=pacing, retries=retries, listen=listen, background=True),
    )


def _connection(settings: Settings, transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    return connect(
        base_url=settings.upstream_url,
        key=settings.upstream_key.get_secret_value() if settings.upstream_key else "",
        timeout=settings.upstream_timeout_seconds,
        connections=settings.upstream_connections,
        transport=transport,
    )


def _pacing(settings: Settings) -> Pacing:
    return Pacing(rate=settings.upstream_rate, burst=settings.upstream_burst)


def _retries(settings: Settings) -> Retries:
    return Retries(
        attempts=settings.upstream_attempts,
        timeout=settings.upstream_patience_seconds,
        wait_initial=settings.upstream_backoff_seconds,
        wait_max=settings.upstream_patience_seconds,
        wait_jitter=settings.upstream_backoff_seconds,
    )
