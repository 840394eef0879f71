"""``python -m benchmarks.graphql.stock``: Strawberry as it comes, over the gateway's schema, with records in memory.

Strawberry's own view under uvicorn with uvloop and httptools; no limits, no extensions, no authentication, no store.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import datetime as dt
import itertools
import json
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL

from benchmarks.graphql import data
from benchmarks.graphql.changes import MARK, PER_SECOND
from benchmarks.graphql.queries import PAGE_SIZE
from gateway import app
from gateway.domain.answers import CallAnswer
from gateway.domain.call import Call
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.filters import EVERYTHING
from gateway.domain.ordering import Position
from gateway.domain.principal import ANONYMOUS, Principal
from gateway.domain.stamp import Freshness
from gateway.graph.schema import CatalogSchema
from gateway.ports import Place
from gateway.services.calls import CallPage
from gateway.services.lists import ListRequest
from gateway.wiring.catalogs import catalog_of


class Records:
    """Calls in memory, newest first; it gives what the resolvers of the gateway's schema ask its services for."""

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._places = {call.id: number for number, call in enumerate(calls)}
        self._fetched_at = data.now()

    async def load(self, key: tuple[str, dt.timedelta | None]) -> CallAnswer | None:
        """One call."""
        place = self._places.get(key[0])
        return None if place is None else self._answer(self._calls[place])

    async def page(self, _: Principal, request: ListRequest) -> CallPage:
        """The newest calls."""
        size = request.first or request.usual
        now = data.now()
        return CallPage(
            answers=[self._answer(call) for call in self._calls[:size]],
            places=[Place(Position((call.created_at,), call.id), 0) for call in self._calls[:size]],
            now=now,
            stated="",
            predicate=EVERYTHING,
            has_next=size < len(self._calls),
            has_previous=False,
        )

    def _answer(self, call: Call) -> CallAnswer:
        age = (data.now() - self._fetched_at) // dt.timedelta(milliseconds=1)
        state, source = FreshnessState.FRESH, FreshnessSource.CACHE
        return CallAnswer(call, Freshness(fetched_at=self._fetched_at, age_ms=age, state=state, source=source))

    async def change(self) -> None:
        """Replace one record of the page after the other."""
        for number in itertools.count():
            place = 1 + number % (min(PAGE_SIZE, len(self._calls)) - 1)
            changed = dataclasses.replace(self._calls[place], name=f"{MARK} {number}", updated_at=data.now())
            self._calls[place] = changed
            await asyncio.sleep(1 / PER_SECOND)


class View(GraphQL[Any, None]):
    """Strawberry's view with a context that leads to the records."""

    def __init__(self, schema: CatalogSchema, records: Records) -> None:
        super().__init__(schema, graphql_ide=None)
        services = SimpleNamespace(calls=records)
        self._context = SimpleNamespace(call_by_id=records, services=services, principal=ANONYMOUS)

    async def get_context(self, request: Any, response: Any) -> Any:  # Strawberry's signature
        return self._context


def stock_schema(catalog: Any) -> CatalogSchema:
    """The gateway's schema with none of its extensions."""
    schema = CatalogSchema(catalog)
    schema.extensions = ()
    return schema


async def serve(folder: Path, documents: Sequence[Any]) -> None:
    """Serve until terminated."""
    settings = data.settings_of(folder)
    catalog = catalog_of(settings)
    decode = app.decoder_of(settings, catalog)
    records = Records([decode(document).call for document in documents])
    application = Starlette(routes=[Route("/graphql", View(stock_schema(catalog), records), methods=["POST"])])
    _change_when_told(records)
    config = uvicorn.Config(application, access_log=False, log_level="warning", loop="uvloop", http="httptools")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        host, port = listening.getsockname()
        print(f"Listening on http://{host}:{port}/graphql", flush=True)  # noqa: T201  # whoever started it reads this
        await uvicorn.Server(config).serve(sockets=[listening])


def _change_when_told(records: Records) -> None:
    """Begin to change at the signal, end at the next one, and so on."""
    running: list[asyncio.Task[None]] = []

    def told() -> None:
        if running:
            running.pop().cancel()
        else:
            running.append(asyncio.create_task(records.change()))

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, told)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path, help="Vapi's documents, newest first, as JSON")
    file: Path = parser.parse_args().documents
    uvloop.run(serve(file.parent, json.loads(file.read_text())))


if __name__ == "__main__":
    main()
