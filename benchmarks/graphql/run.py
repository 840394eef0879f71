"""One run: the servers are started over the same data, compared, measured, and asked what they have taken."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.graphql import changes, data, definitions, economy, large, loader, node_servers, queries, scenarios
from benchmarks.graphql.cores import LOADING
from benchmarks.graphql.definitions import typical
from benchmarks.graphql.loader import Load
from benchmarks.graphql.queries import Answer, WrongAnswer
from benchmarks.graphql.report import Report
from benchmarks.graphql.scenarios import CONNECTIONS, Scenario
from benchmarks.graphql.servers import Fleet, Server, python
from benchmarks.graphql.wanted import GATEWAYS, Wanted
from gateway.simulator.moments import milliseconds
from gateway.simulator.timeline import Timeline
from gateway.wiring.mirror import Mirror

CALLS: Final = 1000
"""Calls of the mirror that all servers have the data of."""
_HISTORY: Final = 10_000_000
"""Calls of the Vapi whose calls are cold."""
_SCHEMA: Final = Path(__file__).parents[2] / "schema.graphql"
_COLD_SEED: Final = 2
_LARGE: Final = ("customer", "returning")
"""The scenarios of the large mirror."""
_RETURNING: Final = 1_000
"""Customers whose calls are in memory: twice as many as the gateway keeps lists, so that it has to ask for each."""
_CEILING_SECONDS: Final = 1.0
_STARTED: Final = time.perf_counter()


class Run:
    """One run; what it finds goes into the report."""

    def __init__(self, wanted: Wanted, fleet: Fleet, folder: Path, report: Report) -> None:
        self._wanted = wanted
        self._fleet = fleet
        self._folder = folder
        self._report = report
        self._all: dict[str, Server] = {}
        self._anchor = data.now() - data.DAY
        """When the newest simulated call was created: long ago enough that all are settled."""

    async def everything(self) -> None:
        """All that is wanted, one after the other."""
        vapi = await self._vapi("vapi", seed=1, calls=CALLS)
        folder = self._folder / "mirror"
        tell("filling the mirror")
        await data.fill(folder, vapi.port)
        tell("starting the servers")
        servers = {"gateway": await self._gateway("gateway", folder, vapi)}
        if self._wanted.has("plain"):
            servers["plain"] = await self._gateway("plain", folder, vapi)
        gateway = servers["gateway"]
        calls = await data.answered(gateway.port)
        servers |= await self._in_memory(folder, calls)
        await self._check_alike(servers, calls)
        if self._wanted.has("economy"):
            await self._economy(vapi, gateway, [call["id"] for call in calls])
        compared = {name: server for name, server in servers.items() if self._wanted.has(name)}
        async with data.opened(data.settings_of(folder)) as mirror:
            await self._measured([each async for each in self._scenarios(compared, calls, mirror, vapi)])
        self._report.memory = {name: server.memory() for name, server in self._all.items()}
        self._report.start_up = {name: server.first_answer for name, server in self._all.items()}

    async def _measured(self, wanted: list[Scenario]) -> None:
        report, rounds, seconds = self._report, self._wanted.rounds, self._wanted.seconds
        report.titles = {each.name: each.title for each in wanted}
        open_too = [each for each in wanted if each.name in ("single", "page")]
        await self._ceilings(open_too)
        report.rates, report.by_processor = await scenarios.rates(wanted, rounds=rounds, seconds=seconds, tell=tell)
        if self._wanted.has("latency"):
            report.latencies = await scenarios.latencies(
                open_too, report.rates, rounds=rounds, seconds=seconds, tell=tell
            )

    # The servers

    async def _vapi(self, name: str, *, seed: int, calls: int) -> Server:
        stated = ("--seed", seed, "--calls", calls, "--anchor", self._anchor.isoformat())
        return await self._fleet.start(name, python("benchmarks.graphql.upstream", *stated), core=LOADING)

    async def _gateway(self, name: str, folder: Path, vapi: Server, of: str = "", **more: str) -> Server:
        env = {**data.environment_of(folder, vapi.port, **more), **GATEWAYS[name]}
        return await self._started(f"{name}{of}", python("gateway", "serve"), env)

    async def _in_memory(self, folder: Path, calls: Sequence[Answer]) -> dict[str, Server]:
        """The servers that hold the calls in memory."""
        found: dict[str, Server] = {}
        if self._wanted.has("stock"):
            documents = await data.documents(folder, [call["id"] for call in calls])
            file = data.write(self._folder / "documents.json", documents)
            found["stock"] = await self._started("stock", python("benchmarks.graphql.stock", file))
        wanted = [name for name in node_servers.NAMES if self._wanted.has(name) and self._wanted.has_node]
        if not wanted:
            return found
        file = data.write(self._folder / "calls.json", calls)
        try:
            installed = node_servers.installed()
        except node_servers.NoNode as error:
            self._report.notes.append(f"{' and '.join(wanted)} left out: {error}")
            return found
        self._report.about["node"] = node_servers.described()
        for name in wanted:
            command = ["node", str(installed / f"{name}.js"), str(_SCHEMA), str(file)]
            found[name] = await self._started(name, command, {"NODE_ENV": "production"})
        return found

    async def _started(self, name: str, command: list[str], env: dict[str, str] | None = None) -> Server:
        server = await self._fleet.start(name, command, env=env)
        await server.answers(queries.body(queries.PAGE, {"first": 1}))
        self._all[name] = server
        return server

    async def _check_alike(self, servers: Mapping[str, Server], calls: Sequence[Answer]) -> None:
        """See that all servers give the same data, cursors and freshness aside. Raises `WrongAnswer`."""
        newest = queries.body(queries.PAGE, {"first": queries.PAGE_SIZE})
        for content in (queries.body(queries.CALL, {"id": typical(calls)["id"]}), newest):
            expected = await told(servers["gateway"], content)
            for name, server in servers.items():
                answer = await told(server, content)
                if answer != expected:
                    raise WrongAnswer(f"{name} gives other data than the gateway: {answer} is not {expected}"[:4000])

    # The scenarios

    async def _scenarios(
        self, compared: Mapping[str, Server], calls: Sequence[Answer], mirror: Mirror, vapi: Server
    ) -> AsyncIterator[Scenario]:
        ids = [call["id"] for call in calls[: queries.PAGE_SIZE]]

        @contextlib.asynccontextmanager
        async def changing(server: Server) -> AsyncIterator[None]:
            if server.name in GATEWAYS:
                async with changes.changing(mirror, ids):
                    yield
            else:
                with server.changing():
                    yield

        if self._wanted.has("single"):
            yield definitions.single(compared, typical(calls))
        if self._wanted.has("page"):
            yield definitions.page(compared, ids)
        if self._wanted.has("changing"):
            page = definitions.page(compared, ids)
            yield dataclasses.replace(
                page, name="changing", title=f"{page.title}, 2 change a second", changing=changing
            )
        has_gateways = bool(self._wanted.gateways())
        if any(map(self._wanted.has, _LARGE)) and self._wanted.calls and has_gateways:
            for each in await self._of_customers(vapi):
                yield each
        if self._wanted.has("cold") and has_gateways:
            yield await self._cold()

    async def _of_customers(self, vapi: Server) -> list[Scenario]:
        """The scenarios of the large mirror, where there is room for it."""
        try:
            return await self._customers(vapi)
        except large.NoRoom as error:
            self._report.notes.append(f"{' and '.join(_LARGE)} left out: {error}")
            return []

    async def _customers(self, vapi: Server) -> list[Scenario]:
        """Calls of one customer each time, out of many: of customers whom nobody has asked for, and of some again."""
        count = self._wanted.calls
        tell(f"the mirror of {count:,} calls, which takes minutes the first time")
        kept = await large.made(count)
        await kept.confirm()
        file = str(kept.settings)
        servers = {
            name: await self._gateway(name, kept.folder, vapi, ", large mirror", settings_file=file)
            for name in self._wanted.gateways()
        }
        found = []
        if self._wanted.has("customer"):
            found.append(definitions.customer(servers, kept.customers(), count))
        if self._wanted.has("returning"):
            keys = list(itertools.islice(kept.customers(), _RETURNING))
            for server in servers.values():
                await asked_once(server, keys)
            found.append(definitions.returning(servers, keys))
        return found

    async def _cold(self) -> Scenario:
        """Calls that nobody has asked for before, each once."""
        vapi = await self._vapi("vapi-cold", seed=_COLD_SEED, calls=_HISTORY)
        servers = {
            name: await self._gateway(name, self._folder / f"cold-{name}", vapi, ", cold calls")
            for name in self._wanted.gateways()
        }
        timeline = Timeline(_COLD_SEED, _HISTORY, milliseconds(self._anchor))
        return definitions.cold(servers, map(timeline.id, itertools.count()))

    async def _ceilings(self, wanted: Sequence[Scenario]) -> None:
        """What the load can do, with answers of the size that each of these scenarios has."""
        tell("the load alone")
        for each in wanted:
            content = next(each.contents)
            sized = next(iter(each.servers.values()))
            size = len(await loader.ask(sized.port, queries.request(content, sized.port)))
            server = await self._fleet.start("ceiling", python("benchmarks.graphql.ceiling", "--size", size))
            load = Load(server.port, each.requests(server))
            measured = await load.closed(seconds=_CEILING_SECONDS, connections=CONNECTIONS)
            self._report.ceilings[f"{size:,} bytes"] = measured.rate
            self._fleet.end(server)

    async def _economy(self, vapi: Server, filled: Server, ids: Sequence[str]) -> None:
        """How often Vapi is asked by a gateway that knows nothing, and by one whose mirror is filled."""
        tell("economy")
        empty = await self._gateway("gateway", self._folder / "economy", vapi, ", empty mirror")
        of = f"for {economy.QUERIES:,} queries of {economy.CALLS} calls"
        self._report.upstream = {
            f"{of}, with an empty mirror": await economy.requests(empty, vapi, ids),
            f"{of}, with a filled mirror": await economy.requests(filled, vapi, ids),
            f"{of}, where nothing is kept": economy.QUERIES,
        }
        self._fleet.end(empty)
        self._all.pop(empty.name)


def tell(text: str) -> None:
    """Say what is going on to who waits."""
    print(f"{time.perf_counter() - _STARTED:5.0f} s  {text}", file=sys.stderr, flush=True)  # noqa: T201  # a command that prints


async def asked_once(server: Server, keys: Sequence[str]) -> None:
    """Ask for the page of each of these customers."""
    tell(f"the pages of {len(keys):,} customers, once, from {server.name}")
    for key in keys:
        content = queries.body(queries.OF_CUSTOMER, {"key": key})
        queries.data(await loader.ask(server.port, queries.request(content, server.port)))


async def told(server: Server, content: bytes) -> Answer:
    """What a server says, without what each says its own way."""
    return queries.told(queries.data(await loader.ask(server.port, queries.request(content, server.port))))
