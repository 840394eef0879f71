"""Exports and OData: the endpoints and the spool; without the extra “bi”, those that say how to install it."""

from __future__ import annotations

import datetime as dt
import importlib.util
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.principal import Principal
from gateway.errors import NotConfigured
from gateway.graph.schema import CatalogSchema
from gateway.observe.events import Listener
from gateway.services.stats import MISSING
from gateway.services.tables import Tables
from gateway.settings import Settings
from gateway.web.rates import Places
from gateway.web.refusals import explained
from gateway.wiring.keys import data_dir

if TYPE_CHECKING:
    from gateway.export.spool import Spool

_FOLDER: Final = "spool"


def spool(settings: Settings) -> Spool | None:
    """The files of exports; None where the extra “bi” is not installed."""
    if importlib.util.find_spec("pyarrow") is None:
        return None
    from gateway.export.spool import Spool

    return Spool(
        data_dir(settings) / _FOLDER,
        most_bytes=settings.export_spool_bytes,
        seconds=settings.export_spool_seconds,
        timer=time.monotonic,
    )


def view(
    settings: Settings,
    tables: Tables,
    schema: CatalogSchema,
    files: Spool | None,
    *,
    principal: Callable[[Scope], Principal],
    clock: Callable[[], dt.datetime],
    listen: Listener,
) -> ASGIApp:
    """The endpoint."""
    if files is None:
        return _missing
    from gateway.web.exports import ExportView

    return ExportView(
        tables,
        principal=principal,
        predicate=schema.predicate,
        spool=files,
        places=Places(
            settings.exports_at_once, what="Exports of one caller at a time", setting="GATEWAY_EXPORTS_AT_ONCE"
        ),
        seconds=settings.export_seconds,
        listen=listen,
        clock=clock,
    )


def odata(settings: Settings, tables: Tables, *, principal: Callable[[Scope], Principal]) -> ASGIApp:
    """The OData service."""
    if importlib.util.find_spec("odata_query") is None or importlib.util.find_spec("pyarrow") is None:
        return _missing
    from gateway.web.odata.view import ODataView

    return ODataView(
        tables,
        principal=principal,
        page_size=settings.odata_page_size,
        places=Places(
            settings.exports_at_once,
            what="Requests to OData of one caller at a time",
            setting="GATEWAY_EXPORTS_AT_ONCE",
        ),
        seconds=settings.export_seconds,
    )


async def _missing(scope: Scope, receive: Receive, send: Send) -> None:
    await explained(HTTPStatus.NOT_IMPLEMENTED, NotConfigured(MISSING))(scope, receive, send)
