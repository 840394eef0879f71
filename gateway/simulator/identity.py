"""The fields of a call that say who called, each at the place that its plan chose."""

from __future__ import annotations

from typing import Any

from gateway.simulator import metadata
from gateway.simulator.chance import happens, one_of
from gateway.simulator.customers import Customer, JsonObject
from gateway.simulator.ids import v4
from gateway.simulator.kinds import Channel
from gateway.simulator.organisation import Organisation
from gateway.simulator.places import TRANSIENT_SQUAD, Place
from gateway.simulator.plans import Plan

CLIENT_MESSAGES = ["transfer-update", "transcript"]
NATIVE_PARTS = (
    ("number",),
    ("number", "name"),
    ("number", "name", "email"),
    ("number", "name", "email", "externalId"),
)


def fields(plan: Plan, customer: Customer, organisation: Organisation) -> JsonObject:
    """Customer, metadata and variables of a drawn call."""
    if plan.channel.telephone:
        return _telephone(plan, customer) | _metadata(plan, customer, organisation)
    return _metadata(plan, customer, organisation)


def _telephone(plan: Plan, customer: Customer) -> JsonObject:
    """On the telephone Vapi knows at least the number."""
    if plan.channel is Channel.SIP:
        return {
            "customer": customer.native("sipUri", "name"),
            "assistantOverrides": {"variableValues": metadata.sip_headers(plan.key)},
        }
    native: JsonObject = {"customer": customer.native(*one_of(plan.key, "native", NATIVE_PARTS))}
    if happens(plan.key, "customer id", 5):
        native["customerId"] = v4(customer.number)
    return native


def _metadata(plan: Plan, customer: Customer, organisation: Organisation) -> JsonObject:
    if plan.place in {Place.NATIVE, Place.NOBODY}:
        return {}
    flat = metadata.flat(plan.key, customer)
    if plan.place in TRANSIENT_SQUAD:
        return {"squad": _squad(plan, flat, organisation)}
    match plan.place:
        case Place.TOP | Place.NATIVE_AND_TOP:
            return {"metadata": flat}
        case Place.ASSISTANT:
            return {"assistant": _transient(flat)}
        case Place.SQUAD_OVERRIDES:
            return {"squadOverrides": {"metadata": flat}}
        case _:
            return _written(plan, customer, flat)


def _written(plan: Plan, customer: Customer, flat: JsonObject) -> JsonObject:
    if plan.place is Place.NULL:
        return {"metadata": None, "assistantOverrides": {"metadata": None}}
    return {"assistantOverrides": _overrides(plan, customer, flat)}


def _overrides(plan: Plan, customer: Customer, flat: JsonObject) -> JsonObject:
    overrides: JsonObject = {"clientMessages": CLIENT_MESSAGES}
    match plan.place:
        case Place.VARIABLES:
            overrides["variableValues"] = metadata.variables(plan.key, customer)
        case Place.NESTED:
            overrides["metadata"] = metadata.nested(plan.key, customer)
        case Place.BARE:
            overrides["metadata"] = metadata.bare(customer)
        case _:
            overrides["metadata"] = flat
    return overrides


def _transient(facts: JsonObject) -> JsonObject:
    """An assistant that came with the call."""
    prompt = "You are Guide, an assistant made for this call."
    return {
        "name": "Guide",
        "firstMessage": "Hi there, how can I help?",
        "model": {
            "provider": "openai",
            "model": "gpt-4o-mini",
            "messages": [{"role": "system", "content": prompt}],
        },
        "voice": {"provider": "vapi", "voiceId": "Elliot"},
        "metadata": facts,
    }


def _squad(plan: Plan, facts: JsonObject, organisation: Organisation) -> JsonObject:
    """A squad that came with the call; the second member is a saved assistant."""
    first: dict[str, Any] = {"assistant": _transient(facts)}
    if plan.place is not Place.MEMBER_ASSISTANT:
        first = {"assistantId": organisation.assistant_ids[0]}
    if plan.place is Place.MEMBER:
        first["assistantOverrides"] = {"metadata": facts}
    squad = {"members": [first, {"assistantId": organisation.assistant_ids[1]}]}
    return squad | ({"membersOverrides": {"metadata": facts}} if plan.place is Place.MEMBERS_OVERRIDES else {})
