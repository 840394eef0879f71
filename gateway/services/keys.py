"""API keys: making, listing and revoking them, and knowing who asks with one.

A key that opened something is remembered for a few seconds, so that not every request asks the database, and one that
is revoked opens nothing a few seconds later. Nothing is remembered of tokens that open nothing: there is no end of
those.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from cachetools import TTLCache

from gateway.domain import keys
from gateway.domain.keys import ApiKey
from gateway.domain.principal import Principal, Scope
from gateway.errors import StoreError
from gateway.observe.events import Listener, StoreFailed, silence
from gateway.ports import KeyStore

REMEMBERED: Final = 5.0
"""Seconds for which a key is remembered."""
_MOST_REMEMBERED: Final = 10_000
_USE_WRITTEN_EVERY: Final = 60.0
"""Seconds between two notes of the use of one key."""
_LAST_MOMENT: Final = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a new key is to be: see `ApiKey`."""

    name: str
    scopes: frozenset[Scope] = keys.USUAL_SCOPES
    customers: frozenset[str] | None = None
    assistants: frozenset[str] | None = None
    trusts_servers_only: bool = False
    expires_at: dt.datetime | None = None


class Keys:
    """The API keys of a gateway; credentials for `gateway.web.auth`.

    ``aliases`` are those of the catalog. ``random`` gives so many random bytes, ``timer`` seconds that only grow.
    """

    def __init__(
        self,
        store: KeyStore,
        *,
        aliases: Mapping[str, str],
        clock: Callable[[], dt.datetime],
        timer: Callable[[], float],
        random: Callable[[int], bytes],
        trusts_servers_only: bool = False,
        listen: Listener = silence,
    ) -> None:
        self._store = store
        self._aliases = aliases
        self._clock = clock
        self._random = random
        self._trusts_servers_only = trusts_servers_only
        self._listen = listen
        self._remembered: TTLCache[str, ApiKey] = TTLCache(_MOST_REMEMBERED, REMEMBERED, timer)
        self._noted: TTLCache[str, bool] = TTLCache(_MOST_REMEMBERED, _USE_WRITTEN_EVERY, timer)
        self._notes: set[asyncio.Task[None]] = set()

    async def create(self, wish: Wish) -> tuple[ApiKey, str]:
        """A new key, and the token that is its only showing. Raises the leaves of `gateway.errors.StoreError`."""
        key_id, secret = self._random(keys.ID_BYTES).hex(), self._random(keys.SECRET_BYTES).hex()
        key = ApiKey(
            id=key_id,
            name=wish.name,
            digest=keys.digest(secret),
            scopes=wish.scopes,
            customers=wish.customers,
            assistants=wish.assistants,
            trusts_servers_only=wish.trusts_servers_only,
            created_at=self._clock(),
            expires_at=wish.expires_at,
        )
        await self._store.add(key)
        return key, keys.token(key_id, secret)

    async def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first. Raises the leaves of `gateway.errors.StoreError`."""
        return await self._store.all()

    async def revoke(self, key_id: str) -> bool:
        """Let a key open nothing any more; whether there was one. Raises the leaves of `gateway.errors.StoreError`."""
        self._remembered.pop(key_id, None)
        return await self._store.revoke(key_id, self._clock())

    async def any_valid(self) -> bool:
        """Whether somebody could be let in by a key. Raises the leaves of `gateway.errors.StoreError`."""
        now = self._clock()
        return any(key.is_valid(now) for key in await self._store.all())

    async def known(self, token: str) -> Principal | None:
        """Who asks with this; None where it opens nothing.

        Raises:
            StoreError: it is not remembered, and the database does not say.
        """
        stated = keys.parted(token)
        if stated is None:
            return None
        key_id, secret = stated
        remembered = self._remembered.get(key_id)
        key = remembered or await self._store.find(key_id)
        if key is None or not key.has(secret) or not key.is_valid(self._clock()):
            return None
        if remembered is None:
            self._remembered[key_id] = key
        self._note(key_id)
        return key.principal(self._aliases, trusts_servers_only=self._trusts_servers_only)

    async def close(self) -> None:
        """Let what is under way be written, for a moment: a database that does not answer holds nobody up."""
        if self._notes:
            _, late = await asyncio.wait(self._notes, timeout=_LAST_MOMENT)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _note(self, key_id: str) -> None:
        """Write down that a key was used, beside the request and once in a while."""
        if key_id in self._noted:
            return
        self._noted[key_id] = True
        task = asyncio.create_task(self._write_use(key_id))
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _write_use(self, key_id: str) -> None:
        try:
            await self._store.used(key_id, self._clock())
        except StoreError as error:
            self._listen(StoreFailed("noting the use of an API key", error.code))


def scopes(words: Collection[str]) -> frozenset[Scope]:
    """The scopes that these words name; the usual ones where there are none.

    Raises:
        ValueError: one is none, and the message lists them; or they do not go together.
    """
    known = {scope.value: scope for scope in Scope}
    unknown = [word for word in words if word not in known]
    if unknown:
        raise ValueError(f"“{unknown[0]}” is no scope; there are {', '.join(known)}")
    named = frozenset(known[word] for word in words)
    beyond = sorted(scope.value for scope in named - keys.OF_ADDRESSES)
    if Scope.ODATA_URL in named and beyond:
        raise ValueError(f"a key that stands in addresses is read by many, and cannot have {', '.join(beyond)} as well")
    return named or keys.USUAL_SCOPES
