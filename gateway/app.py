"""The composition root: settings in, ASGI application out.

With `gateway.wiring`, the one place that knows which adapter is behind which port. The application's lifespan opens
what is built here and closes it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware

from gateway.cache.memory import Memory
from gateway.cache.read_through import ReadThrough
from gateway.cache.related import RelatedThings
from gateway.domain.catalog import Catalog
from gateway.domain.decode import Decode, decoder, presigned_reader
from gateway.domain.filters import EVERYTHING
from gateway.domain.lazily import lazy_decoder
from gateway.domain.mirrored import GONE
from gateway.domain.principal import ANONYMOUS, Principal
from gateway.domain.projection import call_maker
from gateway.domain.tabular import CUSTOMERS
from gateway.errors import SettingsInvalid
from gateway.graph.context import Services
from gateway.graph.schema import CatalogSchema
from gateway.observe.events import Listener, silence
from gateway.ports import Change
from gateway.services.calls import Calls
from gateway.services.customers import Customers
from gateway.services.erasure import Erasure
from gateway.services.following import Following
from gateway.services.freshness import MirrorFreshness
from gateway.services.keys import Keys
from gateway.services.mirror import CallMirror
from gateway.services.purging import Purging
from gateway.services.relations import Relations
from gateway.services.stats import LATEST, Snapshot, Snapshots, Stats
from gateway.services.status import MirrorStatus
from gateway.services.tables import TableRequest, Tables
from gateway.services.unchanged import Unchanged
from gateway.services.webhooks import Webhooks
from gateway.settings import Settings
from gateway.web.auth import principal
from gateway.web.health import Health
from gateway.web.middleware.hosts import is_loopback
from gateway.web.middleware.request_id import RequestId
from gateway.web.middleware.straight import Straight
from gateway.web.refusals import HANDLERS
from gateway.web.routes import routes
from gateway.wiring import doors, walls
from gateway.wiring import exports as export_wiring
from gateway.wiring import graphql as graphql_wiring
from gateway.wiring import recordings as recording_wiring
from gateway.wiring import webhooks as webhook_wiring
from gateway.wiring.api_keys import api_keys
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.columnar import Columnar, columnar, discard
from gateway.wiring.keys import data_dir, has_started, identity_key, passing_key
from gateway.wiring.lifetimes import lifetimes
from gateway.wiring.mirror import Keeper, Mirror, keeper, mirror
from gateway.wiring.tokens import tokens
from gateway.wiring.upstream import Upstream, upstream

if TYPE_CHECKING:
    from gateway.export.spool import Spool

__all__ = [
    "Gateway",
    "Maintenance",
    "build",
    "catalog_of",
    "check_exposure",
    "check_ways_in",
    "data_dir",
    "decoder_of",
    "gateway",
    "identity_key",
    "maintenance",
    "make_ready",
    "schema_of",
    "utc_now",
]


_WAYS_IN: Final = (
    "Let people in by API keys (gateway keys create) or by the tokens of your sign-in (GATEWAY_JWT_JWKS_URL and its "
    "relatives: docs/security.md)"
)


def utc_now() -> dt.datetime:
    """The clock on the wall."""
    return dt.datetime.now(dt.UTC)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """Everything that a gateway consists of, unopened."""

    settings: Settings
    catalog: Catalog
    clock: Callable[[], dt.datetime]
    listen: Listener
    upstream: Upstream
    mirror: Mirror
    keeper: Keeper
    reader: ReadThrough
    related: RelatedThings
    columnar: Columnar | None
    purging: Purging | None
    tables: Tables
    spool: Spool | None
    services: Services
    webhooks: Webhooks
    keys: Keys
    freshness: MirrorFreshness
    following: Following

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the mirror and the connection to Vapi; what is under way at the end is ended.

        Raises:
            StoreError: the mirror's database cannot be used.
        """
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.mirror.database.close)
            stack.callback(self.mirror.watch.close)
            await self.mirror.open()
            stack.push_async_callback(self.keys.close)
            await stack.enter_async_context(self.upstream.http)
            stack.push_async_callback(self.reader.close)
            stack.push_async_callback(self.related.close)
            if self.columnar is not None:
                stack.push_async_callback(self.columnar.copy.close)
            if self.spool is not None:
                self.spool.open()
                stack.callback(self.spool.close)
            stack.callback(self.keeper.close)
            yield

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Apply webhooks, follow changes, and keep the mirror if the settings say so, in the background."""
        work = [self.webhooks.run(), self.following.run()]
        if self.purging is not None:
            work.append(self.purging.run())
        if self.settings.sync:
            work.append(self.keeper.sync.run())
        tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def build(
    settings: Settings,
    *,
    listen: Listener = silence,
    clock: Callable[[], dt.datetime] = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Starlette:
    """The gateway with these settings as an ASGI application.

    Its parts are at ``app.state.gateway``; ``app.state.lane`` is its compiled lane, None where it has none.
    ``transport`` is what carries requests to upstream instead of the network.

    Raises:
        SettingsInvalid: the gateway cannot work with them; nothing has been opened.
    """
    built = gateway(settings, listen=listen, clock=clock, transport=transport)
    health = Health(
        freshness=built.freshness, lag_limit=settings.lag_limit_seconds if settings.lag_limit_seconds else None
    )
    schema = graphql_wiring.schema(settings, built.catalog, listen=listen)
    graphql = graphql_wiring.view(settings, schema, services=built.services, clock=clock)
    exports = export_wiring.view(
        settings, built.tables, schema, built.spool, principal=principal, clock=clock, listen=listen
    )
    odata = export_wiring.odata(settings, built.tables, principal=principal)
    recordings, storage = recording_wiring.view(
        settings, built.services.calls, principal=principal, transport=transport
    )
    received = webhook_wiring.view(settings, built.webhooks, clock=clock, listen=listen)
    known_by_token, issuer = tokens(
        settings,
        built.catalog,
        identity_key(settings),
        clock=clock,
        timer=time.monotonic,
        listen=listen,
        transport=transport,
    )
    guard = doors.guard(settings, [built.keys, *([known_by_token] if known_by_token else [])])

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with storage, issuer, built.opened(), built.at_work():
            health.is_open = True
            yield
            health.is_open = False

    doors_of_app = routes(
        guard, graphql, recordings=recordings, exports=exports, odata=odata, webhooks=received, health=health
    )
    app = Starlette(
        routes=doors_of_app,
        middleware=[
            *walls.outer(settings),
            Middleware(RequestId, listen=listen),
            *walls.inner(settings),
            Middleware(Straight, routes=doors_of_app),
        ],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.gateway, app.state.lane = built, graphql.lane
    return app


def gateway(
    settings: Settings,
    *,
    listen: Listener = silence,
    clock: Callable[[], dt.datetime] = utc_now,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Gateway:
    """The parts of a gateway with these settings. Raises `SettingsInvalid`; nothing has been opened."""
    catalog, secret = catalog_of(settings), identity_key(settings)
    vapi = upstream(settings, listen=listen, transport=transport)
    decode, memory = decoder(catalog, secret), Memory(limit=settings.cache_bytes, clock=clock)

    spool = export_wiring.spool(settings)

    def changed(changes: Sequence[Change]) -> None:
        reader.outdated(changes)
        if spool is not None and any(change.state in GONE for change in changes):
            spool.purge()
        if purging is not None:
            purging.changed(changes)

    kept = mirror(settings, catalog, secret, changed=changed, listen=listen)
    reader = ReadThrough(
        source=vapi.live,
        mirror=CallMirror(
            store=kept.calls,
            recall=kept.calls.recall,
            state=kept.state,
            intake=kept.intake,
            prepare=kept.prepare,
            retention=kept.retention,
            clock=clock,
        ),
        memory=memory,
        decode=decode,
        reread=lazy_decoder(catalog, secret),
        rebuild=call_maker(catalog),
        read_presigned=presigned_reader(catalog),
        lifetimes=lifetimes(settings),
        clock=clock,
        redact=kept.preparing.redact,
        listen=listen,
    )
    unchanged = Unchanged(kept.watch.version)
    freshness = MirrorFreshness(state=kept.state, clock=clock, allowed_lag=_allowed_lag(settings), unchanged=unchanged)
    related = RelatedThings(
        source=vapi.live,
        decode=decode,
        fresh=settings.related_fresh_seconds,
        kept=settings.kept_seconds,
        timer=time.monotonic,
        redact=kept.preparing.redact,
    )
    keeps = keeper(settings, kept, vapi, secret, clock=clock, listen=listen)
    copy, snapshots = columnar(settings, catalog, kept, decode=decode, clock=clock), Snapshots(kept.calls.last_change)
    purging = None if copy is None else Purging(copy.copy.purge, listen=listen)
    largest = settings.page_size_limit

    def applied(changes: Sequence[Change]) -> None:
        changed(changes)
        keeps.sync.wake()

    return Gateway(
        settings=settings,
        catalog=catalog,
        clock=clock,
        listen=listen,
        upstream=vapi,
        mirror=kept,
        keeper=keeps,
        reader=reader,
        related=related,
        columnar=copy,
        purging=purging,
        tables=Tables(
            None if copy is None else copy.tables,
            snapshots,
            catalog=catalog,
            reading=kept.reading,
            most_rows=settings.export_rows or None,
        ),
        spool=spool,
        services=Services(
            calls=Calls(
                reader=reader,
                store=kept.calls,
                freshness=freshness,
                catalog=catalog,
                clock=clock,
                largest_page=largest,
                unchanged=unchanged,
            ),
            customers=Customers(store=kept.customers, catalog=catalog, clock=clock, largest_page=largest),
            relations=Relations(related),
            mirror=MirrorStatus(state=kept.state, ledger=kept.ledger, retention=kept.retention, clock=clock),
            stats=Stats(None if copy is None else copy.groups, snapshots, catalog=catalog),
        ),
        webhooks=webhook_wiring.service(settings, kept, applied=applied, clock=clock, listen=listen),
        keys=api_keys(settings, catalog, kept.keys, clock=clock, timer=time.monotonic, listen=listen),
        freshness=freshness,
        following=Following(kept.calls, changed, listen=listen),
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """What can be done to a mirror without Vapi, unopened; how it is read stays as its keeper's settings have it."""

    settings: Settings
    mirror: Mirror
    erasure: Erasure
    keys: Keys

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the mirror, and close it in the end. Raises the leaves of `StoreError`."""
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.mirror.database.close)
            await self.mirror.look()
            yield

    async def erase(self, key: str) -> int:
        """Forget the customer with this key; of how many calls only the outline is left.

        Raises:
            SettingsInvalid: the mirror has other columns than these settings declare, of which nothing would be erased.
        """
        if not await self.mirror.is_read_so():
            raise SettingsInvalid(
                "The mirror was made with other declarations of attributes than these settings have, and all of its "
                "columns are to be erased: state the settings of the gateway that keeps it (--settings)"
            )
        erased = await self.erasure.customer(key)
        if erased:
            discard(self.settings)
        return erased


def maintenance(settings: Settings) -> Maintenance:
    """The mirror with these settings, for commands that need no Vapi. Raises `SettingsInvalid`."""
    catalog = catalog_of(settings)
    kept = mirror(settings, catalog, identity_key(settings), changed=lambda _: None)
    erasure = Erasure(kept.calls, kept.intake, catalog.aliases, kept.database.checkpoint)
    keys = api_keys(settings, catalog, kept.keys, clock=utc_now, timer=time.monotonic)
    return Maintenance(settings=settings, mirror=kept, erasure=erasure, keys=keys)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Exporting:
    """What whole tables are read with by who may read everything, without Vapi, unopened."""

    mirror: Mirror
    columnar: Columnar | None
    tables: Tables
    schema: CatalogSchema
    principal: Principal = ANONYMOUS

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the mirror, and close everything in the end. Raises the leaves of `StoreError`.

        Raises:
            SettingsInvalid: the mirror has other columns than these settings declare.
        """
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(self.mirror.database.close)
            await self.mirror.look()
            if not await self.mirror.is_read_so():
                raise SettingsInvalid(
                    "The mirror was made with other declarations of attributes than these settings have: state the "
                    "settings of the gateway that keeps it (--settings), or let it start once with these"
                )
            if self.columnar is not None:
                stack.push_async_callback(self.columnar.copy.close)
            yield

    def request(
        self,
        table: str,
        *,
        columns: Sequence[str] | None = None,
        where: Any = None,
        since: int | None = None,
        snapshot: Snapshot = LATEST,
    ) -> TableRequest:
        """The request for a table, ``where`` being a filter as plain JSON. Raises `BadUserInput`."""
        of_customers = table == CUSTOMERS
        predicate = self.schema.predicate("Customer" if of_customers else "Call", where, utc_now(), "where")
        return TableRequest(
            table=table,
            columns=columns,
            calls=EVERYTHING if of_customers else predicate,
            where=predicate if of_customers else EVERYTHING,
            since=since,
            snapshot=snapshot,
        )


