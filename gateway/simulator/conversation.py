"""What was said on a call: messages, the same in OpenAI's form, and the transcript."""

from __future__ import annotations

import dataclasses
import random

from gateway.simulator import script
from gateway.simulator.chance import dice, draw, happens, whole
from gateway.simulator.customers import JsonObject
from gateway.simulator.kinds import Kind
from gateway.simulator.plans import Plan

TURN = 5000
"""Milliseconds from one utterance to the next."""
WORDS_UP_TO = 180_000
"""Only calls shorter than this carry word-level confidence: rows stay under 130 kB."""


@dataclasses.dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation in the three forms in which a row repeats it."""

    messages: list[JsonObject]
    openai: list[JsonObject]
    transcript: str

    def characters(self, role: str) -> int:
        """How much one side said."""
        return sum(len(m["message"]) for m in self.messages if m["role"] == role)


def conversation(plan: Plan, name: str, *, voicemail: bool = False) -> Conversation:
    """The conversation of a call that was answered."""
    messages = [_prompt(plan, name), *_turns(plan, name, voicemail=voicemail)]
    if plan.life.talked > 40_000 and happens(plan.key, "tool", 30):
        messages[3:3] = _tool(plan, messages[3])
    return Conversation(messages, [_openai(m) for m in messages], transcript(messages))


def transcript(messages: list[JsonObject]) -> str:
    """AI: Hello?\\nUser: Yes.\\n"""
    speakers = {"bot": "AI", "user": "User"}
    said = (m for m in messages if m["role"] in speakers)
    return "".join(f"{speakers[m['role']]}: {m['message']}\n" for m in said)


def _prompt(plan: Plan, name: str) -> JsonObject:
    """The system message leaks the prompt, as in life."""
    rules = script.RULES[: whole(plan.key, "rules", 0, len(script.RULES))]
    text = script.PROMPT.format(name=name) + "".join(rules)
    return {"role": "system", "time": _start(plan), "message": text, "secondsFromStart": 0}


def _turns(plan: Plan, name: str, *, voicemail: bool) -> list[JsonObject]:
    rolls = dice(plan.key, "conversation")
    count = max(1, plan.life.talked // TURN)
    step = plan.life.talked // count
    words = plan.life.talked < WORDS_UP_TO and happens(plan.key, "words", 18)
    turns = []
    for number in range(count):
        text = _line(plan, name, number, rolls, voicemail=voicemail)
        turns.append(_turn(_start(plan), number, step, text, rolls))
        if words and number % 2:
            turns[-1]["metadata"] = {"wordLevelConfidence": _words(text, rolls)}
    return turns


def _line(plan: Plan, name: str, number: int, rolls: random.Random, *, voicemail: bool) -> str:
    if number == 0:
        return script.GREETINGS[plan.key % len(script.GREETINGS)].format(name=name)
    if voicemail and number < 4:
        return script.VOICEMAIL[number // 2]
    lines = script.USER if number % 2 else script.BOT
    return lines[int(rolls.random() * len(lines))]


def _turn(began: int, number: int, step: int, text: str, rolls: random.Random) -> JsonObject:
    """Times may be fractional and sides may overlap; ``duration`` is in milliseconds (real rows)."""
    since = number * step + int(rolls.random() * 700)
    length = min(step, 400 + 55 * len(text))
    start = began + since
    role = "user" if number % 2 else "bot"
    return {
        "role": role,
        "time": start + 0.999 if number % 11 == 5 else start,
        "endTime": start + length,
        "message": text,
        "duration": length,
        "secondsFromStart": round(since / 1000, 2),
        **({"source": ""} if role == "bot" else {}),
    }


def _words(text: str, rolls: random.Random) -> list[JsonObject]:
    return [
        {
            "word": word.lower().strip(".,?!"),
            "start": round(0.3 * place, 2),
            "end": round(0.3 * place + 0.25, 2),
            "confidence": round(0.6 + 0.4 * rolls.random(), 5),
            "punctuated_word": word,
            "language": "en",
        }
        for place, word in enumerate(text.split())
    ]


def _tool(plan: Plan, after: JsonObject) -> list[JsonObject]:
    """A tool call and its result."""
    call_id = f"call_{draw(plan.key, 'tool id'):016x}"
    shared = {"time": after["time"], "secondsFromStart": after["secondsFromStart"]}
    arguments = '{"day": "tuesday", "part": "morning"}'
    function = {"name": "find_slots", "arguments": arguments}
    result = '{"slots": ["10:30", "11:15"]}'
    call = {"id": call_id, "type": "function", "function": function}
    answer = {"role": "tool_call_result", "name": "find_slots", "result": result, "toolCallId": call_id}
    if plan.kind is Kind.LEGACY:
        return []
    return [{"role": "tool_calls", "message": "", "toolCalls": [call], **shared}, {**answer, **shared}]


def _openai(message: JsonObject) -> JsonObject:
    match message["role"]:
        case "bot":
            return {"role": "assistant", "content": message["message"]}
        case "tool_calls":
            return {"role": "assistant", "content": None, "tool_calls": message["toolCalls"]}
        case "tool_call_result":
            return {"role": "tool", "content": message["result"], "tool_call_id": message["toolCallId"]}
        case role:
            return {"role": role, "content": message["message"]}


def _start(plan: Plan) -> int:
    return plan.life.ended - plan.life.talked
