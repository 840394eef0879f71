"""Stated: what is known of each customer, every attribute as the newest call that states it has it.

A customer's row remembers for each attribute which call that was, so that a newer statement is taken by a comparison;
only where that very call no longer states it, the next newest is looked up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, delete, select

from gateway.store.contributions import Contribution, Row
from gateway.store.results import as_dicts
from gateway.store.tables import Tables
from gateway.store.upserts import Upsert

Source: TypeAlias = tuple[int, str]
"""The call that states something: when it was created, in microseconds since 1970, and its id. The greater is newer."""

Numbered: TypeAlias = tuple[Contribution | None, Contribution | None, int]
"""What a call added before, what it adds now, and the number of that change."""

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND: Final = dt.timedelta(microseconds=1)


@dataclasses.dataclass(slots=True)
class Profile:
    """A customer's row while calls move; ``lost`` are attributes whose source no longer states them."""

    change: int
    values: dict[str, Any] = dataclasses.field(repr=False)
    sources: dict[str, Source]
    lost: set[str] = dataclasses.field(default_factory=set)

    def forget(self, call: Contribution, now: Contribution | None) -> None:
        """Take away what a call stated that it does not state any more, as the call that it was."""
        for name in call.stated:
            known = self.sources.get(name)
            still = now is not None and now.key == call.key and name in now.stated and source(now) == source(call)
            if known is not None and known[1] == call.call_id and not still:
                del self.sources[name]
                self.lost.add(name)

    def learn(self, call: Contribution) -> None:
        """Take what a call states, unless a newer one has stated it."""
        for name, value in call.stated.items():
            known = self.sources.get(name)
            if known is None or source(call) >= known:
                self.values[name], self.sources[name] = value, source(call)


def source(call: Contribution) -> Source:
    """A call as the source of what it states."""
    return (call.created_at - _EPOCH) // _MICROSECOND, call.call_id


def columns(tables: Tables) -> tuple[str, ...]:
    """The columns that say something of a customer, in calls and customers alike."""
    own = ("customer_key", "mirror_change", "mirror_sources")
    return tuple(c.name for c in tables.customers.c if c.name not in own and c.name in tables.calls.c)


def moved(profiles: dict[str, Profile], moves: Iterable[Numbered]) -> None:
    """Let the calls move, in the profiles of all customers concerned."""
    for before, now, change in moves:
        for call in (before, now):
            if call is not None:
                profiles.setdefault(call.key, Profile(change, {}, {})).change = change
        if before is not None:
            profiles[before.key].forget(before, now)
        if now is not None:
            profiles[now.key].learn(now)


def restate(
    connection: Connection, tables: Tables, upsert: Upsert, moves: Sequence[Numbered], without_calls: Iterable[str]
) -> None:
    """Keep the customers with calls that moved, and drop those that have no calls; the calls are written already."""
    gone = set(without_calls)
    keys = {call.key for before, now, _ in moves for call in (before, now) if call is not None}
    profiles = _known(connection, tables, keys - gone)
    moved(profiles, moves)
    left = {key: profile for key, profile in profiles.items() if key not in gone}
    for key, profile in left.items():
        for name in sorted(profile.lost):
            _look_up(connection, tables, key, name, profile)
    names = columns(tables)
    upsert.put(connection, [_row(key, profile, names) for key, profile in left.items()])
    if gone:
        customers = tables.customers
        connection.execute(delete(customers).where(customers.c.customer_key.in_(sorted(gone))))


def _known(connection: Connection, tables: Tables, keys: Iterable[str]) -> dict[str, Profile]:
    if not (wanted := sorted(keys)):
        return {}
    question = select(tables.customers).where(tables.customers.c.customer_key.in_(wanted))
    names = columns(tables)
    return {row["customer_key"]: _profile(row, names) for row in as_dicts(connection.execute(question))}


def _profile(row: Row, names: Iterable[str]) -> Profile:
    sources = {name: (at, call_id) for name, (at, call_id) in row["mirror_sources"].items()}
    return Profile(row["mirror_change"], {name: row[name] for name in names}, sources)


def _look_up(connection: Connection, tables: Tables, key: str, name: str, profile: Profile) -> None:
    """Find the newest call that states an attribute: some steps in the index of the customer's calls."""
    calls = tables.calls.c
    newest = (calls.created_at.desc(), calls.id.desc())
    stating = (calls.customer_key == key, calls[name].is_not(None))
    question = select(calls[name], calls.created_at, calls.id).where(*stating).order_by(*newest).limit(1)
    found = (connection.execute(question)).first()
    profile.values[name] = None if found is None else found[0]
    profile.sources.pop(name, None)
    if found is not None:
        profile.sources[name] = ((found[1] - _EPOCH) // _MICROSECOND, found[2])


def _row(key: str, profile: Profile, names: Iterable[str]) -> Row:
    stated = {name: profile.values.get(name) for name in names}
    return {"customer_key": key, "mirror_change": profile.change, "mirror_sources": profile.sources, **stated}
