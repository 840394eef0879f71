"""Who asks is found out before anything else looks at a request."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway import app
from gateway.domain.principal import Principal, Scope
from gateway.errors import RateLimited, StoreUnavailable
from gateway.web.auth import LONGEST, Credentials, Door, Guard, principal
from gateway.web.rates import Rate
from tests.graph import asking

pytestmark = pytest.mark.anyio

OPEN: Final = {
    "/webhooks/vapi": "webhooks prove by themselves where they come from (gateway.domain.signatures)",
    "/livez": "whoever restarts the process has no credential, and learns that it lives",
    "/readyz": "the same: it tells nothing of calls",
}
"""Routes that ask nobody who they are, and why."""


class Known:
    """One token opens; a store that is down says so."""

    def __init__(self, opens: str = "right", error: Exception | None = None) -> None:
        self.opens, self.error = opens, error
        self.asked: list[str] = []

    async def known(self, token: str) -> Principal | None:
        self.asked.append(token)
        if self.error is not None:
            raise self.error
        return Principal(name="key:1", scopes=frozenset({Scope.CALLS_READ})) if token == self.opens else None


@contextlib.asynccontextmanager
async def behind(
    *credentials: Credentials,
    anonymous: bool = False,
    of_address: int = 0,
    of_caller: int = 0,
    client: tuple[str, int] = ("192.0.2.1", 5),
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application behind a door, which says who asks and how much it was sent."""

    async def told(request: Request) -> Response:
        return PlainTextResponse(f"{principal(request.scope).name} {len(await request.body())}")

    inner = Starlette(routes=[Route("/", told, methods=["GET", "POST"])])
    guard = Guard(
        credentials,
        anonymous=anonymous,
        addresses=Rate(of_address, who="One address", setting="GATEWAY_RATE_PER_ADDRESS_PER_MINUTE"),
        callers=Rate(of_caller, who="One caller", setting="GATEWAY_RATE_PER_MINUTE"),
    )
    transport = httpx.ASGITransport(Door(inner, guard), client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as asking_client:
        yield asking_client


def bearing(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


async def test_whoever_shows_a_credential_that_opens_is_let_in_by_name() -> None:
    async with behind(Known("other"), Known("right")) as client:
        assert (await client.get("/", headers=bearing("right"))).text == "key:1 0"
        assert (await client.get("/", headers={"Authorization": "bearer  right "})).text == "key:1 0"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        bearing("wrong"),
        {"Authorization": "right"},
        {"Authorization": "Basic cmlnaHQ6cmlnaHQ="},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer right right"},
        {"Authorization": "Bearer rïght".encode()},
        {"X-Api-Key": "right"},
        {"Cookie": "token=right"},
    ],
)
async def test_without_one_every_refusal_is_the_same(headers: dict[str, Any]) -> None:
    async with behind(Known()) as client:
        refusal = await client.get("/", headers=headers)
        usual = await client.get("/")
    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"] == 'Bearer realm="gateway"'
    assert refusal.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}
    assert refusal.content == usual.content


async def test_two_credentials_are_none() -> None:
    kind = Known()
    async with behind(kind) as client:
        twice = [("Authorization", "Bearer right"), ("Authorization", "Bearer right")]
        assert (await client.get("/", headers=twice)).status_code == 401
    assert kind.asked == []


async def test_a_credential_that_is_too_long_is_not_looked_at() -> None:
    kind = Known()
    async with behind(kind) as client:
        assert (await client.get("/", headers=bearing("x" * LONGEST))).status_code == 401
    assert kind.asked == []


async def test_nothing_of_a_body_is_read_before_it_is_known_whose_it_is() -> None:
    read = []

    async def body() -> AsyncIterator[bytes]:
        read.append(True)
        yield b"{"

    async with behind(Known()) as client:
        assert (await client.post("/", content=body())).status_code == 401
        assert (await client.post("/", content=body(), headers=bearing("right"))).text == "key:1 1"


async def test_on_ones_own_machine_nobody_need_show_one_but_a_wrong_one_is_wrong() -> None:
    async with behind(Known(), anonymous=True) as client:
        assert (await client.get("/")).text == "anonymous 0"
        assert (await client.get("/", headers=bearing("right"))).text == "key:1 0"
        assert (await client.get("/", headers=bearing("wrong"))).status_code == 401


async def test_a_store_that_is_down_is_no_reason_to_be_let_in_nor_a_wrong_credential() -> None:
    async with behind(Known(error=StoreUnavailable("down"))) as client:
        refusal = await client.get("/", headers=bearing("right"))
    assert refusal.status_code == 503
    assert refusal.json()["errors"][0]["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert "retry-after" in refusal.headers


async def test_a_caller_who_asks_too_often_is_told_when_to_come_back() -> None:
    async with behind(Known(), of_caller=3) as client:
        answers = [await client.get("/", headers=bearing("right")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].headers["retry-after"] == "20"
    error = answers[-1].json()["errors"][0]
    assert error["extensions"] == {"code": "RATE_LIMITED"}
    assert "3 requests in a minute (GATEWAY_RATE_PER_MINUTE)" in error["message"]


async def test_an_address_is_counted_before_anything_is_done_for_it() -> None:
    kind = Known()
    async with behind(kind, of_address=2) as client:
        answers = [await client.get("/", headers=bearing("wrong")) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429]
    assert len(kind.asked) == 2


async def test_all_addresses_of_a_network_are_counted_as_one() -> None:
    guard = Guard(
        [Known()],
        anonymous=False,
        addresses=Rate(1, who="One address", setting="GATEWAY_RATE_PER_ADDRESS_PER_MINUTE"),
        callers=Rate(0, who="One caller", setting="GATEWAY_RATE_PER_MINUTE"),
    )
    right = [(b"authorization", b"Bearer right")]
    await guard.admitted({"headers": right, "client": ("2001:db8::1", 5)})
    await guard.admitted({"headers": right, "client": ("2001:db8:0:1::1", 5)})
    with pytest.raises(RateLimited):
        await guard.admitted({"headers": right, "client": ("2001:db8::2", 5)})


async def test_a_rate_remembers_no_more_names_than_it_has_room_for() -> None:
    rate = Rate(1, who="One address", setting="x")
    for number in range(30_000):
        await rate.count(str(number))
    assert len(rate._buckets) == 20_000


async def test_every_route_asks_who_it_is_or_has_its_reason_not_to(tmp_path: Path) -> None:
    built = app.build(asking.settings(data_dir=tmp_path, graphiql=True))
    asking_nobody = {route.path for route in built.routes if not isinstance(getattr(route, "app", None), Door)}  # type: ignore[attr-defined]  # all are routes by path
    assert asking_nobody == set(OPEN)
