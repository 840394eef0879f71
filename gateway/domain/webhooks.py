"""Webhooks: what each type of message means for the mirror.

The call inside a message is its creation's, so it is never taken for the call (`gateway.domain.messages`): a message
says some facts, which hold until the call is read, and that the call is worth reading again. The types are those of
Vapi's OpenAPI description of August 2026 (``ServerMessage``), those that only ``serverMessages`` lists, and those of
campaigns.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.marks import Mark, Reason
from gateway.domain.messages import FACTS, call_id, sent_at, stated_facts
from gateway.domain.observations import Absence, Fact, Notice, Observation
from gateway.domain.redaction import Redact, redact


class Role(enum.Enum):
    """What a message is to the mirror."""

    ASKS = "asks"
    """Vapi waits for an answer that only its owner can give. It is refused."""
    TELLS = "tells"
    """It says facts of its call, which is read again."""
    CHANGES = "changes"
    """Something about its call has changed, which is read again."""
    DELETES = "deletes"
    """Upstream has deleted its call."""
    PASSES = "passes"
    """A moment of a running call, or nothing of a call at all: there is nothing to keep."""
    UNKNOWN = "unknown"
    """A type that Vapi did not have when this was written. It is kept, and its call, if it has one, is read again."""


@dataclasses.dataclass(frozen=True, slots=True)
class Meaning:
    """What a type of message means; after some, a ``late`` reading follows the first."""

    role: Role
    late: bool = False


_ASKS: Final = Meaning(Role.ASKS)
_TELLS: Final = Meaning(Role.TELLS)
_CHANGES: Final = Meaning(Role.CHANGES)
_PASSES: Final = Meaning(Role.PASSES)

MEANINGS: Final[Mapping[str, Meaning]] = {
    # answers that somebody else must give
    "assistant-request": _ASKS,
    "tool-calls": _ASKS,
    "function-call": _ASKS,  # what tool-calls were called before 2024
    "transfer-destination-request": _ASKS,
    "handoff-destination-request": _ASKS,
    "knowledge-base-request": _ASKS,
    "voice-request": _ASKS,
    "call.endpointing.request": _ASKS,
    "campaign.predial": _ASKS,
    # the life of a call
    "status-update": _TELLS,
    "end-of-call-report": Meaning(Role.TELLS, late=True),  # analysis and recordings may follow it
    "assistant.started": _CHANGES,
    "transfer-update": _CHANGES,
    "call.artifact.upload": Meaning(Role.CHANGES, late=True),
    "call.delete.failed": _CHANGES,
    "call.deleted": Meaning(Role.DELETES),
    # moments of a running call: its end brings all of it
    "conversation-update": _PASSES,
    "transcript": _PASSES,
    'transcript[transcriptType="final"]': _PASSES,
    "speech-update": _PASSES,
    "assistant.speechStarted": _PASSES,
    "model-output": _PASSES,
    "voice-input": _PASSES,
    "user-interrupted": _PASSES,
    "language-change-detected": _PASSES,
    "language-changed": _PASSES,
    "hang": _PASSES,
    "phone-call-control": _PASSES,
    # nothing of a call
    "chat.created": _PASSES,
    "chat.deleted": _PASSES,
    "session.created": _PASSES,
    "session.updated": _PASSES,
    "session.deleted": _PASSES,
    "campaign.started": _PASSES,
    "campaign.cancelled": _PASSES,
    "campaign.ended": _PASSES,
    "campaign.archived": _PASSES,
    "campaign.unarchived": _PASSES,
    "campaign.job.continued": _PASSES,
    "contact.dispatched": _PASSES,
    "contact.completed": _PASSES,
    "contact.failed": _PASSES,
    "contact.skipped": _PASSES,
    "contact.predial-failed": _PASSES,
}
_UNKNOWN: Final = Meaning(Role.UNKNOWN)

_TYPE: Final = re.compile(r'[A-Za-z0-9._=\[\]"-]{1,80}')

_UNKEPT: Final = frozenset(
    word
    for line in (
        "call assistant assistantVersion squad phoneNumber customer chat session",  # read elsewhere, or about people
        "artifact messages messagesOpenAIFormatted conversation transcript summary",  # the conversation
    )
    for word in line.split()
)
_ROOM: Final = 4096
"""How many characters of JSON are kept of a message of unknown type."""


@dataclasses.dataclass(frozen=True, slots=True)
class Rereads:
    """How long after a webhook its call is read again.

    ``noticed`` lets a few messages that come together end in one reading; ``late`` is for what follows the report of
    the end: analysis, structured outputs, recordings.
    """

    noticed: dt.timedelta
    late: dt.timedelta


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What a message comes to."""

    observations: tuple[Observation, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Unclear:
    """A message that cannot be applied, and why: in words that repeat nothing of it but its type."""

    reason: str


def type_of(message: Mapping[str, Any]) -> str | None:
    """The type of a message; None where it has none that can be one."""
    stated = message.get("type")
    return stated if isinstance(stated, str) and _TYPE.fullmatch(stated) else None


def meaning(kind: str) -> Meaning:
    """What messages of this type mean."""
    return MEANINGS.get(kind, _UNKNOWN)


def reduced(message: Mapping[str, Any], redact: Redact = redact) -> dict[str, Any]:
    """What is kept of a message, in its own shape and redacted, for `told`.

    That is its type, its timestamp, its call's id and its facts; of an unknown type, what is neither conversation nor
    person, as far as there is room.
    """
    kind = type_of(message) or ""
    names = FACTS.get(kind, ()) if kind in MEANINGS else _fitting(message)
    stated = {name: message[name] for name in names if message.get(name) is not None}
    kept: dict[str, Any] = {**redact(stated).document, "type": kind}
    if sent_at(message) is not None:
        kept["timestamp"] = message["timestamp"]
    if known := call_id(message):
        kept["call"] = {"id": known}
    return kept


def told(message: Mapping[str, Any], received_at: dt.datetime, rereads: Rereads) -> Told | Unclear:
    """What a message that was received then comes to; it is one that `reduced` made, and so has no secrets any more."""
    kind = type_of(message) or "a message without a type"
    means, known = meaning(kind), call_id(message)
    if means.role is Role.PASSES or (means.role is Role.UNKNOWN and known is None):
        return Told()
    if means.role is Role.ASKS:
        return Unclear(f"{kind} needs an answer, and there is nothing to apply")
    if known is None:
        return Unclear(f"{kind} without the id of a call")
    if means.role is Role.DELETES:
        return Told((Absence(call_id=known, noticed_at=received_at, deleted=True),))
    return Told(_notices(message, known, received_at), tuple(_marks(means, known, received_at, rereads)))


def _notices(message: Mapping[str, Any], known: str, received_at: dt.datetime) -> tuple[Notice, ...]:
    sent = sent_at(message) or received_at
    facts = {name: Fact(sent, received_at, value) for name, value in stated_facts(message).items()}
    return (Notice(call_id=known, facts=facts),) if facts else ()


def _marks(means: Meaning, known: str, received_at: dt.datetime, rereads: Rereads) -> list[Mark]:
    noticed = Mark(known, Reason.NOTICED, received_at + rereads.noticed)
    return [noticed, Mark(known, Reason.LATE, received_at + rereads.late)] if means.late else [noticed]


def _fitting(message: Mapping[str, Any]) -> list[str]:
    """The names of what is kept of an unknown message, in its own order, as long as there is room."""
    fitting, room = [], _ROOM
    for name in (name for name in message if name not in _UNKEPT):
        size = len(name) + _size(message[name])
        if size <= room:
            fitting.append(name)
            room -= size
    return fitting


def _size(value: Any) -> int:
    """How many characters of JSON it takes; what nests too deep to tell takes more than there is room for."""
    try:
        return len(json.dumps(value))
    except RecursionError:
        return _ROOM + 1


def joined(marks: list[Mark]) -> tuple[Mark, ...]:
    """One mark of each reason for each call, the latest: a call that is told of ten times is read once."""
    latest: dict[tuple[str, Reason], Mark] = {}
    for mark in sorted(marks, key=lambda mark: mark.due_at):
        latest[mark.call_id, mark.reason] = mark
    return tuple(latest.values())
