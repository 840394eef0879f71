"""Doors: a gateway over the simulator's past on a loopback port, as BI tools meet it, and a key that opens it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tempfile
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import app
from gateway.domain.keys import OF_ADDRESSES
from gateway.domain.principal import Scope as Scopes
from gateway.services.keys import Wish
from gateway.simulator.app import create
from gateway.simulator.server import Server
from tests.e2e.clocks import ANCHOR, Clock
from tests.e2e.gateways import gateway, quick_settings

CALLS: Final = 400
FIGURES: Final = """
    {
      callStats {
        groups { count sum(of: COST) avg(of: DURATION_SECONDS) countDistinct(of: CUSTOMER_KEY) }
      }
    }
"""


@dataclasses.dataclass(frozen=True)
class Figures:
    """What the mirror holds, by what GraphQL tells of it."""

    calls: int
    cost: float
    seconds: float
    customers: int


@dataclasses.dataclass(frozen=True)
class Doors:
    """A gateway that is served. ``key`` opens all tables, ``key_of_addresses`` those of OData in an address.

    ``ranges`` are the parts of files that were asked for.
    """

    url: str
    key: str = dataclasses.field(repr=False)
    key_of_addresses: str = dataclasses.field(repr=False)
    ranges: list[str]

    @property
    def bearing(self) -> dict[str, str]:
        """The header that shows the key."""
        return {"Authorization": f"Bearer {self.key}"}

    def figures(self) -> Figures:
        """What the mirror holds."""
        answer = httpx.post(f"{self.url}/graphql", json={"query": FIGURES}, headers=self.bearing).json()
        (group,) = answer["data"]["callStats"]["groups"]
        return Figures(group["count"], group["sum"], group["avg"], group["countDistinct"])

    def opened(self, path: str) -> Any:
        """An answer of the gateway, to be read as it comes."""
        return urllib.request.urlopen(urllib.request.Request(f"{self.url}{path}", headers=self.bearing))  # noqa: S310  # loopback


class _Noting:
    """Notes the parts that are asked for."""

    def __init__(self, inner: ASGIApp, noted: list[str]) -> None:
        self._inner = inner
        self._noted = noted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._noted += [value.decode() for name, value in scope.get("headers", ()) if name == b"range"]
        await self._inner(scope, receive, send)


async def _filled(folder: str) -> tuple[str, str]:
    """Mirror all of the simulator's past in a folder; two keys for it."""
    everything = frozenset(Scopes) - {Scopes.ODATA_URL}
    with Server(create(seed=7, calls=CALLS, live=0, clock=Clock(), anchor=ANCHOR)) as vapi:
        async with gateway(clock=Clock(), upstream_url=vapi.url, data_dir=folder) as there:
            await there.fill()
            _, key = await there.parts.keys.create(Wish(name="reader", scopes=everything))
            _, of_addresses = await there.parts.keys.create(Wish(name="address", scopes=OF_ADDRESSES))
    return key, of_addresses


@contextlib.contextmanager
def doors(*, anonymous: bool = False) -> Iterator[Doors]:
    """A gateway whose mirror does not change; ``anonymous``: it also lets in whoever shows nothing."""
    with tempfile.TemporaryDirectory() as folder:
        key, of_addresses = asyncio.run(_filled(folder))
        ranges: list[str] = []
        settings = quick_settings(data_dir=folder, sync=False, allow_anonymous=anonymous)
        built = app.build(settings, clock=Clock())
        built.add_middleware(_Noting, noted=ranges)
        with Server(built) as served:
            yield Doors(served.url, key, of_addresses, ranges)
