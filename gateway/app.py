"""The composition root: settings in, ASGI application out.

The one place that knows which adapter is behind which port. The application's lifespan opens what is built here and
closes it again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import ipaddress
import os
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from gateway.cache.memory import Memory
from gateway.cache.read_through import ReadThrough
from gateway.domain import catalog as catalogs
from gateway.domain.catalog import Catalog, Configured
from gateway.domain.customer import Places
from gateway.domain.decode import Decode, decoder, presigned_reader
from gateway.domain.lifetimes import Lifetime, Lifetimes
from gateway.errors import SettingsInvalid
from gateway.graph.schema import CatalogSchema
from gateway.observe.events import Listener, silence
from gateway.services.calls import Calls
from gateway.settings import AttributeSettings, Settings, located
from gateway.upstream.client import VapiClient, connect
from gateway.upstream.pacing import Pacing
from gateway.upstream.retries import Retries
from gateway.web.graphql import GraphQLView
from gateway.web.middleware.request_id import RequestId
from gateway.web.refusals import HANDLERS
from gateway.web.routes import routes

_KEY_FILE: Final = "identity.key"
_KEY_BYTES: Final = 32


def utc_now() -> dt.datetime:
    """The clock on the wall."""
    return dt.datetime.now(dt.UTC)


def build(
    settings: Settings,
    *,
    listen: Listener = silence,
    clock: Callable[[], dt.datetime] = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """The gateway with these settings; ``transport`` is what carries requests to upstream instead of the network.

    Raises:
        SettingsInvalid: the gateway cannot work with them; nothing has been opened.
    """
    catalog = catalog_of(settings)
    http = _connection(settings, transport)
    source = VapiClient(http, pacing=_pacing(settings), retries=_retries(settings), listen=listen)
    reader = ReadThrough(
        source=source,
        memory=Memory(limit=settings.cache_bytes, clock=clock),
        decode=decoder(catalog, identity_key(settings)),
        read_presigned=presigned_reader(catalog),
        lifetimes=_lifetimes(settings),
        clock=clock,
        listen=listen,
    )
    calls = Calls(reader=reader, source=source, clock=clock, largest_page=settings.page_size_limit, listen=listen)
    schema = schema_of(catalog, listen=listen)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with http:
            app.state.ready = True
            yield
            app.state.ready = False
            await reader.close()

    return Starlette(
        routes=routes(GraphQLView(schema, calls=calls, clock=clock)),
        middleware=[Middleware(RequestId, listen=listen)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )


def catalog_of(settings: Settings) -> Catalog:
    """The catalog of the built-in attributes and those that the settings declare."""
    own = {
        "call": _configured("call", settings.call.attributes),
        "customer": _configured("customer", settings.customer.attributes),
    }
    try:
        return catalogs.build(own, _places(settings))
    except SettingsInvalid as error:
        raise located(error, settings) from None


def schema_of(catalog: Catalog, *, listen: Listener = silence) -> CatalogSchema:
    """The GraphQL schema over a catalog."""
    return CatalogSchema(catalog, listen=listen)


def decoder_of(settings: Settings, catalog: Catalog) -> Decode:
    """The decoder that the gateway with these settings uses, if it has started before; nothing is written.

    Before the first start there is no identity key; keys that are hashes are then made with one that is forgotten.
    """
    started = settings.identity_key is not None or (data_dir(settings) / _KEY_FILE).exists()
    return decoder(catalog, identity_key(settings) if started else secrets.token_bytes(_KEY_BYTES))


def identity_key(settings: Settings) -> bytes:
    """What customer keys are hashed with: the setting, else what the first start made and kept in the data folder.

    Raises:
        SettingsInvalid: there is no such folder and it cannot be made, or what is kept there is no key.
    """
    if settings.identity_key is not None:
        return settings.identity_key.get_secret_value().encode()
    path = data_dir(settings) / _KEY_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_key_file(path)
        kept = path.read_bytes()
    except OSError as error:
        way_out = "set GATEWAY_DATA_DIR or GATEWAY_IDENTITY_KEY"
        raise SettingsInvalid(f"{path}: the identity key cannot be kept there ({error.strerror}); {way_out}") from None
    if len(kept) < _KEY_BYTES:
        raise SettingsInvalid(f"{path}: this is no identity key, it is too short; put the old one back, or delete it")
    return kept


def data_dir(settings: Settings) -> Path:
    """Where the gateway keeps what it makes itself."""
    if settings.data_dir is not None:
        return settings.data_dir
    home = os.environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(home) / "vapi-call-gateway"


def check_exposure(settings: Settings) -> None:
    """Refuse to be reachable from other machines while nobody is asked who they are, unless that is said to be meant.

    Raises:
        SettingsInvalid: the host is not this machine's own.
    """
    if not _is_loopback(settings.host) and not settings.allow_anonymous:
        raise SettingsInvalid(
            f"GATEWAY_HOST is {settings.host}: whoever reaches it could read every call, as this version asks nobody "
            "who they are. Listen on 127.0.0.1 behind something that does, or set GATEWAY_ALLOW_ANONYMOUS=1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _make_key_file(path: Path) -> None:
    """Write a new key where there is none, readable by its owner alone; whole or not at all, whoever else starts."""
    if path.exists():
        return
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(secrets.token_bytes(_KEY_BYTES))
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _configured(parent: str, attributes: tuple[AttributeSettings, ...]) -> tuple[Configured, ...]:
    return tuple(Configured(**a.model_dump(), at=(parent, "attributes", index)) for index, a in enumerate(attributes))


def _places(settings: Settings) -> Places:
    stated = settings.customer
    usual = Places(keys=stated.keys, alias=stated.alias)
    if stated.metadata is not None:
        usual = dataclasses.replace(usual, metadata=stated.metadata)
    if stated.variables is not None:
        usual = dataclasses.replace(usual, variables=stated.variables)
    return usual


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


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        live=_lifetime(settings.live_fresh_seconds, settings.live_stale_seconds),
        ended=_lifetime(settings.ended_fresh_seconds, settings.ended_stale_seconds),
        settled=_lifetime(settings.settled_fresh_seconds, settings.settled_stale_seconds),
        missing=_lifetime(settings.missing_fresh_seconds, 0),
        settles_after=_seconds(settings.settles_after_seconds),
        kept=_seconds(settings.kept_seconds),
        retry_after=_seconds(settings.retry_after_seconds),
    )


def _lifetime(fresh: float, stale: float) -> Lifetime:
    return Lifetime(_seconds(fresh), _seconds(stale))


def _seconds(count: float) -> dt.timedelta:
    return dt.timedelta(seconds=count)
