"""Messages: what Vapi posts to a server, and the calls that a saved JSON file holds.

The call inside a webhook is a snapshot of its creation: its status is “queued” and its ``updatedAt`` equals
``createdAt`` even in an end-of-call report. What the message itself says, beside the call, is current.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.domain.attributes import Document

_FACTS: Final = (
    "status",
    "endedReason",
    "startedAt",
    "endedAt",
    "cost",
    "costs",
    "costBreakdown",
    "durationSeconds",
    "analysis",
    "summary",
    "transcript",
    "messages",
    "recordingUrl",
    "stereoRecordingUrl",
    "destination",
    "compliance",
)
_ONLY_ON_STATUS: Final = "status-update"


def calls(saved: Any) -> Iterator[Document]:
    """The calls in a saved file: one call, a list of them, a batch, a webhook, or a custom model's request."""
    if isinstance(saved, list):
        for element in saved:
            yield from calls(element)
    elif isinstance(saved, Mapping) and isinstance(saved.get("message"), Mapping):
        yield stated_call(saved["message"])
    elif isinstance(saved, Mapping) and isinstance(saved.get("results"), list):
        yield from calls(saved["results"])
    elif isinstance(saved, Mapping) and isinstance(saved.get("call"), Mapping):
        yield {"metadata": saved.get("metadata"), **saved["call"]}
    elif isinstance(saved, Mapping):
        yield saved


def stated_call(message: Mapping[str, Any]) -> Document:
    """The call as a webhook's message tells it: the snapshot inside, with what the message says laid over it."""
    snapshot = message.get("call")
    call = dict(snapshot) if isinstance(snapshot, Mapping) else {}
    call |= {name: message[name] for name in _FACTS if _is_stated(message, name)}
    call |= {name: message[name] for name in ("customer", "phoneNumber") if message.get(name) and not call.get(name)}
    if isinstance(message.get("artifact"), Mapping):
        call["artifact"] = message["artifact"]
    if message.get("type") == "end-of-call-report":
        call["status"] = "ended"
    return _with_merged_metadata(call, message.get("assistant"))


def _is_stated(message: Mapping[str, Any], name: str) -> bool:
    if name == "status" and message.get("type") != _ONLY_ON_STATUS:  # a speech-update has a status of its own
        return False
    return message.get(name) is not None


def _with_merged_metadata(call: dict[str, Any], effective: Any) -> Document:
    """The effective assistant carries the saved assistant's own metadata, merged: a place of its own, tried late."""
    metadata = effective.get("metadata") if isinstance(effective, Mapping) else None
    if metadata is None or call.get("assistant"):
        return call
    return {**call, "assistant": {"name": effective.get("name"), "metadata": metadata}}
