"""Stats: questions about many calls at once, on behalf of a principal."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from gateway.domain.aggregates import Aggregation, Dimension, Group, GroupOrder, measured
from gateway.domain.buckets import like, zone_of
from gateway.domain.catalog import Catalog
from gateway.domain.filling import filled, many
from gateway.domain.narrowing import narrowed
from gateway.domain.policy import check_use
from gateway.domain.principal import Principal, Scope
from gateway.errors import BadUserInput, NotConfigured, StoreTimeout
from gateway.ports import CallGroups, Grouped
from gateway.services.access import check_filter

MOST_GROUPS: Final = 10_000
"""Groups that one answer tells at most, filled ones included."""
_AGAIN_SECONDS: Final = 0.05
_PATIENCE_SECONDS: Final = 5.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Of which state of the mirror an answer is to be: one that was told (``as_of``), or no older than a change."""

    as_of: str | None = None
    at_least: int | None = None


LATEST: Final = Snapshot()


class Snapshots:
    """Which states of the mirror can be asked for; ``last_change`` is the number of the mirror's last change."""

    def __init__(
        self,
        last_change: Callable[[], Awaitable[int]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._last_change = last_change
        self._sleep = sleep

    async def state(self, asked: Snapshot) -> int | None:
        """The state that is meant, None for the latest, once the mirror has come to what it must not be older than.

        Raises:
            BadUserInput: the token is none that an answer told, or both are stated.
            StoreTimeout: the mirror has not come to the change in time.
        """
        if asked.at_least is not None:
            if asked.as_of is not None:
                raise BadUserInput("atLeast", asked.at_least, "“asOf” is stated too; state one of them")
            await self._reached(asked.at_least)
        return None if asked.as_of is None else _number(asked.as_of)

    async def _reached(self, change: int) -> None:
        waited = 0.0
        while await self._last_change() < change:
            if waited >= _PATIENCE_SECONDS:
                raise StoreTimeout(f"The mirror has not come to change {change} within {_PATIENCE_SECONDS:g} seconds.")
            await self._sleep(_AGAIN_SECONDS)
            waited += _AGAIN_SECONDS


def _number(token: str) -> int:
    if not token.isascii() or not token.isdigit() or len(token) > _LONGEST:
        raise BadUserInput("asOf", token, "it must be one that an answer told as its asOf")
    return int(token)


_LONGEST: Final = 18


class Stats:
    """Groups of calls. Without ``groups`` there is no columnar copy, and nothing can be asked."""

    def __init__(self, groups: CallGroups | None, snapshots: Snapshots, *, catalog: Catalog) -> None:
        self._groups = groups
        self._snapshots = snapshots
        self._attributes = {attribute.flat: attribute for attribute in catalog.mirrored()}

    async def groups(self, principal: Principal, asked: Aggregation, snapshot: Snapshot = LATEST) -> Grouped:
        """The groups of the calls that the principal may see.

        Raises:
            BadUserInput: a timezone, a size or a state is none, or empty buckets cannot be filled so.
            Forbidden: the principal may not read calls, or not group, measure, filter or sort by something.
            NotConfigured: the extra for it is not installed.
            StoreError: the mirror or its columnar copy cannot be asked, or not in time.
        """
        principal.need(Scope.CALLS_READ, "count calls")
        if self._groups is None:
            raise NotConfigured(MISSING)
        _check_size(asked.limit)
        _check_zones(asked.dimensions)
        _check_filling(asked)
        self._check_use(asked, principal)
        state = await self._snapshots.state(snapshot)
        where = narrowed(principal, asked.where)
        found = await self._groups.groups(dataclasses.replace(asked, where=where), state=state)
        return dataclasses.replace(found, groups=_filled(found.groups, asked))

    def _check_use(self, asked: Aggregation, principal: Principal) -> None:
        """Raise `Forbidden` where something is told, in whatever way, that the principal does not see whole."""
        for dimension in asked.dimensions:
            check_use(self._attributes[dimension.attribute], principal, "group")
        check_filter(asked.where, principal, self._attributes)
        for measure in measured(asked):
            if measure.attribute is not None:
                check_use(self._attributes[measure.attribute], principal, "measure")
            check_filter(measure.where, principal, self._attributes)


MISSING: Final = "Questions about many calls need the extra “bi”: pip install 'vapi-call-gateway[bi]'."


def _check_size(limit: int) -> None:
    if not 1 <= limit <= MOST_GROUPS:
        raise BadUserInput("first", limit, f"it must be from 1 to {MOST_GROUPS}")


def _check_zones(dimensions: Sequence[Dimension]) -> None:
    for at, dimension in enumerate(dimensions):
        try:
            zone_of(dimension.timezone)
        except ValueError:
            known = ", ".join(like(dimension.timezone))
            expected = f"it must be a timezone of the IANA database, such as {known}"
            raise BadUserInput(f"groupBy[{at}].timezone", dimension.timezone, expected) from None


def _check_filling(asked: Aggregation) -> None:
    by_measure = any(not isinstance(order.by, int) or order.descending for order in asked.order)
    if not any(dimension.filled for dimension in asked.dimensions):
        return
    if sum(dimension.filled for dimension in asked.dimensions) > 1:
        raise BadUserInput("groupBy", "fill", "only one of the times can be filled")
    if asked.having or by_measure or _leads_elsewhere(asked.order):
        reason = "empty buckets stand in the order of the groups' keys: leave out “orderBy” and “having”, or “fill”"
        raise BadUserInput("groupBy", "fill", reason)


def _leads_elsewhere(order: Sequence[GroupOrder]) -> bool:
    return [each.by for each in order] != list(range(len(order)))


def _filled(groups: Sequence[Group], asked: Aggregation) -> Sequence[Group]:
    if many(groups, asked.dimensions) > MOST_GROUPS:
        reason = f"with the empty buckets there would be more than {MOST_GROUPS} groups; ask for longer buckets"
        raise BadUserInput("groupBy", "fill", reason)
    return list(filled(groups, asked.dimensions, asked.measures))
