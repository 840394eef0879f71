"""The mirror as GraphQL shows it: how complete and how fresh the gateway's own copy of all calls is."""

from __future__ import annotations

import datetime as dt

import strawberry

from gateway.graph.context import Info
from gateway.services import checkpoints, status


@strawberry.type(description="The stretch of time of which the mirror holds every call that Vapi had.")
class Coverage:
    """The GraphQL type of `gateway.services.status.Coverage`."""

    from_: dt.datetime | None = strawberry.field(
        name="from", description="Its beginning: every call that was created since is held. Null before the first."
    )
    to: dt.datetime | None = strawberry.field(description="Its end: when Vapi was last asked for all changes.")
    complete: bool = strawberry.field(
        description="Whether history has been walked to its beginning and nothing in between is missing."
    )


@strawberry.type(description="The walk through history.")
class Backfill:
    """The GraphQL type of `gateway.domain.backfilling.Progress`."""

    started_at: dt.datetime = strawberry.field(description="When it began.")
    position: dt.datetime | None = strawberry.field(description="Calls that were created since are held.")
    rows: int = strawberry.field(description="Calls that were read.")
    rate: float = strawberry.field(description="Calls per second.")
    fraction: float | None = strawberry.field(
        description="How much of the time is walked, from 0 to 1; null where nobody knows how far history reaches."
    )
    seconds_left: float | None = strawberry.field(description="How long it may take still, in seconds.")
    done: bool = strawberry.field(description="Whether it has reached the beginning of history.")


@strawberry.type(description="What comparing the mirror with Vapi has found, over all passes.")
class Audit:
    """The GraphQL type of `gateway.services.checkpoints.Audit`."""

    last_pass_at: dt.datetime | None = strawberry.field(description="When the last pass began; null before the first.")
    checked: int = strawberry.field(description="Calls that were compared.")
    missed: int = strawberry.field(description="Calls that webhooks and poll had not brought; they are held now.")
    stale: int = strawberry.field(description="Calls of which a change had been missed; they are current now.")
    missing: int = strawberry.field(
        description="Calls that Vapi did not list any more; they were asked for by their id."
    )


@strawberry.type(description="How complete and how fresh the gateway's own copy of all calls is.")
class Mirror:
    """The GraphQL type of `gateway.services.status.Status`."""

    coverage: Coverage = strawberry.field(description="Of which time every call is held.")
    as_of: dt.datetime | None = strawberry.field(description="Every change that Vapi had by then is held.")
    lag_seconds: float | None = strawberry.field(description="How long ago that was, in seconds.")
    last_poll: dt.datetime | None = strawberry.field(description="When Vapi was last asked for changes.")
    last_webhook: dt.datetime | None = strawberry.field(
        description="When the last webhook came; null for who sees a part of the calls only."
    )
    backfill: Backfill | None = strawberry.field(
        description="The walk through history; null before it begins, and for who sees a part of the calls only."
    )
    audit: Audit | None = strawberry.field(
        description="What comparing it with Vapi has found; null for who sees a part of the calls only."
    )


async def mirror(info: Info) -> Mirror:
    """Resolve the state of the mirror."""
    found = await info.context.services.mirror.read(info.context.principal)
    return Mirror(
        coverage=Coverage(from_=found.coverage.start, to=found.coverage.end, complete=found.coverage.complete),
        as_of=found.as_of,
        lag_seconds=found.lag_seconds,
        last_poll=found.last_poll,
        last_webhook=found.last_webhook,
        backfill=_backfill(found),
        audit=_audit(found.audit),
    )


def _backfill(found: status.Status) -> Backfill | None:
    walk = found.backfill
    if walk is None:
        return None
    return Backfill(
        started_at=walk.started_at,
        position=walk.position,
        rows=walk.rows,
        rate=walk.rate,
        fraction=walk.fraction,
        seconds_left=walk.seconds_left,
        done=walk.done,
    )


def _audit(found: checkpoints.Audit | None) -> Audit | None:
    if found is None:
        return None
    return Audit(
        last_pass_at=found.last_pass_at,
        checked=found.checked,
        missed=found.missed,
        stale=found.stale,
        missing=found.missing,
    )
