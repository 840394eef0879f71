"""Rows of 2024: conversation only at the top level, no costs, a transport without provider, nulls everywhere."""

from __future__ import annotations

from gateway.simulator.customers import JsonObject

# Absent in a row of today, explicitly null in one of 2024.
NULLS = (
    "assistant", "assistantId", "assistantOverrides", "campaignId", "customer", "customerId", "destination",
    "endedAt", "endedReason", "metadata", "name", "phoneNumber", "phoneNumberId", "phoneCallProvider",
    "phoneCallProviderId", "phoneCallTransport", "squad", "squadId", "startedAt", "webCallSipUri", "workflowId",
)  # fmt: skip
YOUNGER = (
    "costs", "costBreakdown", "monitor", "messagesOpenAIFormatted", "phoneCallProviderDetails", "endedMessage",
)  # fmt: skip


def row(modern: JsonObject) -> JsonObject:
    """The same call as a row of 2024."""
    kept = {name: value for name, value in modern.items() if name not in YOUNGER}
    ended = modern["status"] == "ended"
    old: JsonObject = {
        "transport": {"assistantVideoEnabled": False},
        "artifact": {"messages": [], "messagesOpenAIFormatted": []} if ended else None,
        "maxDurationSeconds": 600,
        **({"twilioCallSid": None, "twilioCallStatus": None} if modern["type"] != "webCall" else {}),
    }
    return dict.fromkeys(NULLS) | kept | old
