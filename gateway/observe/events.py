"""Events: what happened, as frozen dataclasses that never hold a secret or personal data.

Whoever does something worth knowing calls a ``Listener`` with an event. Logs are one listener; nothing in the gateway
writes a log line by itself.
"""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

_OURS: Final = f"{Path(__file__).parents[1]}/"
"""The folder that the gateway's own code is in."""


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
    """A call could not be read from upstream; what was known of it, if anything, is still served."""

    call_id: str
    code: str


@dataclasses.dataclass(frozen=True, slots=True)
class StoreFailed(Event):
    """The mirror's database did not do what was asked of it; ``doing`` is what that was."""

    doing: str
    code: str


@dataclasses.dataclass(frozen=True, slots=True)
class ViewsNotMade(Event):
    """The views for BI tools, their role or its rights could not be made as wanted; all else works without."""

    what: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class RequestFailed(Event):
    """A request met an error that nobody foresaw; the caller was told its id and nothing else.

    ``error`` is its type, ``where`` a file and a line. Its message is left out: it may repeat what a person said.
    """

    request_id: str
    error: str
    where: str

    @classmethod
    def by(cls, error: BaseException, request_id: str) -> RequestFailed:
        """The event of a request that ended with this error, placed in our own code where that took part."""
        return cls(request_id, type(error).__name__, place(error))


@dataclasses.dataclass(frozen=True, slots=True)
class ExportCut(Event):
    """An export was broken off behind its first byte; ``reason`` is the code of an error, or how long it took."""

    request_id: str
    file: str
    reason: str


def place(error: BaseException) -> str:
    """The file and the line at which an error was raised, in our own code where that took part."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _OURS in frame.filename] or frames
    return f"{ours[-1].filename.rpartition(_OURS)[2]}:{ours[-1].lineno}" if ours else "unknown"


@dataclasses.dataclass(frozen=True, slots=True)
class ConnectionsClosed(Event):
    """There were more clients than connections: how many were late, had to go for others, and were not let in."""

    late: int
    crowded: int
    refused: int


@dataclasses.dataclass(frozen=True, slots=True)
class WebhookReceived(Event):
    """A webhook was answered with 200: ``outcome`` is “kept”, or “passed” where there was nothing to keep of it."""

    type: str
    outcome: str


@dataclasses.dataclass(frozen=True, slots=True)
class WebhookUnknown(Event):
    """A webhook of a type that this version does not know; it was kept."""

    type: str


@dataclasses.dataclass(frozen=True, slots=True)
class WebhookRefused(Event):
    """A webhook was refused with this status; ``reason`` is a word or a code, never what the request said."""

    status: int
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class TokenRefused(Event):
    """A token opened nothing; ``reason`` is a word, never what the token said."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class KeysNotFetched(Event):
    """The keys that tokens are told by could not be read from their issuer; those that are there go on to count."""

    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class WebhooksApplied(Event):
    """Webhooks of the ledger came into the mirror together; ``changes`` calls look different since."""

    count: int
    changes: int


@dataclasses.dataclass(frozen=True, slots=True)
class WebhookBuried(Event):
    """A webhook became a dead letter, which `gateway webhooks list` shows."""

    entry: int
    type: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class CallUnprepared(Event):
    """A call could not be taken into the mirror, for a reason that nobody foresaw; ``where`` is a file and a line."""

    call_id: str
    error: str
    where: str


@dataclasses.dataclass(frozen=True, slots=True)
class SyncBegun(Event):
    """This process keeps the mirror from now on; others that share it wait."""

    holder: str


@dataclasses.dataclass(frozen=True, slots=True)
class SyncLost(Event):
    """This process no longer keeps the mirror: it could not renew its lease in time."""

    holder: str


@dataclasses.dataclass(frozen=True, slots=True)
class SyncFailed(Event):
    """A part of keeping the mirror failed; it goes on after a wait. ``failures`` counts those in a row.

    ``code`` is the error's code or type, ``where`` a file and a line.
    """

    part: str
    code: str
    where: str
    failures: int
    wait_seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class PollGap(Event):
    """Upstream was not asked for changes for longer than it keeps calls: some came and went unseen.

    The times are ISO 8601; what upstream still has of them is read anew.
    """

    since: str
    until: str


@dataclasses.dataclass(frozen=True, slots=True)
class PollIncomplete(Event):
    """So many calls changed at the same moment that some could be missed until the next reconcile."""

    code: str


@dataclasses.dataclass(frozen=True, slots=True)
class BackfillAdvanced(Event):
    """The walk through history goes on: so many calls, at so many a second, all that were created since ``back_to``."""

    rows: int
    rate: int
    back_to: str


@dataclasses.dataclass(frozen=True, slots=True)
class BackfillDone(Event):
    """History is in the mirror, from ``covered_from`` (ISO 8601) on."""

    rows: int
    covered_from: str


@dataclasses.dataclass(frozen=True, slots=True)
class RereadFailed(Event):
    """A call could not be read again; it is tried later. ``attempts`` counts the failures in a row."""

    call_id: str
    code: str
    attempts: int


@dataclasses.dataclass(frozen=True, slots=True)
class Reconciled(Event):
    """The mirror was compared with upstream: calls that were unknown or out of date, and those upstream lacks."""

    checked: int
    missed: int
    stale: int
    missing: int
