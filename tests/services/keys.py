"""A store of API keys in memory."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence

from gateway.domain.keys import ApiKey


@dataclasses.dataclass
class MemoryKeys:
    """A `gateway.ports.KeyStore`. ``before`` is called with the name of each method before it does anything."""

    before: Callable[[str], None] = lambda name: None
    keys: dict[str, ApiKey] = dataclasses.field(default_factory=dict)

    async def add(self, key: ApiKey) -> None:
        self.before("add")
        self.keys[key.id] = key

    async def find(self, key_id: str) -> ApiKey | None:
        self.before("find")
        return self.keys.get(key_id)

    async def all(self) -> Sequence[ApiKey]:
        self.before("all")
        return sorted(self.keys.values(), key=lambda key: (key.created_at, key.id))

    async def revoke(self, key_id: str, now: dt.datetime) -> bool:
        self.before("revoke")
        key = self.keys.get(key_id)
        if key is None or key.revoked_at is not None:
            return False
        self.keys[key_id] = dataclasses.replace(key, revoked_at=now)
        return True

    async def used(self, key_id: str, now: dt.datetime) -> None:
        self.before("used")
        key = self.keys.get(key_id)
        if key is not None and (key.last_used_at is None or key.last_used_at < now):
            self.keys[key_id] = dataclasses.replace(key, last_used_at=now)
