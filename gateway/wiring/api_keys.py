"""API keys, as the settings say."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable

from gateway.domain.catalog import Catalog
from gateway.observe.events import Listener, silence
from gateway.ports import KeyStore
from gateway.services.keys import Keys
from gateway.settings import Settings


def api_keys(
    settings: Settings,
    catalog: Catalog,
    store: KeyStore,
    *,
    clock: Callable[[], dt.datetime],
    timer: Callable[[], float],
    listen: Listener = silence,
) -> Keys:
    """The keys in a store."""
    return Keys(
        store,
        aliases=catalog.aliases,
        clock=clock,
        timer=timer,
        random=secrets.token_bytes,
        trusts_servers_only=settings.binding_trust == "server",
        listen=listen,
    )
