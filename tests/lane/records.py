"""Records: calls of every shape, with values in them that are hard to carry."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from gateway.settings import AttributeSettings

Document = dict[str, Any]

NOW: Final = dt.datetime(2026, 8, 20, 12, 0, tzinfo=dt.UTC)
CUSTOMERS: Final = ("ann", "bob", "cy", "dé")
ASSISTANTS: Final = ("a1", "a2", "gone")
STATUSES: Final = (
    *("scheduled", "queued", "ringing", "in-progress", "forwarding", "ended", "ended", "ended", "ended"),
    *("not-found", "deletion-failed", "daydreaming", "", None, 7),
)
TYPES: Final = ("webCall", "webCall", "outboundPhoneCall", "inboundPhoneCall", "vapi.websocketCall", "holo", None)
REASONS: Final = ("customer-ended-call", "assistant-forwarded-call", "silence-timed-out", "a-reason-of-next-year", "")
TEXTS: Final = (
    *(
        "",
        " ",
        "Ann",
        "refund invoice",
        "ünï cödé",
        "😀👩‍👩‍👧",
        "a\u2028b\u2029c",
        "nul\0nul",
        "\x01\x1b\x1f\x7f\x80\x9f",
    ),
    *(
        "\ud800",
        "half \udc00 a pair",
        "\ud83d",
        "NaN",
        "Infinity",
        "null",
        "true",
        "</script>",
        '"\\/\b\f\n\r\t',
        "\ufeff",
    ),
    *("\u202egnp.exe", "e\u0301", "\uffff", "\U0010ffff", "x" * 3000, "ü" * 700, "1e400", "{}", "[]", "$ref", "%s {0}"),
)
NUMBERS: Final[Sequence[Any]] = (
    *(0, -0.0, 1, 7.275e-05, 1e22, 1e16, 1e15, 123456789.125, 0.1, 1e-7, 5e-324, 1.7976931348623157e308, 3.0, -1),
    *(2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**64), 10**30, 10**400),
    *("0.5", "1e5", "NaN", "12", "1_000", True, None, [], {}),
)
WORDS: Final = ("refund", "invoice", "order", "Ünder", "hello")
MOMENTS: Final = (
    *(
        "2026-08-19T21:02:48.657Z",
        "2026-08-19T21:02:48.6574321Z",
        "2026-08-19T23:02:48+02:00",
        "2024-03-05",
        "0001-01-01",
    ),
    *("9999-12-31T23:59:59.999Z", "never", "", 1787173370100, 1e400, -1, None),
)
KEYS: Final = ("a", "", "__typename", "ключ", "\u2028", "\0", "\ud800", "0", "a.b", "$", "id", "key\n", "😀")

_TRUTHS: Final = (True, False)
PLAIN: Final = ("String", "Int", "Float", "Boolean", "DateTime", "enum", "[String]")
_VALUES: Final = ("free", "pro", "in-trial")


def attributes_of_calls() -> tuple[AttributeSettings, ...]:
    """Attributes of the call that a team declares: one of every kind, of every sensitivity."""
    levels = ("public", "personal", "content", "public", "public", "personal", "personal")
    return tuple(_declared(f"call{_named(kind)}", kind, level) for kind, level in zip(PLAIN, levels, strict=True))


def attributes_of_customers() -> tuple[AttributeSettings, ...]:
    """The same of the customer."""
    levels = (None, "public", "personal", "content", "public", "public", "personal")
    return tuple(
        _declared(f"my{_named(kind)}", kind, level, is_key=True) for kind, level in zip(PLAIN, levels, strict=True)
    )


def _named(kind: str) -> str:
    return kind.strip("[]").capitalize() + ("s" if kind.startswith("[") else "")


def _declared(name: str, kind: str, level: Any, *, is_key: bool = False) -> AttributeSettings:
    return AttributeSettings(
        name=name,
        type=kind,
        description=f"A {kind} of the team's.",
        paths=() if is_key else (f"metadata.custom.{name}",),
        keys=(name,) if is_key else (),
        values=_VALUES if kind == "enum" else (),
        sensitivity=level,
    )


CALL_ATTRIBUTES: Final = attributes_of_calls()
CUSTOMER_ATTRIBUTES: Final = attributes_of_customers()


def call_id(number: int) -> str:
    """The id of a call."""
    return f"00000000-0000-4000-8000-{number:012}"


def calls(chance: random.Random, count: int) -> dict[str, Document]:
    """So many calls, by id."""
    return {call_id(number): call(chance, number) for number in range(count)}


def call(chance: random.Random, number: int, updated: dt.datetime | None = None) -> Document:
    """One call, which may lack whole groups; changed at ``updated``, or soon after its creation."""
    created = NOW - dt.timedelta(minutes=chance.choice([1, 3, 15, 60, 600, 2000, 20000]), milliseconds=number % 7 // 2)
    document: Document = {
        "id": call_id(number),
        "createdAt": written(created),
        "updatedAt": written(updated or created),
    }
    made = {name: make(chance) for name, make in _TOP.items() if chance.random() < _SHARE.get(name, 0.6)}
    return document | made


def written(moment: dt.datetime) -> str:
    """An instant as Vapi writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def anything(chance: random.Random, depth: int = 3) -> Any:
    """Any JSON value, mostly small."""
    roll = chance.random()
    if depth and roll < 0.25:
        return {chance.choice(KEYS): anything(chance, depth - 1) for _ in range(chance.randint(0, 3))}
    if depth and roll < 0.4:
        return [anything(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    if roll < 0.42:
        return _deep(chance.choice([5, 40, 150]))
    return chance.choice(TEXTS) if roll < 0.7 else chance.choice(NUMBERS)


def _deep(levels: int) -> Any:
    value: Any = "bottom"
    for level in range(levels):
        value = [value] if level % 2 else {"a": value}
    return value


def _text(chance: random.Random) -> Any:
    return anything(chance) if chance.random() < 0.05 else chance.choice(TEXTS)


def _number(chance: random.Random) -> Any:
    return chance.choice(NUMBERS) if chance.random() < 0.5 else round(chance.uniform(0, 2), 4)


def _moment(chance: random.Random) -> Any:
    usual = written(NOW - dt.timedelta(seconds=chance.randint(1, 100_000), milliseconds=chance.randint(0, 999)))
    return chance.choice(MOMENTS) if chance.random() < 0.2 else usual


def _of(*several: Any) -> Callable[[random.Random], Any]:
    return lambda chance: chance.choice(several)


def _some(chance: random.Random, makers: Mapping[str, Callable[[random.Random], Any]], share: float = 0.7) -> Document:
    return {name: make(chance) for name, make in makers.items() if chance.random() < share}


def _group(makers: Mapping[str, Callable[[random.Random], Any]]) -> Callable[[random.Random], Any]:
    """An object with some of these; now and then something that is none."""
    return lambda chance: _some(chance, makers) if chance.random() < 0.93 else chance.choice([None, {}, [], "text", 7])


def _several(make: Callable[[random.Random], Any], most: int = 4) -> Callable[[random.Random], Any]:
    """A list; now and then something that is none, or with something else in it."""

    def made(chance: random.Random) -> Any:
        if chance.random() < 0.06:
            return chance.choice([None, {}, [], "no list", [None, 7, "text"]])
        return [make(chance) for _ in range(chance.randint(0, most))]

    return made


def _keyed(make: Callable[[random.Random], Any]) -> Callable[[random.Random], Any]:
    return lambda chance: {f"id-{n}": make(chance) for n in range(chance.randint(0, 3))}


def _metadata(chance: random.Random) -> Any:
    """What a team's page attaches: who the customer is, its own attributes, and whatever else."""
    if chance.random() < 0.04:
        return anything(chance)
    who: Document = {"customerId": chance.choice(CUSTOMERS)} if chance.random() < 0.75 else {}
    who |= _some(chance, {"customerName": _of("Ann", "Bob", *TEXTS[:14]), "externalId": _text}, 0.4)
    who |= _some(
        chance, {"email": _of("ann@example.com", "BOB@example.com", ""), "phone": _of("+14155550100", 4155550100)}, 0.3
    )
    who |= {f"my{_named(kind)}": _configured(chance, kind) for kind in PLAIN if chance.random() < 0.6}
    who |= {chance.choice(KEYS): anything(chance) for _ in range(chance.randint(0, 2))}
    return who


def _configured(chance: random.Random, kind: str) -> Any:
    usual: Mapping[str, Sequence[Any]] = {
        "Int": (1, 7, 2**31 - 1, "12"),
        "Float": (0.5, 7.275e-05, 1e22, -0.0),
        "Boolean": (True, False, "true"),
        "DateTime": MOMENTS,
        "enum": (*_VALUES, "platinum", ""),
        "[String]": ([], ["a", None, "\u2028"], "one", [1, 2.5], list(TEXTS[:6])),
    }
    return anything(chance) if chance.random() < 0.15 else chance.choice(usual.get(kind, TEXTS))


def _own_metadata(chance: random.Random) -> Any:
    custom = {f"call{_named(kind)}": _configured(chance, kind) for kind in PLAIN if chance.random() < 0.7}
    return {"custom": custom, **{chance.choice(KEYS): anything(chance) for _ in range(chance.randint(0, 2))}}


def _transcript(chance: random.Random) -> Any:
    words = " ".join(chance.choice(WORDS) for _ in range(chance.randint(0, 12)))
    return words if chance.random() < 0.7 else _text(chance)


_MESSAGE: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "role": _of(
        "user", "bot", "assistant", "system", "tool_calls", "tool_call_result", "function_call", "mime", None, 7
    ),
    "message": _text,
    "content": _text,
    "time": _number,
    "endTime": _number,
    "secondsFromStart": _number,
    "duration": _number,
    "source": _text,
    "name": _text,
    "result": _text,
    "isFiltered": _of(*_TRUTHS, "true", 1),
    "detectedThreats": _of([], ["a"], [None, "b"], "c"),
    "metadata": anything,
    "toolCalls": anything,
    "toolCallId": _text,
    "warnings": anything,
}
_COST: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "type": _of(
        *("transport", "transcriber", "model", "voice", "vapi", "voicemail-detection", "analysis", "knowledge-base"),
        *("telepathy", None, 7),
    ),
    "cost": _number,
    "minutes": _number,
    "promptTokens": _number,
    "completionTokens": _number,
    "characters": _number,
    "model": anything,
    "voice": anything,
    "transcriber": anything,
    "provider": _text,
    "subType": _text,
    "usageComplete": _of(*_TRUTHS),
}
_DESTINATION: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "type": _of("number", "sip"),
    "number": _of("+14155550198", "\ud800"),
    "sipUri": _of("sip:desk@example.com"),
    "callerId": _text,
    "message": anything,
    "transferPlan": anything,
}
_ARTIFACT: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "transcript": _transcript,
    "messages": _several(_group(_MESSAGE), 5),
    "messagesOpenAIFormatted": _several(_group({"role": _text, "content": _text, "tool_calls": anything})),
    "recording": _group({"stereoUrl": _text, "mono": _group({"combinedUrl": _of("https://recordings.invalid/c")})}),
    "recordingUrl": _of("https://recordings.invalid/1", ""),
    "stereoRecordingUrl": _of("https://recordings.invalid/2"),
    "logUrl": _text,
    "nodes": _several(
        _group({"nodeName": _text, "messages": _several(_group(_MESSAGE)), "variableValues": anything}), 2
    ),
    "assistantActivations": _several(_group({"assistantName": _text, "assistantId": _text}), 2),
    "variableValues": anything,
    "performanceMetrics": _group(
        {
            "turnLatencies": _several(_group({"turnLatency": _number, "modelLatency": _number})),
            "turnLatencyAverage": _number,
            "numUserInterrupted": _number,
            "numAssistantInterrupted": _number,
        }
    ),
    "structuredOutputs": _keyed(_group({"name": _text, "result": anything})),
    "skippedStructuredOutputs": _keyed(_group({"name": _text, "unmetCondition": anything})),
    "structuredOutputsLastUpdatedAt": _moment,
    "scorecards": _keyed(_group({"name": _text, "score": _number, "metricPoints": anything})),
    "transfers": _several(_group({"destination": _group(_DESTINATION), "mode": _text, "transcript": _text}), 2),
}
_TOP: Final[Mapping[str, Callable[[random.Random], Any]]] = {
    "orgId": _of("org", ""),
    "type": _of(*TYPES),
    "status": _of(*STATUSES),
    "endedReason": _of(*REASONS),
    "endedMessage": _text,
    "startedAt": _moment,
    "endedAt": _moment,
    "cost": _number,
    "costBreakdown": _group(
        {
            "total": _number,
            "llm": _number,
            "llmPromptTokens": _number,
            "ttsCharacters": _number,
            "analysisCostBreakdown": _group({"summary": _number, "summaryPromptTokens": _number}),
        }
    ),
    "costs": _several(_group(_COST), 5),
    "name": _text,
    "customer": _group(
        {"number": _of("+14155550100", "+14155550101", "no number", 7), "name": _text, "extension": _text}
    ),
    "assistantId": _of(*ASSISTANTS),
    "squadId": _of("s1", "gone"),
    "phoneNumberId": _of("p1", "gone"),
    "assistant": _group({"name": _text, "model": anything, "metadata": anything, "firstMessage": _text}),
    "assistantOverrides": lambda chance: {
        "metadata": _metadata(chance),
        "variableValues": anything(chance),
        "name": _text(chance),
    },
    "squad": _group({"name": _text, "members": anything}),
    "metadata": _own_metadata,
    "transport": _group({"provider": _of("daily", "twilio"), "dialTimeout": _number, "forwardedFrom": _text}),
    "phoneNumber": _group({"number": _of("+14155550111"), "name": _text}),
    "destination": _group(_DESTINATION),
    "forwardedPhoneNumber": _of("+14155550188", "\u2028"),
    "schedulePlan": _group({"earliestAt": _moment, "latestAt": _moment}),
    "analysis": _group({"summary": _transcript, "successEvaluation": _text, "structuredData": anything}),
    "artifact": _group(_ARTIFACT),
    "compliance": _group({"recordingConsent": _group({"type": _text, "grantedAt": _moment})}),
    "monitor": _group({"monitors": _several(_group({"monitorId": _text, "filterPassed": _of(*_TRUTHS)}))}),
    "subscriptionLimits": _group({"concurrencyBlocked": _of(*_TRUTHS), "concurrencyLimit": _number}),
    "workflow": _group({"name": _text, "nodes": anything}),
}
_SHARE: Final[Mapping[str, float]] = {
    "type": 0.95,
    "status": 0.95,
    "assistantOverrides": 0.85,
    "artifact": 0.8,
    "squadId": 0.2,
    "squad": 0.2,
    "phoneNumberId": 0.3,
    "assistantId": 0.5,
    "cost": 0.85,
}
