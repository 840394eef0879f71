"""The composition root refuses what cannot work, and opens and closes what it built."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from gateway import app
from gateway.errors import SettingsInvalid, StoreIncompatible, StoreUnavailable
from gateway.observe.events import Event, SyncBegun
from gateway.services.keys import Wish
from tests.graph import asking
from tests.wiring.stated import settings


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "gateway.example"])  # noqa: S104  # what is refused
def test_nobody_beyond_the_machine_is_served_unasked(host: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"GATEWAY_ALLOW_ANONYMOUS=1 .*gateway keys create"):
        app.check_exposure(settings(host=host, allow_anonymous=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost", "calls.localhost"])
def test_the_machine_itself_is_served_unasked_where_that_is_meant(host: str) -> None:
    app.check_exposure(settings(host=host, allow_anonymous=True))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "gateway.example"])  # noqa: S104  # what is refused
def test_a_door_beyond_the_machine_that_opens_to_nobody_is_a_mistake(host: str) -> None:
    with pytest.raises(SettingsInvalid, match=rf"GATEWAY_HOST is {host}.*gateway keys create.*GATEWAY_JWT_JWKS_URL"):
        app.check_ways_in(settings(host=host), has_keys=False)


@pytest.mark.parametrize("way", ["key", "url", "file"])
@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])  # noqa: S104  # what is allowed
def test_a_key_or_an_issuer_is_a_way_in(host: str, way: str, tmp_path: Path) -> None:
    issuers: dict[str, dict[str, Any]] = {
        "url": {"jwt_jwks_url": "https://login.example/keys", "jwt_customer_claim": "sub"},
        "file": {"jwt_jwks_file": tmp_path / "keys.json", "jwt_assistants_claim": "assistants"},
    }
    assert app.check_ways_in(settings(host=host, **issuers.get(way, {})), has_keys=way == "key") is None


def test_tokens_that_are_bound_to_nobody_are_told_of() -> None:
    advice = app.check_ways_in(settings(jwt_jwks_url="https://login.example/keys"), has_keys=True)
    assert advice is not None
    assert "GATEWAY_JWT_CUSTOMER_CLAIM" in advice


def test_on_the_machine_itself_a_door_that_opens_to_nobody_yet_is_told_of() -> None:
    advice = app.check_ways_in(settings(), has_keys=False)
    assert advice is not None
    for way in ("gateway keys create", "GATEWAY_JWT_JWKS_URL", "GATEWAY_ALLOW_ANONYMOUS=1"):
        assert way in advice
    assert app.check_ways_in(settings(allow_anonymous=True), has_keys=False) is None


@pytest.mark.anyio
async def test_a_key_is_a_way_in_as_long_as_it_is_valid(tmp_path: Path) -> None:
    stated = asking.settings(data_dir=tmp_path)
    assert not await app.make_ready(stated)
    kept = app.maintenance(stated)
    async with kept.opened():
        key, _ = await kept.keys.create(Wish(name="reports"))
        assert await app.make_ready(stated)
        await kept.keys.revoke(key.id)
    assert not await app.make_ready(stated)


def test_a_start_without_a_key_says_which_setting_is_missing() -> None:
    with pytest.raises(SettingsInvalid, match=r"GATEWAY_UPSTREAM_KEY \(or VAPI_API_KEY\)"):
        app.build(settings(identity_key=SecretStr("x" * 16), upstream_key=None))


@pytest.mark.anyio
async def test_what_was_opened_is_closed_and_nothing_goes_on(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    built = app.build(asking.settings(data_dir=tmp_path, sync=False))
    async with built.router.lifespan_context(built):
        assert len(asyncio.all_tasks()) > len(before)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    assert built.state.gateway.upstream.http.is_closed


@pytest.mark.anyio
async def test_the_mirror_is_a_file_in_the_data_folder_for_its_owner_alone(tmp_path: Path) -> None:
    built = app.build(asking.settings(data_dir=tmp_path / "new", sync=False))
    assert not (tmp_path / "new").exists()
    async with built.router.lifespan_context(built):
        assert stat.S_IMODE((tmp_path / "new" / "mirror.sqlite").stat().st_mode) == 0o600


@pytest.mark.anyio
@pytest.mark.parametrize("sync", [True, False])
async def test_a_process_keeps_the_mirror_only_if_it_may(tmp_path: Path, *, sync: bool) -> None:
    told: list[Event] = []
    built = app.gateway(
        asking.settings(data_dir=tmp_path, sync=sync, upstream_url="http://127.0.0.1:9"), listen=told.append
    )
    async with built.opened(), built.at_work():
        await asyncio.sleep(0.1)
        for _ in range(500 * sync):
            if built.keeper.sync.is_keeping:
                break
            await asyncio.sleep(0.01)
        assert built.keeper.sync.is_keeping is sync
    assert [type(event) for event in told if isinstance(event, SyncBegun)] == [SyncBegun] * sync


@pytest.mark.anyio
async def test_a_file_that_is_no_database_stops_the_start_and_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mirror.sqlite").write_bytes(b"a letter to a friend" * 1000)
    built = app.gateway(asking.settings(data_dir=tmp_path, sync=False))
    with pytest.raises(StoreIncompatible):
        async with built.opened():
            pass
    assert (tmp_path / "mirror.sqlite").read_bytes() == b"a letter to a friend" * 1000


@pytest.mark.anyio
async def test_a_database_that_nobody_listens_at_stops_the_start_without_showing_the_password() -> None:
    url = SecretStr("postgresql://gateway:canary-pass@127.0.0.1:1/mirror")
    built = app.gateway(asking.settings(database_url=url, sync=False))
    with pytest.raises(StoreUnavailable) as failed:
        async with built.opened():
            pass
    assert "canary-pass" not in f"{failed.value!r} {failed.value} {built.settings!r}"


@pytest.mark.anyio
async def test_maintenance_needs_no_key_of_vapi(tmp_path: Path) -> None:
    kept = app.maintenance(asking.settings(data_dir=tmp_path, upstream_key=None))
    async with kept.opened():
        assert await kept.erasure.customer("id:nobody") == 0
    with sqlite3.connect(tmp_path / "mirror.sqlite") as file:
        assert file.execute("SELECT count(*) FROM calls").fetchone() == (0,)
    file.close()
