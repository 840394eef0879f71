"""The kinds of calls that a test asks for by name, and how one knows a call of the kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gateway.simulator.customers import JsonObject

WEB_KEYS = {"customerId", "customerName", "email", "plan"}


def web_metadata(row: JsonObject) -> bool:
    """The customer is in assistantOverrides.metadata alone, in the plainest spelling, with a usual plan."""
    found = (row.get("assistantOverrides") or {}).get("metadata")
    elsewhere = row.keys() & {"customer", "metadata", "twilioCallSid", "maxDurationSeconds"}
    return (
        row["type"] == "webCall"
        and row["endedReason"] == "customer-ended-call"
        and not elsewhere
        and isinstance(found, dict)
        and found.keys() >= WEB_KEYS
        and found["plan"] in ("free", "pro", "enterprise")
        and isinstance(found["customerId"], str)
    )


def phone(row: JsonObject) -> bool:
    """An answered telephone call whose customer has a number and a name."""
    return {"number", "name"} <= (row.get("customer") or {}).keys() and bool(row.get("costs"))


def squad(row: JsonObject) -> bool:
    """A call that a saved squad took."""
    return bool(row.get("squadId"))


def legacy(row: JsonObject) -> bool:
    """A row as it was in 2024."""
    return str(row["id"])[14] == "4"


def failed(row: JsonObject) -> bool:
    """A call that never connected."""
    return "startedAt" not in row


def structured(row: JsonObject) -> bool:
    """A call whose structured output ``booked`` is a boolean."""
    outputs = (row.get("artifact") or {}).get("structuredOutputs", {})
    return any(o["name"] == "booked" and isinstance(o["result"], bool) for o in outputs.values())


def transfer(row: JsonObject) -> bool:
    """A call that was transferred to a number."""
    return bool(row.get("forwardedPhoneNumber"))


def talking(row: JsonObject) -> bool:
    """A call in which both sides are talking."""
    return bool(row["status"] == "in-progress")


def live(row: JsonObject) -> bool:
    """A call that is under way."""
    return bool(row["status"] != "ended")


SAMPLES: Mapping[str, Callable[[JsonObject], bool]] = MappingProxyType(
    {
        "web_metadata": web_metadata,
        "phone": phone,
        "squad": squad,
        "legacy": legacy,
        "failed": failed,
        "structured": structured,
        "transfer": transfer,
        "talking": talking,
        "live": live,
    }
)

UNSETTLED = ("talking", "live")
"""The kinds that are not over."""
