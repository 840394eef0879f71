"""Messages: what Vapi posts to a server, and the calls that a saved JSON file holds.

The call inside a webhook is a snapshot of its creation: its status is “queued” and its ``updatedAt`` equals
``createdAt`` even in an end-of-call report. What the message itself says, beside the call, is current. (Real payloads
of 2024 to 2026; Vapi's OpenAPI description of ``ServerMessage``.)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.domain import identifiers, values
from gateway.domain.attributes import Document
from gateway.domain.enums import CallType

_FACTS: Final = (
    "endedReason",
    "startedAt",
    "endedAt",
    "cost",
    "costs",
    "costBreakdown",
    "durationSeconds",
    "analysis",
    "summary",
    "messages",
    "messagesOpenAIFormatted",
    "recordingUrl",
    "stereoRecordingUrl",
    "destination",
    "compliance",
)
_FACTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "status-update": ("status", "transcript"),
    "end-of-call-report": ("transcript",),
}
"""What is the call's in these messages only: a speech-update has the status, a transcript the text, of a turn."""
_REPORT: Final = "end-of-call-report"
_ENDED: Final = "ended"

FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "status-update": ("status", "endedReason", "destination"),
    _REPORT: (
        *("endedReason", "startedAt", "endedAt", "cost", "costs", "costBreakdown", "analysis"),
        *("destination", "compliance"),
    ),
}
"""What a message says of its call that is small enough to be kept. The conversation is not: the call itself has it."""


def call_id(message: Mapping[str, Any]) -> str | None:
    """The id of the call that a message is about; None where it tells none that can be one."""
    call = message.get("call")
    stated = call.get("id") if isinstance(call, Mapping) else None
    return identifiers.call_id(stated) if isinstance(stated, str) else None


def sent_at(message: Mapping[str, Any]) -> dt.datetime | None:
    """When Vapi says that it sent it: milliseconds since 1970, in 2024 ISO 8601; None where that is unreadable."""
    return values.instant(message.get("timestamp"))


def stated_facts(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says of its call, by the names that it has at the top of Vapi's document (`FACTS`)."""
    kind = str(message.get("type"))
    stated = {name: message[name] for name in FACTS.get(kind, ()) if message.get(name) is not None}
    return {"status": _ENDED, **stated} if kind == _REPORT else stated


def calls(saved: Any) -> Iterator[Document]:
    """The calls in a saved file: one call, a list of them, a batch, a webhook, or a custom model's request."""
    if isinstance(saved, list):
        for element in saved:
            yield from calls(element)
    elif isinstance(saved, Mapping):
        yield from _calls(saved)


def _calls(saved: Mapping[str, Any]) -> Iterator[Document]:
    if isinstance(saved.get("message"), Mapping):
        yield stated_call(saved["message"])
    elif isinstance(saved.get("results"), list):
        yield from calls(saved["results"])
    elif _is_message(saved):
        yield stated_call(saved)
    elif isinstance(saved.get("call"), Mapping):
        yield _model_request(saved)
    else:
        yield saved


def _is_message(saved: Mapping[str, Any]) -> bool:
    """Whether it is a webhook's message without its envelope, as some servers log it: it has a type, as calls have."""
    kind = saved.get("type")
    is_calls = isinstance(kind, str) and CallType.of(kind) is not CallType.UNKNOWN
    return isinstance(kind, str) and not is_calls and ("call" in saved or "timestamp" in saved)


def stated_call(message: Mapping[str, Any]) -> Document:
    """The call as a webhook's message tells it: the snapshot inside, with what the message says laid over it."""
    snapshot = message.get("call")
    call = dict(snapshot) if isinstance(snapshot, Mapping) else {}
    facts = (*_FACTS, *_FACTS_OF.get(str(message.get("type")), ()))
    call |= {name: message[name] for name in facts if message.get(name) is not None}
    call |= {name: message[name] for name in ("customer", "phoneNumber") if message.get(name) and not call.get(name)}
    if isinstance(message.get("artifact"), Mapping):
        call["artifact"] = message["artifact"]
    if message.get("type") == _REPORT:
        call["status"] = _ENDED
    call = _with_conversation(call, message.get("conversation"))
    return _with_merged_metadata(call, message.get("assistant"))


def _model_request(request: Mapping[str, Any]) -> Document:
    """The call of a custom model's request, whose own messages are in OpenAI's shape, and whose metadata are merged."""
    call = _with_conversation(dict(request["call"]), request.get("messages"))
    return _with_merged_metadata(call, request)


def _with_conversation(call: dict[str, Any], conversation: Any) -> dict[str, Any]:
    """The conversation in OpenAI's shape, where nothing else holds it: 2024's conversation-updates have no other."""
    if not isinstance(conversation, list) or call.get("messagesOpenAIFormatted"):
        return call
    return {**call, "messagesOpenAIFormatted": conversation}


def _with_merged_metadata(call: dict[str, Any], effective: Any) -> Document:
    """The effective assistant carries the saved assistant's own metadata, merged: a place of its own, tried late."""
    metadata = effective.get("metadata") if isinstance(effective, Mapping) else None
    if metadata is None or call.get("assistant"):
        return call
    return {**call, "assistant": {"name": effective.get("name"), "metadata": metadata}}
