"""Which properties a creating or changing body may have: any other is refused by name, as Vapi does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request

from gateway.simulator.customers import NATIVE_LIMIT
from gateway.simulator.errors import Refusal

# The names of the OpenAPI document, August 2026. ``metadata`` on POST /call is in no document, and accepted.
ASSISTANT = frozenset({
    "transcriber", "model", "voice", "firstMessage", "firstMessageInterruptionsEnabled", "firstMessageMode",
    "voicemailDetection", "clientMessages", "serverMessages", "maxDurationSeconds", "backgroundSound",
    "modelOutputInMessagesEnabled", "transportConfigurations", "observabilityPlan", "credentials", "hooks", "name",
    "voicemailMessage", "endCallMessage", "endCallPhrases", "compliancePlan", "metadata",
    "backgroundSpeechDenoisingPlan", "analysisPlan", "artifactPlan", "startSpeakingPlan", "stopSpeakingPlan",
    "monitorPlan", "credentialIds", "server", "keypadInputPlan",
})  # fmt: skip
OVERRIDES = ASSISTANT | {"tools:append", "variableValues"}
WORKFLOW_OVERRIDES = frozenset({"variableValues"})
CUSTOMER = frozenset({
    "numberE164CheckEnabled", "extension", "assistantOverrides", "squadOverrides", "number", "sipUri", "name", "email",
    "externalId",
})  # fmt: skip
SQUAD = frozenset({"name", "members", "membersOverrides"})
CALLEE = frozenset({
    "assistantId", "assistant", "assistantOverrides", "assistantVersion", "squadId", "squad", "squadOverrides",
    "workflowId", "workflow", "workflowOverrides",
})  # fmt: skip
CREATE_WEB = CALLEE | {"roomDeleteOnUserLeaveEnabled"}
CREATE = CALLEE | {
    "transport", "customers", "customer", "customerId", "name", "schedulePlan", "phoneNumberId", "phoneNumber",
    "metadata", "squadVersion",
}  # fmt: skip
UPDATE = frozenset({"name"})
DELETE = frozenset({"ids"})

NESTED = {
    "assistant": ASSISTANT,
    "assistantOverrides": OVERRIDES,
    "squad": SQUAD,
    "squadOverrides": OVERRIDES,
    "workflowOverrides": WORKFLOW_OVERRIDES,
    "customer": CUSTOMER,
}
LIMITED = ("name", "email", "externalId")


async def body(request: Request, known: frozenset[str]) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty object.

    Raises:
        Refusal: with the array of messages that Vapi would send.
    """
    try:
        found = json.loads(await request.body() or b"{}")
    except ValueError as error:
        raise Refusal(400, "Unexpected token in JSON") from error
    if not isinstance(found, dict):
        raise Refusal(400, ["body must be an object"])
    refused = list(objections(found, known))
    if refused:
        raise Refusal(400, refused)
    return found


def objections(found: dict[str, Any], known: frozenset[str], path: str = "") -> Iterator[str]:
    """["property customer should not exist", "assistantOverrides.property customer should not exist"]."""
    for name, value in found.items():
        if name not in known:
            yield f"{path}property {name} should not exist"
        elif name in NESTED:
            yield from _nested(value, NESTED[name], f"{path}{name}")
        elif name == "customers":
            yield from _customers(value, path)
        elif name in LIMITED and known in (CREATE, CUSTOMER, UPDATE):
            yield from _limited(value, f"{path}{name}")


def _nested(value: Any, known: frozenset[str], path: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from objections(value, known, f"{path}.")
    elif value is not None:
        yield f"{path} must be an object"


def _customers(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}customers must be an array"
        return
    for position, customer in enumerate(value):
        if isinstance(customer, dict):
            yield from objections(customer, CUSTOMER, f"{path}customers.{position}.")
        else:
            yield f"{path}customers.{position} must be an object"


def _limited(value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path} must be a string"
    elif len(value) > NATIVE_LIMIT:
        yield f"{path} must be shorter than or equal to {NATIVE_LIMIT} characters"
