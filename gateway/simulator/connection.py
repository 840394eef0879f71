"""How a call was carried: transport, provider, monitor URLs; where Vapi shows secrets, obviously false ones."""

from __future__ import annotations

from gateway.simulator.chance import draw, one_of
from gateway.simulator.customers import JsonObject
from gateway.simulator.ids import v4
from gateway.simulator.kinds import Channel
from gateway.simulator.plans import Plan

FAKE_ACCOUNT = "ACfake0000000000000000000000000000"
FAKE_CALL_TOKEN = "fake-call-token-"
FAKE_TWILIO_TOKEN = "fake-twilio-auth-token"


def fields(plan: Plan, provider: str) -> JsonObject:
    """``transport``, ``monitor`` and the provider's fields of a call."""
    found: JsonObject = {"monitor": _monitor(plan)}
    match plan.channel:
        case Channel.WEB:
            return found | _web(plan)
        case Channel.WEBSOCKET:
            return found | {"transport": _websocket(plan)}
        case Channel.SIP:
            return found | _telephone(plan, "vapi", "sip")
        case _:
            return found | _telephone(plan, provider, "pstn")


def carrier(plan: Plan, provider: str) -> str:
    """The provider of a call's ``transport``."""
    names = {Channel.WEB: "daily", Channel.WEBSOCKET: "vapi.websocket", Channel.SIP: "vapi.sip"}
    return names.get(plan.channel, "vapi.sip" if provider == "vapi" else provider)


def room(plan: Plan) -> str:
    """The Daily room of a web call."""
    return f"https://rooms.example.invalid/{draw(plan.key, 'room'):016x}"


def _monitor(plan: Plan) -> JsonObject:
    """Whoever has these URLs can listen and speak."""
    host = f"production{plan.key % 3 + 1}.monitor.example.invalid"
    return {
        "listenUrl": f"wss://{host}/{plan.id}/listen",
        "controlUrl": f"https://{host}/{plan.id}/control",
    }


def _web(plan: Plan) -> JsonObject:
    transport = {
        "provider": "daily",
        "assistantVideoEnabled": False,
        "callUrl": room(plan),
        "callToken": f"{FAKE_CALL_TOKEN}{plan.key % 10_000}",
    }
    return {"transport": transport, "webCallUrl": room(plan)}


def _websocket(plan: Plan) -> JsonObject:
    url = f"wss://websocket.example.invalid/{plan.id}/transport"
    audio = {"format": "pcm_s16le", "container": "raw", "sampleRate": 16000}
    return {"provider": "vapi.websocket", "audioFormat": audio, "websocketCallUrl": url}


def _telephone(plan: Plan, provider: str, network: str) -> JsonObject:
    transport = _transport(plan, provider)
    found: JsonObject = {
        "phoneCallProvider": provider,
        "phoneCallProviderId": transport.get("callSid", v4(plan.key)),
        "phoneCallTransport": network,
        "transport": transport,
    }
    if provider == "vapi":
        found["phoneCallProviderDetails"] = {"sbcCallId": transport["sbcCallSid"]}
    return found


def _transport(plan: Plan, provider: str) -> JsonObject:
    number = draw(plan.key, "provider id")
    match provider:
        case "vapi":
            return {"provider": "vapi.sip", "callSid": v4(number), "sbcCallSid": v4(number + 1)}
        case "telnyx":
            legs = {"callLegId": v4(number), "callSessionId": v4(number + 1)}
            return {"provider": "telnyx", "callControlId": f"v3:fake-{number:x}"} | legs
        case "vonage":
            return {"provider": "vonage", "conversationUUID": f"CON-{v4(number)}", "callUUID": v4(number + 1)}
        case _:
            return _twilio(plan, number)


def _twilio(plan: Plan, number: int) -> JsonObject:
    transport = {"provider": "twilio", "accountSid": FAKE_ACCOUNT, "callSid": f"CAfake{number:028x}"}
    if plan.channel is Channel.INBOUND:
        transport["callToken"] = f"{FAKE_CALL_TOKEN}{number % 10_000}"
        transport["forwardedFrom"] = one_of(plan.key, "forwarded", ("", "+15550001111"))
    return transport
