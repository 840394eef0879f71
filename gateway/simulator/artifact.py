"""The ``artifact`` of an ended call: the conversation once more, recordings, variables, latencies, transfers."""

from __future__ import annotations

import random

from gateway.simulator.chance import dice, draw, happens
from gateway.simulator.connection import FAKE_TWILIO_TOKEN, carrier
from gateway.simulator.conversation import Conversation
from gateway.simulator.customers import JsonObject
from gateway.simulator.kinds import Channel, Kind
from gateway.simulator.moments import iso
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan

STORAGE = "https://storage.example.invalid"


def said(conversation: Conversation) -> JsonObject:
    """What is there as soon as the call ends."""
    return {
        "messages": conversation.messages,
        "messagesOpenAIFormatted": conversation.openai,
        "transcript": conversation.transcript,
    }


def recordings(plan: Plan) -> JsonObject:
    """Where the recordings lie: written twice, once in the deprecated fields."""
    mono, stereo = f"{_file(plan)}-mono.wav", f"{_file(plan)}-stereo.wav"
    return {
        "recordingUrl": mono,
        "stereoRecordingUrl": stereo,
        "recording": {
            "stereoUrl": stereo,
            "mono": {
                "combinedUrl": mono,
                "assistantUrl": f"{_file(plan)}-assistant.wav",
                "customerUrl": f"{_file(plan)}-customer.wav",
            },
        },
    }


def logs(plan: Plan) -> JsonObject:
    """The call's log, and the packets of a telephone call."""
    found = {"logUrl": f"{_file(plan)}-logs.jsonl.gz"}
    return found | ({"pcapUrl": f"{_file(plan)}-sip.pcap"} if plan.channel.telephone else {})


def variables(plan: Plan, who: JsonObject) -> JsonObject:
    """The variables as the prompt saw them: the given ones and Vapi's own, customer and credentials included.

    ``who`` is the part of the row that identifies the caller.
    """
    given = (who.get("assistantOverrides") or {}).get("variableValues")
    values = {
        **(given if isinstance(given, dict) else {}),
        **_today(plan),
        "transport": {"provider": carrier(plan, "twilio")},
    }
    if plan.channel.telephone:
        values["customer"] = who.get("customer")
        values["phoneNumber"] = {"id": plan.phone_number, "twilioAuthToken": FAKE_TWILIO_TOKEN}
    return {"variables": values, "variableValues": values}


def _today(plan: Plan) -> JsonObject:
    """Vapi's own variables of time."""
    began = iso(plan.life.created)
    names = ("date", "time", "year", "month", "day")
    parts = (began[:10], began[11:19], began[:4], began[5:7], began[8:10])
    return {"now": f"{began[:10]} at {began[11:19]} UTC", **dict(zip(names, parts, strict=True))}


def happenings(plan: Plan, conversation: Conversation, organisation: Organisation) -> JsonObject:
    """Nodes, transfers, activations and latencies."""
    found: JsonObject = {"nodes": _nodes(plan, conversation)}
    if plan.kind is Kind.TRANSFER:
        found["transfers"] = [_transfer(plan, conversation)]
    if plan.kind is Kind.SQUAD or happens(plan.key, "activations", 25):
        found["assistantActivations"] = _activations(plan, organisation)
    if happens(plan.key, "latencies", 40):
        found["performanceMetrics"] = _latencies(plan, conversation)
    return found


def destination(plan: Plan) -> JsonObject:
    """Whereto a call was transferred; the plan's ``sipVerb`` is a text, whatever the schema says."""
    how = {"mode": "warm-transfer-say-summary", "sipVerb": "refer"}
    if plan.key % 4 == 0:
        return {"type": "sip", "sipUri": "sip:reception@pbx.example.invalid", "transferPlan": how}
    number = f"+1555800{plan.key % 10_000:04}"
    return {"type": "number", "number": number, "message": "I am putting you through.", "transferPlan": how}


def presigned(plan: Plan, now: int, read: int, storage: str) -> JsonObject:
    """Fresh URLs below ``storage`` for one read: valid for 30 minutes and never the same twice."""
    return {
        **{
            f"presigned{name}Url": _signed(plan, f"{storage}/{_name(plan)}{suffix}", now, read)
            for name, suffix in _files(plan)
        },
        "presignedUrlsExpiresAt": iso(now + 30 * 60 * 1000),
    }


def _files(plan: Plan) -> list[tuple[str, str]]:
    wav = [(name, f"-{name.lower()}.wav") for name in ("Mono", "Stereo", "Assistant", "Customer")]
    pcap = [("Pcap", "-sip.pcap")] if plan.channel.telephone else []
    return [*wav, *pcap, ("Log", "-logs.jsonl.gz")]


def _signed(plan: Plan, file: str, now: int, read: int) -> str:
    signature = f"fake{draw(plan.key + read, file):016x}"
    query = f"X-Amz-Date={now}&X-Amz-Expires=1800&X-Amz-Signature={signature}"
    return f"{file}?X-Amz-Algorithm=AWS4-HMAC-SHA256&{query}"


def _file(plan: Plan) -> str:
    return f"{STORAGE}/{_name(plan)}"


def _name(plan: Plan) -> str:
    return f"{plan.id}-{plan.life.ended}-{draw(plan.key, 'file'):016x}"


def _nodes(plan: Plan, conversation: Conversation) -> list[JsonObject]:
    if not happens(plan.key, "nodes", 8):
        return []
    part = conversation.messages[:2]
    return [{"nodeName": "greeting", "messages": part, "variableValues": {"intent": "booking"}}]


def _transfer(plan: Plan, conversation: Conversation) -> JsonObject:
    return {
        "destination": destination(plan),
        "mode": "warm-transfer-say-summary",
        "status": ("connected", "no-answer", "completed")[plan.key % 3],
        "transcript": "AI: I have a caller for you.\nUser: Put them through.\n",
        "messages": conversation.messages[-1:],
    }


def _activations(plan: Plan, organisation: Organisation) -> list[JsonObject]:
    chosen = [plan.assistant] if plan.assistant else organisation.assistant_ids[:2]
    return [{"assistantName": organisation.assistant_name(i), "assistantId": i} for i in chosen]


def _latencies(plan: Plan, conversation: Conversation) -> JsonObject:
    rolls = dice(plan.key, "latencies")
    turns = [_turn(rolls) for _ in range(min(12, 1 + len(conversation.messages) // 3))]
    names = ("model", "voice", "transcriber", "endpointing")
    found: JsonObject = {
        f"{name}LatencyAverage": round(sum(t[f"{name}Latency"] for t in turns) / len(turns), 2) for name in names
    }
    found |= {"turnLatencies": turns, "numUserInterrupted": plan.key % 4, "numAssistantInterrupted": plan.key % 3}
    if plan.channel is not Channel.WEB:
        found["fromTransportLatencyAverage"] = 38.5
    return found | {"turnLatencyAverage": sum(t["turnLatency"] for t in turns) / len(turns)}


def _turn(rolls: random.Random) -> JsonObject:
    parts = {
        "modelLatency": 180 + int(1700 * rolls.random()),
        "voiceLatency": 90 + int(600 * rolls.random()),
        "transcriberLatency": int(300 * rolls.random()),
        "endpointingLatency": 100 + int(1500 * rolls.random()),
    }
    return parts | {"turnLatency": sum(parts.values())}
