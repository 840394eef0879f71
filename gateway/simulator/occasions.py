"""When a call gives rise to a server message, and of which type: a pure function of its plan.

The end-of-call-report is sent about 5 seconds after the end (a real one: ended 09:07:25.925, sent 09:07:30.909). For
one call in five it comes before REST shows analysis and cost, so that a call read at once still lacks them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from gateway.simulator import artifact, reasons
from gateway.simulator.chance import draw, fraction, happens, whole
from gateway.simulator.conversation import Conversation
from gateway.simulator.customers import JsonObject
from gateway.simulator.ids import v4
from gateway.simulator.kinds import Kind
from gateway.simulator.plans import Plan

STATUS = "status-update"
SPEECH = "speech-update"
TRANSCRIPT = "transcript"
CONVERSATION = "conversation-update"
REPORT = "end-of-call-report"
UPLOAD = "call.artifact.upload"
DELETED = "call.deleted"

LATEST = 15 * 60 * 1000
"""No message of a call's life is sent later than this after the call has settled, in milliseconds."""


@dataclasses.dataclass(frozen=True, slots=True)
class Occasion:
    """A message to be sent at a moment (epoch milliseconds); ``own`` are the keys that only its type has.

    ``name`` tells it from all other messages of the call.
    """

    plan: Plan
    moment: int
    type: str
    name: str
    own: JsonObject

    @property
    def key(self) -> int:
        """The number from which its fate is drawn."""
        return draw(self.plan.key, f"message {self.name}")

    @property
    def id(self) -> str:
        """The message id, for those who ask for one in a header."""
        return v4(self.key)


def life(plan: Plan, late: float, never: float) -> Iterator[Occasion]:
    """Status updates, the report and the upload of a call; ``late`` and ``never`` are shares of reports."""
    yield from _statuses(plan)
    if fraction(plan.key, "no report") >= never:
        yield Occasion(plan, _reported(plan, late), REPORT, REPORT, {})
    if plan.life.answered is not None:
        moment = plan.life.settled + whole(plan.key, "upload", 3_000, 40_000)
        yield Occasion(plan, moment, UPLOAD, UPLOAD, {"artifacts": _artifacts(plan)})


def noise(plan: Plan, said: Conversation) -> Iterator[Occasion]:
    """What is sent for every sentence: speech-update twice, transcript, conversation-update."""
    for number, line in enumerate(said.messages):
        if line["role"] in {"bot", "user"}:
            yield from _sentence(plan, number, line)


def deletion(plan: Plan, moment: int) -> Occasion:
    """The news that a call was deleted."""
    return Occasion(plan, moment + _lag(plan, DELETED), DELETED, DELETED, {})


def _statuses(plan: Plan) -> Iterator[Occasion]:
    """A web call is first heard of when it is in progress; a telephone call when it is queued."""
    lived = plan.life
    if plan.channel.telephone:
        yield _status(plan, lived.created, "queued")
        yield _status(plan, lived.ringing, "ringing")
    if lived.answered is not None:
        yield _status(plan, lived.answered, "in-progress")
    if plan.kind is Kind.TRANSFER:
        yield _status(plan, lived.ended - 1000, "forwarding", {"destination": artifact.destination(plan)})
    ended = {"endedReason": reasons.reason(plan.key, plan.kind, plan.channel)}
    yield _status(plan, lived.ended, "ended", ended)


def _status(plan: Plan, moment: int, status: str, more: JsonObject | None = None) -> Occasion:
    name = f"{STATUS} {status}"
    return Occasion(plan, moment + _lag(plan, name), STATUS, name, {"status": status} | (more or {}))


def _reported(plan: Plan, late: float) -> int:
    if fraction(plan.key, "late report") < late:
        return plan.life.settled + whole(plan.key, "report delay", 30_000, LATEST)
    if happens(plan.key, "early report", 20):
        return plan.life.ended + whole(plan.key, "report lead", 2_500, 3_900)
    return plan.life.settled + _lag(plan, REPORT)


def _artifacts(plan: Plan) -> list[JsonObject]:
    """One upload in fifty fails for one of its files."""
    kinds = ["end-of-call-report", "recording-mono", "recording-stereo", "log"]
    kinds += ["pcap"] if plan.channel.telephone else []
    failed = plan.key % len(kinds) if happens(plan.key, "upload failed", 2) else None
    return [{"type": kind, "success": position != failed} for position, kind in enumerate(kinds)]


def _sentence(plan: Plan, number: int, line: JsonObject) -> Iterator[Occasion]:
    speaker = "assistant" if line["role"] == "bot" else "user"
    began, ended = int(line["time"]), int(line["endTime"])
    turn = {"role": speaker, "turn": number}
    said = {"role": speaker, "transcriptType": "final", "transcript": line["message"]}
    yield Occasion(plan, began, SPEECH, f"{SPEECH} started {number}", {"status": "started", **turn})
    yield Occasion(plan, ended, SPEECH, f"{SPEECH} stopped {number}", {"status": "stopped", **turn})
    yield Occasion(plan, ended, TRANSCRIPT, f"{TRANSCRIPT} {number}", said)
    yield Occasion(plan, ended, CONVERSATION, f"{CONVERSATION} {number}", {})


def _lag(plan: Plan, name: str) -> int:
    """Vapi's own milliseconds between an event and its message."""
    return whole(plan.key, f"lag {name}", 20, 400)