def exporting(settings: Settings) -> Exporting:
    """The tables of the mirror with these settings. Raises `SettingsInvalid`."""
    catalog, secret = catalog_of(settings), identity_key(settings)
    kept = mirror(settings, catalog, secret, changed=lambda _: None)
    copy = columnar(settings, catalog, kept, decode=decoder(catalog, secret), clock=utc_now)
    tables = Tables(None if copy is None else copy.tables, Snapshots(kept.calls.last_change), catalog=catalog)
    return Exporting(mirror=kept, columnar=copy, tables=tables, schema=schema_of(catalog))


async def make_ready(settings: Settings) -> bool:
    """Make the mirror's tables ready, so that one that cannot be used is told of before anything listens.

    Tells whether there is an API key that opens something.

    Raises:
        StoreError: the mirror's database cannot be used.
    """
    kept = maintenance(settings)
    async with kept.opened():
        return await kept.keys.any_valid()


def schema_of(catalog: Catalog, *, listen: Listener = silence) -> CatalogSchema:
    """The GraphQL schema over a catalog."""
    return CatalogSchema(catalog, listen=listen)


def decoder_of(settings: Settings, catalog: Catalog) -> Decode:
    """The decoder that the gateway with these settings uses, if it has started before; nothing is written.

    Before the first start there is no identity key; keys that are hashes are then made with one that is forgotten.
    """
    return decoder(catalog, identity_key(settings) if has_started(settings) else passing_key())


