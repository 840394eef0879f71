"""The mirror: its database, those who read from it, and those who keep it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from typing import Final

from gateway.domain.attributes import Document
from gateway.domain.catalog import Catalog
from gateway.domain.decode import decoder
from gateway.domain.fingerprints import fingerprint
from gateway.domain.observations import Projection, Snapshot
from gateway.domain.projection import projector
from gateway.domain.redaction import redactor
from gateway.domain.retention import Retention
from gateway.errors import SettingsInvalid
from gateway.observe.events import Listener, ViewsNotMade, silence
from gateway.ports import CallSource, Change
from gateway.services.backfill import Backfilling
from gateway.services.expiry import Expiry, Keeping
from gateway.services.intake import Intake
from gateway.services.poll import Poll, Rhythm
from gateway.services.preparers import PooledCalls
from gateway.services.preparing import PreparedCalls, Preparing
from gateway.services.reconcile import Reconcile
from gateway.services.refill import Refill
from gateway.services.rereads import Rereads
from gateway.services.sync import Part, Sync
from gateway.settings import Settings, located
from gateway.store import opening
from gateway.store.calls import SqlCalls
from gateway.store.customers import SqlCustomers
from gateway.store.database import Database
from gateway.store.keys import SqlKeys
from gateway.store.ledger import SqlLedger
from gateway.store.packing import digest, pack
from gateway.store.sync import SqlSync
from gateway.store.tables import Tables
from gateway.store.upkeep import SqlUpkeep
from gateway.store.views import Views, views
from gateway.store.watch import Watch
from gateway.wiring.catalogs import catalog_of
from gateway.wiring.keys import data_dir
from gateway.wiring.lifetimes import days, retention
from gateway.wiring.upstream import Upstream

_FILE: Final = "mirror.sqlite"
_READING: Final = "reading"
"""Under this name is saved how the columns were read."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mirror:
    """The mirror, unopened: `open` makes its tables ready. ``intake`` is the one way in.

    ``reading`` is the fingerprint of how documents are read.
    """

    url: str
    reading: str
    database: Database
    calls: SqlCalls
    customers: SqlCustomers
    ledger: SqlLedger
    state: SqlSync
    upkeep: SqlUpkeep
    keys: SqlKeys
    intake: Intake
    preparing: Preparing
    retention: Retention
    watch: Watch
    views: Views | None
    listen: Listener

    async def look(self) -> None:
        """Make ready what has no attributes, for who only looks after the mirror; one that is new is opened.

        Raises as `gateway.store.opening.opened` does.
        """
        await opening.prepare(self.url, self.database.tables, attributes=False)
        if await self.state.load(_READING) is None:
            await self.open()

    async def is_read_so(self) -> bool:
        """Whether its columns are those of these settings."""
        return bool(await self.state.load(_READING) == self.reading)

    async def open(self) -> None:
        """Make or change all tables where that is needed. Raises as `gateway.store.opening.opened` does."""
        unmade = await opening.prepare(self.url, self.database.tables, views=self.views)
        if unmade is not None:
            self.listen(ViewsNotMade(unmade.what, unmade.reason))
        before = await self.state.load(_READING)
        if before != self.reading:
            if before is not None:
                await self.upkeep.refill_all()  # the columns hold what was read otherwise
            await self.state.save(_READING, self.reading)

    def prepare(self, redacted: Document, read_at: dt.datetime) -> Snapshot:
        """The snapshot of a call that is redacted already."""
        return self.preparing.kept(redacted, read_at)[0]


def mirror(
    settings: Settings,
    catalog: Catalog,
    identity_key: bytes,
    *,
    changed: Callable[[Sequence[Change]], None],
    listen: Listener = silence,
) -> Mirror:
    """The mirror with these settings; ``changed`` is told what changes in it by this process.

    Raises:
        SettingsInvalid: the database's URL cannot be used, or an attribute is named for views that they cannot have.
    """
    url = database_url(settings)
    database, prepare = opening.database(url, catalog), _preparing(catalog, identity_key)
    patience = settings.query_patience_seconds
    calls = SqlCalls(database, catalog, functools.partial(_projected, prepare), patience=patience)
    return Mirror(
        url=url,
        reading=fingerprint(catalog, identity_key),
        database=database,
        calls=calls,
        customers=SqlCustomers(database, patience=patience),
        ledger=SqlLedger(database),
        state=SqlSync(database),
        upkeep=SqlUpkeep(database, catalog, functools.partial(_projected, prepare)),
        keys=SqlKeys(database),
        intake=Intake(calls, changed=changed),
        preparing=prepare,
        retention=retention(settings),
        watch=Watch(url),
        views=_views(settings, catalog, database.tables),
        listen=listen,
    )


