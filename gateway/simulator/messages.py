"""The body of a server message. Its ``call`` is the snapshot of the call's creation, however late it is sent.

In every real message seen, the nested call is still queued or ringing and its ``updatedAt`` is its ``createdAt``; the
true values stand beside it. Web calls carry neither ``customer`` nor ``phoneNumber``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from gateway.simulator import calls
from gateway.simulator.customers import JsonObject
from gateway.simulator.kinds import Channel, Kind
from gateway.simulator.moments import iso
from gateway.simulator.occasions import (
    CONVERSATION,
    DELETED,
    REPORT,
    SPEECH,
    STATUS,
    TRANSCRIPT,
    UPLOAD,
    Occasion,
)
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan

Part: TypeAlias = Callable[[Occasion, Organisation], JsonObject]

REPORTED = (
    "startedAt", "endedAt", "endedReason", "cost", "costBreakdown", "costs", "analysis", "artifact", "destination",
    "summary", "transcript", "messages", "recordingUrl", "stereoRecordingUrl",
)  # fmt: skip
PRICES = frozenset({"cost", "costBreakdown", "costs"})
"""Not in a report of 2024."""


def body(occasion: Occasion, organisation: Organisation) -> bytes:
    """The JSON of a message, as it goes over the wire."""
    part = PARTS[occasion.type]
    message = {
        "timestamp": _timestamp(occasion),
        "type": occasion.type,
        **occasion.own,
        **part(occasion, organisation),
        **_shared(occasion.plan, organisation),
    }
    return json.dumps({"message": message}, ensure_ascii=False, separators=(",", ":")).encode()


def snapshot(plan: Plan, organisation: Organisation) -> JsonObject:
    """The call as it was when it was created."""
    row = calls.record(plan, organisation, plan.life.created)
    ringing = plan.channel in {Channel.INBOUND, Channel.SIP}
    kept = {name: value for name, value in row.items() if name not in {"artifact", "cost"}}
    return kept | {"status": "ringing" if ringing else "queued"}


def _timestamp(occasion: Occasion) -> int | str:
    """Epoch milliseconds; a text in 2024."""
    return iso(occasion.moment) if occasion.plan.kind is Kind.LEGACY else occasion.moment


def _shared(plan: Plan, organisation: Organisation) -> JsonObject:
    """What every message carries: call, merged assistant, and on the telephone customer and number."""
    call = snapshot(plan, organisation)
    found = {"call": call, "assistant": assistant(call, organisation)}
    if plan.channel.telephone:
        found |= {"customer": call.get("customer"), "phoneNumber": _phone_number(call, organisation)}
    return {name: value for name, value in found.items() if value is not None}


def assistant(call: JsonObject, organisation: Organisation) -> JsonObject | None:
    """The assistant that takes effect: saved or transient, with the call's overrides, metadata merged."""
    given = call.get("assistant") or _row(organisation.assistants, call.get("assistantId"))
    overrides = call.get("assistantOverrides") or {}
    if given is None:
        return None
    merged = given | overrides
    both = (given.get("metadata"), overrides.get("metadata"))
    if isinstance(both[0], dict) and isinstance(both[1], dict):
        merged["metadata"] = both[0] | both[1]
    return merged


def _phone_number(call: JsonObject, organisation: Organisation) -> JsonObject | None:
    return call.get("phoneNumber") or _row(organisation.phone_numbers, call.get("phoneNumberId"))


def _row(table: list[JsonObject], identifier: object) -> JsonObject | None:
    return next((row for row in table if row["id"] == identifier), None)


def _nothing(occasion: Occasion, organisation: Organisation) -> JsonObject:
    return {}


def _spoken(occasion: Occasion, organisation: Organisation) -> JsonObject:
    """The conversation so far."""
    said = calls.said(occasion.plan, organisation)
    if said is None:
        return {"artifact": {"messages": [], "messagesOpenAIFormatted": []}}
    count = sum(line["time"] <= occasion.moment for line in said.messages)
    return {"artifact": {"messages": said.messages[:count], "messagesOpenAIFormatted": said.openai[:count]}}


def _conversation(occasion: Occasion, organisation: Organisation) -> JsonObject:
    """The same conversation four times."""
    kept = _spoken(occasion, organisation)["artifact"]
    return {"conversation": kept["messagesOpenAIFormatted"], **kept, "artifact": kept}


def _report(occasion: Occasion, organisation: Organisation) -> JsonObject:
    """The final values, which stand beside the stale call."""
    plan = occasion.plan
    row = calls.record(plan, organisation, plan.life.settled)
    missing = PRICES if plan.kind is Kind.LEGACY else frozenset[str]()
    found = {name: row[name] for name in REPORTED if name in row and name not in missing}
    return found | _duration(plan)


def _duration(plan: Plan) -> JsonObject:
    lasted = plan.life.talked
    return {"durationMs": lasted, "durationSeconds": lasted / 1000, "durationMinutes": round(lasted / 60_000, 4)}


PARTS: Mapping[str, Part] = MappingProxyType(
    {
        STATUS: _spoken,
        SPEECH: _spoken,
        CONVERSATION: _conversation,
        TRANSCRIPT: _nothing,
        REPORT: _report,
        UPLOAD: _nothing,
        DELETED: _nothing,
    }
)
"""What each type adds to its own keys."""