def check_exposure(settings: Settings) -> None:
    """Refuse to be reachable from other machines while somebody is let in whom nobody knows.

    Raises:
        SettingsInvalid: the host is not this machine's own.
    """
    if is_loopback(settings.host):
        return
    if settings.webhook_anonymous:
        raise SettingsInvalid(
            f"GATEWAY_WEBHOOK_ANONYMOUS=1 is for one's own machine, and GATEWAY_HOST is {settings.host}: whoever "
            "reaches it could delete every call. Set GATEWAY_WEBHOOK_SECRETS instead"
        )
    if settings.allow_anonymous:
        raise SettingsInvalid(
            f"GATEWAY_ALLOW_ANONYMOUS=1 is for one's own machine, and GATEWAY_HOST is {settings.host}: whoever reaches "
            f"it could read every call. Unset it. {_WAYS_IN}"
        )


def check_ways_in(settings: Settings, *, has_keys: bool) -> str | None:
    """What to say where nobody would be let in yet, or everybody to everything; None where all is well.

    Raises:
        SettingsInvalid: the host is not this machine's own, and a door that opens to nobody is not what is meant.
    """
    if _has_issuer(settings) and not (settings.jwt_customer_claim or settings.jwt_assistants_claim):
        return (
            "Every token of your sign-in opens the calls of all customers: set GATEWAY_JWT_CUSTOMER_CLAIM to the claim "
            "that says whose calls a token opens (docs/security.md)"
        )
    if has_keys or _has_issuer(settings) or settings.allow_anonymous:
        return None
    if not is_loopback(settings.host):
        raise SettingsInvalid(f"GATEWAY_HOST is {settings.host}, and nobody could be told from a stranger. {_WAYS_IN}")
    return (
        f"Nobody is let in yet. {_WAYS_IN}; on your own machine, GATEWAY_ALLOW_ANONYMOUS=1 lets everybody on it read "
        "every call"
    )


def _has_issuer(settings: Settings) -> bool:
    return settings.jwt_jwks_url is not None or settings.jwt_jwks_file is not None


def _allowed_lag(settings: Settings) -> dt.timedelta:
    """How far behind the mirror may be without a word: a few polls, which is what it usually is."""
    return dt.timedelta(seconds=max(3 * settings.poll_seconds, 60))
