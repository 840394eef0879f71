"""The record of a call as Vapi sends it: a pure function of its plan and the time."""

from __future__ import annotations

import dataclasses

from gateway.simulator import analysis, artifact, connection, costs, customers, identity, legacy, reasons
from gateway.simulator.conversation import Conversation, conversation
from gateway.simulator.customers import JsonObject
from gateway.simulator.kinds import Kind
from gateway.simulator.moments import iso
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """A call, the name of who called, and the fields that say so: drawn, or as they were posted."""

    plan: Plan
    organisation: Organisation
    name: str | None
    who: JsonObject

    @property
    def reason(self) -> str:
        """Why the call ends."""
        return reasons.reason(self.plan.key, self.plan.kind, self.plan.channel)

    def conversation(self) -> Conversation:
        """What is said."""
        name = self.organisation.assistant_name(self.plan.assistant)
        return conversation(self.plan, name, voicemail=self.reason == "voicemail")


def record(plan: Plan, organisation: Organisation, now: int) -> JsonObject:
    """The JSON of a call at a moment, as a row of the list."""
    subject = _subject(plan, organisation)
    row = _head(subject, now) | subject.who | _connection(subject) | _progress(subject, now)
    if plan.life.status(now) == "ended":
        row |= _never_connected(subject) if plan.life.answered is None else _ended(subject, now)
    return legacy.row(row) if plan.kind is Kind.LEGACY else row


def said(plan: Plan, organisation: Organisation) -> Conversation | None:
    """What is said in all of a call; None when nobody answers."""
    return None if plan.life.answered is None else _subject(plan, organisation).conversation()


def _subject(plan: Plan, organisation: Organisation) -> Subject:
    if plan.request is not None:
        name = (plan.request.get("customer") or {}).get("name")
        return Subject(plan, organisation, name, plan.request)
    customer = customers.caller(organisation.seed, plan.key)
    return Subject(plan, organisation, customer.name, identity.fields(plan, customer, organisation))


def _head(subject: Subject, now: int) -> JsonObject:
    plan = subject.plan
    resources = {
        "assistantId": plan.assistant,
        "squadId": plan.squad,
        "phoneNumberId": plan.phone_number,
    }
    return {
        "id": plan.id,
        "orgId": subject.organisation.id,
        "type": plan.channel.type,
        **{name: value for name, value in resources.items() if value},
        "createdAt": iso(plan.life.created),
        "updatedAt": iso(plan.life.updated(now)),
        "status": plan.life.status(now),
        "cost": 0,
    }


def _connection(subject: Subject) -> JsonObject:
    provider = subject.organisation.provider(subject.plan.phone_number)
    return connection.fields(subject.plan, provider)


def _progress(subject: Subject, now: int) -> JsonObject:
    """A call under way has an empty artifact."""
    answered = subject.plan.life.answered
    started = {"startedAt": iso(answered)} if answered is not None and answered <= now else {}
    return started | {"artifact": {}}


def _never_connected(subject: Subject) -> JsonObject:
    """A call that failed has no conversation and cost nothing."""
    plan = subject.plan
    kept = artifact.variables(plan, subject.who) | artifact.logs(plan)
    return {
        "endedAt": iso(plan.life.ended),
        "endedReason": subject.reason,
        "endedMessage": "The call could not be completed.",
        "transcript": "",
        "recordingUrl": "",
        "messages": [],
        "costs": [],
        "costBreakdown": {"stt": 0, "llm": 0, "tts": 0, "vapi": 0, "total": 0},
        "analysis": {},
        "artifact": {"messages": [], "messagesOpenAIFormatted": [], "transcript": "", "nodes": [], **kept},
    }


def _ended(subject: Subject, now: int) -> JsonObject:
    """An ended call; analysis, cost and recordings follow some seconds later."""
    plan, said = subject.plan, subject.conversation()
    kept = artifact.said(said) | artifact.happenings(plan, said, subject.organisation)
    kept |= artifact.variables(plan, subject.who)
    row = {
        "endedAt": iso(plan.life.ended),
        "endedReason": subject.reason,
        "messages": said.messages,
        "transcript": said.transcript,
        "artifact": kept,
    }
    if plan.kind is Kind.TRANSFER:
        row |= _forwarded(plan)
    return row | _settled(subject, said, kept) if now >= plan.life.settled else row


def _forwarded(plan: Plan) -> JsonObject:
    destination = artifact.destination(plan)
    number = {"forwardedPhoneNumber": destination["number"]} if "number" in destination else {}
    return {"destination": destination} | number


def _settled(subject: Subject, said: Conversation, kept: JsonObject) -> JsonObject:
    """What arrives last."""
    plan = subject.plan
    recordings = artifact.recordings(plan)
    outputs = analysis.outputs(plan, subject.name, subject.organisation)
    concluded = analysis.analysis(plan)
    return {
        "analysis": concluded,
        "summary": concluded["summary"],
        "recordingUrl": recordings["recordingUrl"],
        "stereoRecordingUrl": recordings["stereoRecordingUrl"],
        "artifact": kept | recordings | artifact.logs(plan) | outputs,
        **_cost(subject, said),
    }


def _cost(subject: Subject, said: Conversation) -> JsonObject:
    provider = subject.organisation.provider(subject.plan.phone_number)
    lines = costs.lines(subject.plan, said, connection.carrier(subject.plan, provider))
    return {"cost": costs.total(lines), "costs": lines, "costBreakdown": costs.breakdown(lines)}
