"""What a call cost, in USD: unrounded lines, and a breakdown rounded to four decimals whose sum is not the total."""

from __future__ import annotations

from gateway.simulator.chance import happens, one_of, whole
from gateway.simulator.conversation import Conversation
from gateway.simulator.customers import JsonObject
from gateway.simulator.kinds import Channel
from gateway.simulator.plans import Plan

MINUTE = 60_000
PER_MINUTE = {"transcriber": 0.0098, "vapi": 0.05, "transport": 0.014}
PER_TOKEN = {"gpt-4.1": (2e-06, 8e-06), "gpt-4o-mini": (1.5e-07, 6e-07), "gemini-2.5-flash": (3e-07, 2.5e-06)}
PER_CHARACTER = 5e-05
MODELS = (("openai", "gpt-4.1"), ("openai", "gpt-4o-mini"), ("google", "gemini-2.5-flash"))
ANALYSES = ("summary", "successEvaluation", "structuredData")


def lines(plan: Plan, said: Conversation, provider: str) -> list[JsonObject]:
    """The ``costs`` of a call; ``provider`` is who carried it."""
    minutes = plan.life.talked / MINUTE
    found = [_transport(provider, minutes)] if plan.channel is not Channel.WEB else []
    found += [_transcriber(minutes), _model(plan, said), _voice(plan, said), _vapi(plan, minutes)]
    found += [_analysis(plan, kind, said) for kind in ANALYSES[: whole(plan.key, "analyses", 1, 3)]]
    if plan.channel is Channel.OUTBOUND:
        found.append(_voicemail_detection(plan))
    if happens(plan.key, "knowledge base", 30):
        found.append({"type": "knowledge-base", "model": _named(*MODELS[2]), "promptTokens": 0} | {"cost": 0})
    return found


def total(costs: list[JsonObject]) -> float:
    """The call's ``cost``."""
    return float(round(sum(line["cost"] for line in costs), 4))


def breakdown(costs: list[JsonObject]) -> JsonObject:
    """The ``costBreakdown``."""
    model = next(line for line in costs if line["type"] == "model")
    voice = next(line for line in costs if line["type"] == "voice")
    return {
        "transport": _part(costs, "transport"),
        "stt": _part(costs, "transcriber"),
        "llm": _part(costs, "model"),
        "tts": _part(costs, "voice"),
        "vapi": _part(costs, "vapi"),
        "chat": 0,
        "total": total(costs),
        "llmPromptTokens": model["promptTokens"],
        "llmCompletionTokens": model["completionTokens"],
        "llmCachedPromptTokens": model["cachedPromptTokens"],
        "ttsCharacters": voice["characters"],
        "voicemailDetectionCost": _part(costs, "voicemail-detection"),
        "knowledgeBaseCost": 0,
        "analysisCostBreakdown": _analyses(costs),
    }


def _transport(provider: str, minutes: float) -> JsonObject:
    return {"type": "transport", "provider": provider, "minutes": minutes} | {"cost": minutes * PER_MINUTE["transport"]}


def _transcriber(minutes: float) -> JsonObject:
    transcriber = {"provider": "deepgram", "model": "nova-3"}
    cost = minutes * PER_MINUTE["transcriber"]
    return {"type": "transcriber", "transcriber": transcriber, "minutes": minutes, "cost": cost}


def _model(plan: Plan, said: Conversation) -> JsonObject:
    provider, model = one_of(plan.key, "model", MODELS)
    prompt = 250 + 30 * len(said.messages) ** 2 // 4
    completion = said.characters("bot") // 4 + 1
    tokens = {"promptTokens": prompt, "completionTokens": completion, "cachedPromptTokens": prompt // 3}
    return {"type": "model", "model": _named(provider, model), "cost": _tokens(model, prompt, completion)} | tokens


def _voice(plan: Plan, said: Conversation) -> JsonObject:
    voice = {"provider": one_of(plan.key, "voice", ("vapi", "11labs", "cartesia")), "voiceId": "Elliot"}
    characters = said.characters("bot")
    return {"type": "voice", "voice": voice, "characters": characters, "cost": characters * PER_CHARACTER}


def _vapi(plan: Plan, minutes: float) -> JsonObject:
    kind = "overage" if happens(plan.key, "overage", 5) else "normal"
    return {"type": "vapi", "subType": kind, "minutes": round(minutes, 4), "cost": minutes * PER_MINUTE["vapi"]}


def _analysis(plan: Plan, kind: str, said: Conversation) -> JsonObject:
    prompt, completion = 120 + len(said.transcript) // 4, whole(plan.key, kind, 1, 60)
    tokens = {"promptTokens": prompt, "completionTokens": completion}
    cost = _tokens("gemini-2.5-flash", prompt, completion)
    return {"type": "analysis", "analysisType": kind, "model": _named(*MODELS[2]), "cost": cost} | tokens


def _voicemail_detection(plan: Plan) -> JsonObject:
    return {
        "type": "voicemail-detection",
        "model": _named("openai", "gpt-4o-audio-preview"),
        "provider": "openai",
        "promptTextTokens": whole(plan.key, "detection", 800, 22_000),
        "promptAudioTokens": 1056,
        "completionTextTokens": 85,
        "completionAudioTokens": 0,
        "cost": 0.014204399999999999,
    }


def _named(provider: str, model: str) -> JsonObject:
    return {"provider": provider, "model": model}


def _tokens(model: str, prompt: int, completion: int) -> float:
    in_price, out_price = PER_TOKEN[model]
    return prompt * in_price + completion * out_price


def _part(costs: list[JsonObject], kind: str) -> float:
    return float(round(sum(line["cost"] for line in costs if line["type"] == kind), 4))


def _analyses(costs: list[JsonObject]) -> JsonObject:
    """Every analysis has its three numbers here, run or not."""
    parts: JsonObject = {}
    for kind in ANALYSES:
        line = next((c for c in costs if c.get("analysisType") == kind), {})
        parts[kind] = round(line.get("cost", 0), 4)
        parts[f"{kind}PromptTokens"] = line.get("promptTokens", 0)
        parts[f"{kind}CompletionTokens"] = line.get("completionTokens", 0)
    return parts
