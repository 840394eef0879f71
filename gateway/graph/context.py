"""Context: what one request's resolvers share."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeAlias, TypeVar

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.principal import Principal
from gateway.errors import GatewayError
from gateway.services.calls import Calls

T = TypeVar("T")

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

    async def _load_calls(self, keys: Sequence[CallKey]) -> list[CallAnswer | GatewayError | None]:
        return await _gathered(
            self.calls.get(self.principal, call_id, max_age, argument=argument) for call_id, max_age, argument in keys
        )

    async def _load_presigned(self, keys: Sequence[str]) -> list[PresignedUrls | GatewayError | None]:
        return await _gathered(self.calls.presigned(self.principal, call_id) for call_id in keys)


Info: TypeAlias = StrawberryInfo[Context, None]


async def _gathered(asked: Iterable[Awaitable[T]]) -> list[T | GatewayError]:
    """Every answer in order; an error we can explain is the answer to its key alone."""
    answers = await asyncio.gather(*asked, return_exceptions=True)
    return [_explained(answer) for answer in answers]


def _explained(answer: T | BaseException) -> T | GatewayError:
    if isinstance(answer, BaseException) and not isinstance(answer, GatewayError):
        raise answer
    return answer
