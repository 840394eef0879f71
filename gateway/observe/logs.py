"""Logs: a listener that writes events as lines."""

from __future__ import annotations

import collections
import dataclasses
import logging
from collections.abc import Callable, Mapping
from typing import Final

from gateway.observe import events
from gateway.observe.events import Event, Listener

_LOGGER: Final = logging.getLogger("gateway")

_LEVELS: Final[Mapping[type[Event], int]] = {
    events.UpstreamAnswered: logging.DEBUG,
    events.UpstreamRetried: logging.WARNING,
    events.AttributeUnreadable: logging.WARNING,
    events.RowDropped: logging.WARNING,
    events.RefreshFailed: logging.WARNING,
    events.StoreFailed: logging.ERROR,
    events.ViewsNotMade: logging.WARNING,
    events.RequestFailed: logging.ERROR,
    events.ConnectionsClosed: logging.WARNING,
    events.WebhookReceived: logging.DEBUG,
    events.WebhookUnknown: logging.WARNING,
    events.WebhookRefused: logging.WARNING,
    events.TokenRefused: logging.INFO,
    events.KeysNotFetched: logging.WARNING,
    events.WebhooksApplied: logging.DEBUG,
    events.ExportCut: logging.WARNING,
    events.WebhookBuried: logging.WARNING,
    events.CallUnprepared: logging.ERROR,
    events.SyncBegun: logging.INFO,
    events.SyncLost: logging.WARNING,
    events.SyncFailed: logging.WARNING,
    events.PollGap: logging.ERROR,
    events.PollIncomplete: logging.WARNING,
    events.BackfillAdvanced: logging.INFO,
    events.BackfillDone: logging.INFO,
    events.RereadFailed: logging.WARNING,
    events.Reconciled: logging.INFO,
}

_ONCE: Final = (
    events.AttributeUnreadable,
    events.RowDropped,
    events.WebhookUnknown,
    events.WebhookRefused,
    events.TokenRefused,
)
"""Events that come with every call, webhook or token of a kind: the first is written, then every tenfold."""


def log_listener(write: Callable[[int, str], None] | None = None) -> Listener:
    """A listener that writes each event as ``Name key=value …``; its counts are its own."""
    put = write or _LOGGER.log
    counts: collections.Counter[Event] = collections.Counter()

    def listen(event: Event) -> None:
        if isinstance(event, _ONCE):
            counts[event] += 1
            if not _is_power_of_ten(counts[event]):
                return
            put(_level(event), f"{line(event)} count={counts[event]}")
        else:
            put(_level(event), line(event))

    return listen


def line(event: Event) -> str:
    """The event on one line."""
    fields = " ".join(f"{f.name}={getattr(event, f.name)}" for f in dataclasses.fields(event))
    return f"{type(event).__name__} {fields}"


def _level(event: Event) -> int:
    return _LEVELS.get(type(event), logging.INFO)


def _is_power_of_ten(count: int) -> bool:
    return str(count).rstrip("0") == "1"
