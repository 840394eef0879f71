"""Tokens: the issuer whose tokens are believed, and what they open, as the settings say."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx

from gateway.domain.catalog import Catalog
from gateway.domain.principal import Scope
from gateway.errors import SettingsInvalid
from gateway.observe.events import Listener
from gateway.settings import Settings
from gateway.upstream.client import user_agent
from gateway.web.claims import Claims
from gateway.web.jwks import LARGEST, PATIENCE, FetchedKeys, KeptKeys, KeySet, KeySetUnusable, SigningKey, key_set
from gateway.web.middleware.hosts import is_loopback
from gateway.web.tokens import Tokens, Verifier

_CONNECTIONS: Final = 2


def tokens(
    settings: Settings,
    catalog: Catalog,
    identity_key: bytes,
    *,
    clock: Callable[[], dt.datetime],
    timer: Callable[[], float],
    listen: Listener,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[Tokens | None, contextlib.AbstractAsyncContextManager[object]]:
    """Who is known by a token, None where the settings name no issuer; and what is to be opened before it is asked.

    ``transport`` is what carries requests to the issuer instead of the network.

    Raises:
        SettingsInvalid: they name half of an issuer, or keys that cannot be used.
    """
    if not _is_wanted(settings):
        return None, contextlib.nullcontext()
    verifier, claims = _verifier(settings), _claims(settings, catalog, identity_key)
    keys, opened = _keys(settings, timer=timer, listen=listen, transport=transport)
    return Tokens(keys, verifier, claims, clock=clock, listen=listen), opened


def _is_wanted(settings: Settings) -> bool:
    """Whether there is an issuer; one that is named by halves is a mistake that would shut everybody out."""
    if settings.jwt_jwks_url is not None and settings.jwt_jwks_file is not None:
        raise SettingsInvalid("GATEWAY_JWT_JWKS_URL and GATEWAY_JWT_JWKS_FILE are both set: there is one set of keys")
    if settings.jwt_jwks_url is not None or settings.jwt_jwks_file is not None:
        return True
    for variable, stated in (
        ("GATEWAY_JWT_ISSUER", settings.jwt_issuer),
        ("GATEWAY_JWT_AUDIENCE", settings.jwt_audience),
        ("GATEWAY_JWT_CUSTOMER_CLAIM", settings.jwt_customer_claim),
        ("GATEWAY_JWT_ASSISTANTS_CLAIM", settings.jwt_assistants_claim),
    ):
        if stated is not None:
            missing = "GATEWAY_JWT_JWKS_URL or GATEWAY_JWT_JWKS_FILE"
            raise SettingsInvalid(f"{variable} is set, but not where the keys are: set {missing} as well")
    return False


def _verifier(settings: Settings) -> Verifier:
    return Verifier(
        issuer=_needed("GATEWAY_JWT_ISSUER", settings.jwt_issuer),
        audience=_needed("GATEWAY_JWT_AUDIENCE", settings.jwt_audience),
        algorithms=frozenset(settings.jwt_algorithms),
        leeway=dt.timedelta(seconds=settings.jwt_leeway_seconds),
    )


def _needed(variable: str, stated: str | None) -> str:
    if not stated:
        raise SettingsInvalid(f"{variable} is not set: without it, tokens that were made for others would open calls")
    return stated


def _claims(settings: Settings, catalog: Catalog, identity_key: bytes) -> Claims:
    return Claims(
        scopes=settings.jwt_scopes_claim,
        usual_scopes=frozenset(map(_scope, settings.jwt_scopes)),
        identity_key=identity_key,
        customers=settings.jwt_customer_claim,
        attribute=settings.jwt_customer_attribute,
        aliases=catalog.aliases,
        assistants=settings.jwt_assistants_claim,
        trusts_servers_only=settings.binding_trust == "server",
    )


def _scope(word: str) -> Scope:
    try:
        return Scope(word)
    except ValueError:
        known = ", ".join(scope.value for scope in Scope)
        raise SettingsInvalid(f"GATEWAY_JWT_SCOPES: “{word}” is no scope; there are {known}") from None


def _keys(
    settings: Settings,
    *,
    timer: Callable[[], float],
    listen: Listener,
    transport: httpx.AsyncBaseTransport | None,
) -> tuple[KeySet, contextlib.AbstractAsyncContextManager[object]]:
    if settings.jwt_jwks_file is not None:
        return KeptKeys(_read(settings.jwt_jwks_file)), contextlib.nullcontext()
    url = _address(settings.jwt_jwks_url or "")
    http = httpx.AsyncClient(
        headers={"User-Agent": user_agent()},
        follow_redirects=False,
        timeout=httpx.Timeout(PATIENCE),
        limits=httpx.Limits(max_connections=_CONNECTIONS),
        transport=transport,
    )
    keys = FetchedKeys(http, url, fresh=settings.jwt_jwks_seconds, timer=timer, listen=listen)
    return keys, _opened(http, keys)


def _address(url: str) -> str:
    """The address, if nobody on the way to it can put keys of their own into its answer."""
    try:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
        is_usable = bool(parts.hostname) and httpx.URL(url).host != ""
    except (ValueError, httpx.InvalidURL):
        is_safe = is_usable = False
    if not is_safe or not is_usable:
        raise SettingsInvalid(
            "GATEWAY_JWT_JWKS_URL must begin with https:// and name a host; http:// is for this machine alone"
        )
    return url


def _read(path: Path) -> Sequence[SigningKey]:
    """The keys in a file."""
    try:
        with path.open("rb") as file:
            return key_set(file.read(LARGEST + 1))
    except (OSError, KeySetUnusable) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsInvalid(f"GATEWAY_JWT_JWKS_FILE: {path} cannot be used: {reason}") from None


@contextlib.asynccontextmanager
async def _opened(http: httpx.AsyncClient, keys: FetchedKeys) -> AsyncIterator[None]:
    async with http:
        try:
            yield
        finally:
            await keys.close()
