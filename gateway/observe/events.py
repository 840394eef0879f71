"""Events: what happened, as frozen dataclasses that never hold a secret or personal data.

Whoever does something worth knowing calls a ``Listener`` with an event. Logs are one listener; nothing in the gateway
writes a log line by itself.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeAlias


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""


Listener: TypeAlias = Callable[[Event], None]


def silence(event: Event) -> None:
    """The listener that listens to nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class UpstreamAnswered(Event):
    """One request to Vapi ended: ``route`` is its template, ``outcome`` a status code or an error's name."""

    method: str
    route: str
    outcome: str
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class UpstreamRetried(Event):
    """A request to Vapi failed and is tried again now; ``attempt`` counts the failures so far."""

    route: str
    code: str
    attempt: int


@dataclasses.dataclass(frozen=True, slots=True)
class AttributeUnreadable(Event):
    """A call said something of an unexpected type, which cost it that one attribute."""

    attribute: str
    expected: str
    found: str


@dataclasses.dataclass(frozen=True, slots=True)
class RowDropped(Event):
    """An upstream row was no call at all (not an object, or without an id) and could not be kept."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class RefreshFailed(Event):
    """A call could not be refreshed; what was known of it is still served."""

    call_id: str
    code: str


@dataclasses.dataclass(frozen=True, slots=True)
class RequestFailed(Event):
    """A request met an error that nobody foresaw; the caller was told its id and nothing else."""

    request_id: str
    error: str
    where: str
