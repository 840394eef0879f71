"""Observations: what the gateway learns of a call, from whatever side, before it is put together.

Backfill, poll, read-through and mutations bring a `Snapshot`, webhooks a `Notice`, and a call that upstream no longer
has is an `Absence`. `gateway.domain.mirrored` decides what they come to.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, TypeAlias

from gateway.domain.revisions import Revision


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What the mirror's tables hold of a call: values by flat name, one row for each cost, and the words of its text.

    ``words`` are distinct and normalised, by alphabet and with a blank between (`gateway.domain.words.vocabulary`): one
    text passes between processes and into the store in a tenth of the time that a thousand take.
    """

    values: Mapping[str, Any]
    costs: tuple[Mapping[str, Any], ...] = ()
    words: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A call as Vapi's API told it: what is kept of it has been redacted.

    ``digest`` tells documents apart whatever the order of their keys. ``body`` is the redacted document as the store
    keeps it (`gateway.store.packing`).
    """

    call_id: str
    revision: Revision
    digest: bytes
    body: bytes = dataclasses.field(repr=False)
    projection: Projection = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a webhook said of a call, beside the stale call inside it; redacted.

    ``sent_at`` is the message's own time, which orders facts; ``received_at`` is ours, which is compared with reads.
    """

    sent_at: dt.datetime
    received_at: dt.datetime
    value: Any = dataclasses.field(repr=False)


Facts: TypeAlias = Mapping[str, Fact]
"""Facts by the name that they have at the top of Vapi's document: ``status``, ``endedReason``, ``cost``, …"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a webhook's message says of a call: provisional, until upstream is read."""

    call_id: str
    facts: Facts


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Upstream has no such call any more: ``deleted``, or merely forgotten after its retention.

    ``noticed_at`` is when upstream was asked, or when it said so.
    """

    call_id: str
    noticed_at: dt.datetime
    deleted: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """Whoever the call is about must be forgotten here, whatever upstream still has of it."""

    call_id: str


Observation: TypeAlias = Snapshot | Notice | Absence | Erasure