def _views(settings: Settings, catalog: Catalog, tables: Tables) -> Views | None:
    """The views for BI tools that the settings want; None where they want none."""
    try:
        wanted = views(catalog, tables, schema=settings.bi_schema, role=settings.bi_role, named=settings.bi_attributes)
    except SettingsInvalid as error:
        raise located(error, settings) from None
    return wanted if settings.bi_views else None


def database_url(settings: Settings) -> str:
    """Where the mirror is: the setting, else a file in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{data_dir(settings).absolute() / _FILE}"


def preparing(settings: Settings, identity_key: bytes) -> Preparing:
    """What prepares calls in another process: made there, of what can be sent there."""
    return _preparing(catalog_of(settings), identity_key)


def _preparing(catalog: Catalog, identity_key: bytes) -> Preparing:
    return Preparing(
        decode=decoder(catalog, identity_key, lists=False),
        project=projector(catalog),
        pack=pack,
        digest=digest,
        redact=redactor(catalog.secret_keys),
    )


def _projected(prepare: Preparing, document: Document) -> Projection:
    return prepare.project(prepare.decode(document).call)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Whoever keeps the mirror: ``sync`` does all ``parts`` of it as long as this process has the lease."""

    parts: tuple[Part, ...]
    sync: Sync
    backfilling: Backfilling
    refill: Refill
    pool: PooledCalls | None

    def close(self) -> None:
        """End the processes that prepare calls."""
        if self.pool is not None:
            self.pool.close()


def keeper(
    settings: Settings,
    kept: Mirror,
    upstream: Upstream,
    identity_key: bytes,
    *,
    clock: Callable[[], dt.datetime],
    listen: Listener,
) -> Keeper:
    """Backfill, poll, rereads, reconcile and upkeep of a mirror, with these settings."""
    live = PreparedCalls(upstream.live, kept.preparing, clock=clock, listen=listen)
    pool = _pool(settings, upstream, identity_key, clock=clock, listen=listen)
    behind: CallSource = pool or PreparedCalls(upstream.background, kept.preparing, clock=clock, listen=listen)
    backfilling = Backfilling(
        source=behind,
        intake=kept.intake,
        state=kept.state,
        retention=kept.retention,
        clock=clock,
        ahead=max(settings.backfill_workers, 1),
        ended=pool.rest if pool is not None else lambda: None,
        listen=listen,
    )
    poll = Poll(
        source=live,
        intake=kept.intake,
        state=kept.state,
        backfilling=backfilling,
        retention=kept.retention,
        clock=clock,
        rhythm=Rhythm(interval=dt.timedelta(seconds=settings.poll_seconds)),
        listen=listen,
    )
    rereads = Rereads(
        source=live,
        store=kept.calls,
        intake=kept.intake,
        state=kept.state,
        retention=kept.retention,
        spare=upstream.pacing.spare,
        clock=clock,
        listen=listen,
    )
    reconcile = Reconcile(
        source=PreparedCalls(upstream.background, kept.preparing, clock=clock, listen=listen),
        store=kept.calls,
        intake=kept.intake,
        state=kept.state,
        retention=kept.retention,
        clock=clock,
        interval=dt.timedelta(seconds=settings.reconcile_seconds),
        stuck_after=dt.timedelta(seconds=settings.stuck_seconds),
        listen=listen,
    )
    refill = Refill(kept.upkeep)
    expiry = Expiry(kept.upkeep, _keeping(settings), clock=clock, changed=kept.database.checkpoint)
    parts = (
        Part("poll", poll.step),
        Part("rereads", rereads.step),
        Part("backfill", backfilling.step),
        Part("reconcile", reconcile.step),
        Part("refill", refill.step),
        Part("expiry", expiry.step),
    )
    sync = Sync(parts, state=kept.state, holder=holder(), clock=clock, listen=listen)
    return Keeper(parts=parts, sync=sync, backfilling=backfilling, refill=refill, pool=pool)


def holder() -> str:
    """What this process is called where it has the lease."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _keeping(settings: Settings) -> Keeping:
    return Keeping(
        content=days(settings.keep_content_days),
        documents=days(settings.keep_documents_days),
        ledger=days(settings.keep_ledger_days),
    )


def _pool(
    settings: Settings,
    upstream: Upstream,
    identity_key: bytes,
    *,
    clock: Callable[[], dt.datetime],
    listen: Listener,
) -> PooledCalls | None:
    if not settings.backfill_workers:
        return None
    make = functools.partial(preparing, settings, identity_key)
    return PooledCalls(upstream.background, make, processes=settings.backfill_workers, clock=clock, listen=listen)
