"""API keys: shown once, remembered for seconds, revocable, and never a reason why an answer is late."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain import keys
from gateway.domain.keys import ApiKey
from gateway.domain.principal import Principal, Scope
from gateway.errors import StoreUnavailable
from gateway.observe.events import Event, StoreFailed
from gateway.services.keys import REMEMBERED, Keys, Wish, scopes
from tests.services.keys import MemoryKeys

pytestmark = pytest.mark.anyio

NOON = dt.datetime(2026, 8, 20, 12, tzinfo=dt.UTC)


@dataclasses.dataclass
class Bench:
    """Keys over a store in memory, at a time that the test moves on; ``asked`` are the methods of the store."""

    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict)
    trusts_servers_only: bool = False
    seconds: float = 0.0
    is_down: bool = False

    def __post_init__(self) -> None:
        self.asked: list[str] = []
        self.told: list[Event] = []
        self.store = MemoryKeys(self._before)
        self.keys = Keys(
            self.store,
            aliases=self.aliases,
            clock=lambda: NOON + dt.timedelta(seconds=self.seconds),
            timer=lambda: self.seconds,
            random=random.Random(1).randbytes,
            trusts_servers_only=self.trusts_servers_only,
            listen=self.told.append,
        )

    def _before(self, name: str) -> None:
        self.asked.append(name)
        if self.is_down:
            raise StoreUnavailable("down")

    async def created(self, **wished: object) -> str:
        """The token of a new key."""
        _, token = await self.keys.create(Wish(name="a key", **wished))  # type: ignore[arg-type]  # by name
        return token

    async def settled(self) -> None:
        """What goes on beside the requests is done."""
        await self.keys.close()


async def test_a_key_opens_what_it_was_made_for() -> None:
    b = Bench()
    key, token = await b.keys.create(
        Wish(name="a page", scopes=frozenset({Scope.CALLS_READ}), customers=frozenset({"id:ada"}))
    )
    assert await b.keys.known(token) == Principal(
        name=f"key:{key.id}", scopes=frozenset({Scope.CALLS_READ}), customers=frozenset({"id:ada"})
    )


async def test_a_key_may_read_calls_and_customers_where_nothing_is_said() -> None:
    b = Bench()
    found = await b.keys.known(await b.created())
    assert found is not None
    assert found.scopes == {Scope.CALLS_READ, Scope.CUSTOMERS_READ}
    assert not found.is_bound


async def test_a_key_is_made_of_256_random_bits_and_kept_without_them() -> None:
    b = Bench()
    token = await b.created()
    prefix, key_id, secret = token.split("_")
    assert (prefix, len(bytes.fromhex(secret))) == ("vcg", 32)
    assert secret not in repr(b.store.keys)
    assert b.store.keys[key_id].digest == keys.digest(secret)
    assert "digest" not in repr(b.store.keys[key_id])


async def test_no_two_keys_are_the_same() -> None:
    b = Bench()
    assert len({await b.created() for _ in range(100)}) == len(b.store.keys) == 100


async def test_a_key_of_an_alias_opens_the_calls_of_the_person() -> None:
    b = Bench(aliases={"tel~1": "id:ada"})
    found = await b.keys.known(await b.created(customers=frozenset({"tel~1", "id:grace"})))
    assert found is not None
    assert found.customers == frozenset({"id:ada", "id:grace"})


@pytest.mark.parametrize(("all_keys", "this_key"), [(True, False), (False, True)])
async def test_what_a_browser_stated_can_be_passed_over_for_all_keys_or_for_one(
    *, all_keys: bool, this_key: bool
) -> None:
    b = Bench(trusts_servers_only=all_keys)
    found = await b.keys.known(await b.created(customers=frozenset({"id:ada"}), trusts_servers_only=this_key))
    assert found is not None
    assert found.trusts_servers_only


@given(st.text() | st.from_regex(r"vcg_[0-9a-f]{12}_[0-9a-f]{64}", fullmatch=True))
async def test_nothing_but_a_key_opens_anything(stated: str) -> None:
    b = Bench()
    await b.created()
    assert await b.keys.known(stated) is None


async def test_a_secret_that_is_a_bit_different_opens_nothing() -> None:
    b = Bench()
    token = await b.created()
    for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), token[:-1], token + "0", token.upper(), f" {token}"):
        assert await b.keys.known(wrong) is None
    assert await b.keys.known(token) is not None


async def test_the_secret_of_one_key_does_not_open_another() -> None:
    b = Bench()
    one, other = (await b.created()).split("_")[1], (await b.created()).split("_")[2]
    assert await b.keys.known(keys.token(one, other)) is None


async def test_a_key_is_remembered_for_seconds_so_that_the_database_is_not_asked_each_time() -> None:
    b = Bench()
    token = await b.created()
    for _ in range(100):
        assert await b.keys.known(token)
    assert b.asked.count("find") == 1
    b.seconds = REMEMBERED + 0.1
    assert await b.keys.known(token)
    assert b.asked.count("find") == 2


async def test_a_key_that_is_remembered_still_needs_its_secret() -> None:
    b = Bench()
    token = await b.created()
    assert await b.keys.known(token)
    assert await b.keys.known(token[:-8] + "00000000") is None


async def test_nothing_is_remembered_of_what_opens_nothing() -> None:
    b = Bench()
    await b.created()
    for number in range(100):
        assert await b.keys.known(keys.token(f"{number:012x}", "0" * 64)) is None
    assert b.asked.count("find") == 100
    assert len(b.keys._remembered) == 0


async def test_a_key_that_another_process_revoked_opens_nothing_within_seconds() -> None:
    b = Bench()
    token = await b.created()
    assert await b.keys.known(token)
    await b.store.revoke(token.split("_")[1], NOON)
    assert await b.keys.known(token)
    b.seconds = REMEMBERED + 0.1
    assert await b.keys.known(token) is None


async def test_a_key_that_this_process_revoked_opens_nothing_at_once() -> None:
    b = Bench()
    token = await b.created()
    assert await b.keys.known(token)
    assert await b.keys.revoke(token.split("_")[1])
    assert await b.keys.known(token) is None
    assert not await b.keys.revoke(token.split("_")[1])
    assert not await b.keys.revoke("nothing")


async def test_a_key_ends_to_the_second_though_it_is_remembered() -> None:
    b = Bench()
    token = await b.created(expires_at=NOON + dt.timedelta(seconds=2))
    b.seconds = 1.9
    assert await b.keys.known(token)
    b.seconds = 2.0
    assert await b.keys.known(token) is None


async def test_while_the_database_is_away_those_that_are_remembered_open_and_others_are_not_judged() -> None:
    b = Bench()
    token = await b.created()
    assert await b.keys.known(token)
    await b.settled()
    b.is_down = True
    assert await b.keys.known(token)
    b.seconds = REMEMBERED + 0.1
    with pytest.raises(StoreUnavailable):
        await b.keys.known(token)
    b.is_down = False
    assert await b.keys.known(token)


async def test_the_last_use_is_written_once_a_minute() -> None:
    b = Bench()
    token = await b.created()
    for second in (0, 1, 30, 59, 61, 62):
        b.seconds = second
        assert await b.keys.known(token)
        await b.settled()
    assert b.asked.count("used") == 2
    (key,) = await b.keys.all()
    assert key.last_used_at == NOON + dt.timedelta(seconds=61)


async def test_an_answer_neither_waits_for_the_last_use_nor_fails_with_it() -> None:
    b = Bench()
    token = await b.created()
    assert await b.keys.known(token)
    assert "used" not in b.asked  # which begins when the answer is on its way
    b.is_down = True
    await b.settled()
    assert b.told == [StoreFailed("noting the use of an API key", "STORE_UNAVAILABLE")]


async def test_a_database_that_does_not_answer_holds_up_no_end() -> None:
    class Stuck(MemoryKeys):
        async def used(self, key_id: str, now: dt.datetime) -> None:
            await asyncio.Event().wait()

    b = Bench()
    stuck = Keys(
        Stuck(keys=b.store.keys), aliases={}, clock=lambda: NOON, timer=lambda: 0.0, random=random.Random(1).randbytes
    )
    before = asyncio.all_tasks()
    assert await stuck.known(await b.created())
    assert len(asyncio.all_tasks()) == len(before) + 1
    await stuck.close()
    assert asyncio.all_tasks() == before


async def test_there_is_a_valid_key_only_where_one_opens_something() -> None:
    b = Bench()
    assert not await b.keys.any_valid()
    token = await b.created()
    await b.created(expires_at=NOON + dt.timedelta(seconds=1))
    assert await b.keys.any_valid()
    await b.keys.revoke(token.split("_")[1])
    assert await b.keys.any_valid()
    b.seconds = 1.0
    assert not await b.keys.any_valid()


def test_scopes_that_there_are_none_of_are_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match="“calls:write” is no scope; there are calls:read, customers:read, content:read"
    ):
        scopes(["calls:read", "calls:write"])


def test_a_key_says_in_no_log_whom_it_is_bound_to() -> None:
    key = ApiKey(
        id="0", name="n", digest=b"canary", scopes=frozenset(), customers=frozenset({"id:ada"}), created_at=NOON
    )
    assert "ada" not in repr(key)
    assert "canary" not in repr(key)
