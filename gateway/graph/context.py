"""Context: what one request's resolvers share."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import TypeAlias

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.principal import Principal
from gateway.services.calls import Calls

CallKey: TypeAlias = tuple[str, dt.timedelta | None, str]
"""A call's id, the caller's bound on its age, and the argument that the id came from."""


class Context:
    """Who asks, what can be asked, and loaders that ask for each thing once per request."""

    def __init__(self, *, request_id: str, principal: Principal, calls: Calls, now: dt.datetime) -> None:
        self.request_id = request_id
        self.principal = principal
        self.calls = calls
        self.now = now
        self.call_by_id: DataLoader[CallKey, CallAnswer | None] = DataLoader(load_fn=self._load_calls)
        self.presigned_by_id: DataLoader[str, PresignedUrls | None] = DataLoader(load_fn=self._load_presigned)

    async def _load_calls(self, keys: Sequence[CallKey]) -> list[CallAnswer | BaseException | None]:
        """The answer to every key in order; an error is the answer to its key alone.

        Presigned addresses that came along need no request of their own.
        """
        asked = (
            self.calls.get(self.principal, call_id, max_age, argument=argument) for call_id, max_age, argument in keys
        )
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, CallAnswer) and answer.presigned is not None:
                self.presigned_by_id.prime(answer.call.id, answer.presigned)
        return answers

    async def _load_presigned(self, keys: Sequence[str]) -> list[PresignedUrls | BaseException | None]:
        asked = (self.calls.presigned(self.principal, call_id) for call_id in keys)
        return await asyncio.gather(*asked, return_exceptions=True)


Info: TypeAlias = StrawberryInfo[Context, None]
