"""A gateway that asks nobody who they are lets itself be asked by this machine's own names only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import httpx
import pytest

from gateway.web.middleware.hosts import is_loopback, name_of
from tests.graph.asking import gateway

ANONYMOUS: Final[Mapping[str, Any]] = {"allow_anonymous": True, "hosts": ()}


async def status(there: httpx.AsyncClient, path: str, host: str) -> int:
    """The status of an answer to somebody who asks by this name."""
    return (await there.get(path, headers={"Host": host})).status_code


@pytest.mark.anyio
async def test_a_page_whose_name_leads_to_this_machine_gets_nothing() -> None:
    async with gateway(**ANONYMOUS) as there:
        answer = await there.post("/graphql", json={"query": "{ __typename }"}, headers={"Host": "evil.example:8000"})
    assert (answer.status_code, answer.headers["content-type"]) == (421, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": "HOST_UNKNOWN"}
    assert "GATEWAY_HOSTS" in answer.json()["errors"][0]["message"]


@pytest.mark.anyio
async def test_this_machines_own_names_and_addresses_are_known() -> None:
    async with gateway(**ANONYMOUS) as there:
        for host in ("localhost:8000", "LOCALHOST", "127.0.0.1", "127.1.2.3:1", "[::1]:8000", "calls.localhost"):
            assert await status(there, "/graphql?query={__typename}", host) == 200, host
        for host in ("127.0.0.1.evil.example", "localhost.evil.example", "192.0.2.1", "[2001:db8::1]", "", "a b"):
            assert await status(there, "/graphql?query={__typename}", host) == 421, host


@pytest.mark.anyio
async def test_other_names_can_be_stated_and_any() -> None:
    async with gateway(allow_anonymous=True, hosts=("Calls.example.com",)) as there:
        assert await status(there, "/graphql?query={__typename}", "calls.EXAMPLE.com:443") == 200
        assert await status(there, "/graphql?query={__typename}", "localhost") == 200
        assert await status(there, "/graphql?query={__typename}", "example.com") == 421
    async with gateway(allow_anonymous=True, hosts=("*",)) as there:
        assert await status(there, "/graphql?query={__typename}", "evil.example") == 200


@pytest.mark.anyio
async def test_health_and_webhooks_are_asked_by_any_name_as_they_say_nothing_or_ask_who_it_is() -> None:
    async with gateway(**ANONYMOUS) as there:
        assert await status(there, "/livez", "10.0.0.7:8000") == 200
        assert await status(there, "/webhooks/vapi", "abc.tunnel.example") == 405
    async with gateway(**ANONYMOUS, webhook_anonymous=True) as there:
        assert await status(there, "/webhooks/vapi", "abc.tunnel.example") == 421


@pytest.mark.anyio
async def test_webhooks_that_are_believed_of_everybody_are_taken_by_this_machines_own_names_alone() -> None:
    """Also where nobody else is let in without a credential."""
    async with gateway(allow_anonymous=False, webhook_anonymous=True, hosts=()) as there:
        assert await status(there, "/webhooks/vapi", "evil.example") == 421
        assert await status(there, "/webhooks/vapi", "localhost:8000") == 405


@pytest.mark.parametrize(
    ("stated", "name"),
    [
        (["localhost"], "localhost"),
        (["Calls.Example.com:443"], "calls.example.com"),
        (["[::1]:8000"], "::1"),
        (["a:"], "a"),
        ([], None),
        ([""], None),
        (["a", "a"], None),
        (["a@localhost"], None),
        (["localhost/"], None),
        (["localhost:8000:1"], None),
        (["localhost\t"], None),
        (["::1"], None),
    ],
)
def test_a_name_is_taken_only_where_it_is_stated_once_and_well(stated: list[str], name: str | None) -> None:
    assert name_of(stated) == name


def test_a_name_that_looks_like_this_machine_is_none_of_its_own() -> None:
    assert not any(map(is_loopback, ("notlocalhost", "localhost.com", "127.0.0.1.example", "0x7f000001", "2130706433")))
