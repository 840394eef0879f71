"""Context: what one request's resolvers share."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
import functools
from collections.abc import Sequence
from typing import Any, TypeAlias

from strawberry.dataloader import DataLoader
from strawberry.types import Info as StrawberryInfo

from gateway.domain.allowance import Allowance
from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.coverage import Interval
from gateway.domain.customers import Customer
from gateway.domain.principal import Principal, Scope
from gateway.domain.related import Related
from gateway.services.calls import Calls
from gateway.services.customers import Customers
from gateway.services.relations import Relations
from gateway.services.stats import Stats
from gateway.services.status import MirrorStatus

CallKey: TypeAlias = tuple[str, dt.timedelta | None]
"""A call's id, and the caller's bound on its age."""
RelatedKey: TypeAlias = tuple[Related, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Services:
    """What can be asked on behalf of whoever asks."""

    calls: Calls
    customers: Customers
    relations: Relations
    mirror: MirrorStatus
    stats: Stats


class Context:
    """Who asks, what can be asked, and loaders that ask for each thing once per request.

    ``allowance`` is how often upstream may be asked. ``uncovered`` collects what lists speak of and the mirror may
    miss, by the path of the list in the query; ``withheld`` what was not shown: the scope that it needs, and the field.
    ``cost`` is what `gateway.graph.limits` has found the operation to cost, once it has.
    """

    def __init__(
        self, *, request_id: str, principal: Principal, services: Services, allowance: Allowance, now: dt.datetime
    ) -> None:
        self.request_id = request_id
        self.principal = principal
        self.services = services
        self.allowance = allowance
        self.now = now
        self.uncovered: dict[str, Interval] = {}
        self.withheld: set[tuple[Scope, str]] = set()
        self.cost: dict[str, int] | None = None

    @functools.cached_property
    def call_by_id(self) -> DataLoader[CallKey, CallAnswer | None]:
        """Calls by their id and the caller's bound on their age."""
        return DataLoader(load_fn=self._load_calls)

    @functools.cached_property
    def presigned_by_id(self) -> DataLoader[str, PresignedUrls | None]:
        """The presigned addresses of calls."""
        return DataLoader(load_fn=self._load_presigned)

    @functools.cached_property
    def customer_by_key(self) -> DataLoader[str, Customer | None]:
        """Customers by their key."""
        return DataLoader(load_fn=self._load_customers)

    @functools.cached_property
    def related_by_id(self) -> DataLoader[RelatedKey, Any]:
        """Assistants, squads and phone numbers."""
        return DataLoader(load_fn=self._load_related)

    def withhold(self, scope: Scope, field: str) -> None:
        """Note that a field is not shown, for want of this scope."""
        self.withheld.add((scope, field))

    def may_miss(self, path: str, stretch: Interval) -> None:
        """Note that a list speaks of a stretch of which calls may be missing."""
        known = self.uncovered.get(path, stretch)
        self.uncovered[path] = Interval(min(known.start, stretch.start), max(known.end, stretch.end))

    async def _load_calls(self, keys: Sequence[CallKey]) -> list[CallAnswer | BaseException | None]:
        """The answer to every key in order; an error is the answer to its key alone.

        Presigned addresses that came along need no request of their own.
        """
        calls = self.services.calls
        asked = (calls.get(self.principal, self.allowance, call_id, max_age) for call_id, max_age in keys)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        for answer in answers:
            if isinstance(answer, CallAnswer) and answer.presigned is not None:
                self.presigned_by_id.prime(answer.call.id, answer.presigned)
        return answers

    async def _load_presigned(self, keys: Sequence[str]) -> list[PresignedUrls | BaseException | None]:
        asked = (self.services.calls.presigned(self.principal, self.allowance, call_id) for call_id in keys)
        return await asyncio.gather(*asked, return_exceptions=True)

    async def _load_customers(self, keys: Sequence[str]) -> list[Customer | None]:
        return await self.services.customers.get(self.principal, keys)

    async def _load_related(self, keys: Sequence[RelatedKey]) -> list[Any]:
        asked = (
            self.services.relations.get(self.principal, self.allowance, kind, related_id) for kind, related_id in keys
        )
        return await asyncio.gather(*asked, return_exceptions=True)


Info: TypeAlias = StrawberryInfo[Context, None]
