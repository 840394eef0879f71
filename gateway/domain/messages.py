"""Messages: what Vapi posts to a server, and the calls that a saved JSON file holds.

The call inside a webhook is a snapshot of its creation: its status is “queued” and its ``updatedAt`` equals
``createdAt`` even in an end-of-call report. What the message itself says, beside the call, is current. (Real payloads
of 2024 to 2026; Vapi's OpenAPI description of ``ServerMessage``.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

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
        call["status"] = "ended"
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
