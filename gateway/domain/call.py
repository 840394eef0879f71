"""The call: every attribute that Vapi keeps of it and a person would read.

Sources: Vapi's published OpenAPI description of ``Call``, its Python SDK, and real payloads, which carry some fifteen
top-level keys that no schema lists.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from gateway.domain import ended_reasons
from gateway.domain.artifact import Artifact, TransferDestination
from gateway.domain.assistants import (
    Assistant,
    AssistantOverrides,
    PhoneNumber,
    Squad,
    SquadOverrides,
    Workflow,
    WorkflowOverrides,
)
from gateway.domain.attributes import Document, Id, Json, Sensitivity, Use, attribute
from gateway.domain.conversation import Analysis
from gateway.domain.costs import COSTS, Cost, CostBreakdown
from gateway.domain.customer import CallCustomer
from gateway.domain.enums import CallStatus, CallType, EndedReasonCategory
from gateway.domain.values import instant

_WHEN = Use.FILTER | Use.SORT | Use.GROUP | Use.EXPORT
_WHAT = Use.FILTER | Use.SORT | Use.GROUP | Use.EXPORT
_HOW_MUCH = Use.FILTER | Use.SORT | Use.MEASURE | Use.EXPORT


def _ended_reason_category(document: Document) -> str | None:
    reason = document.get("endedReason")
    return ended_reasons.category(reason).value if isinstance(reason, str) and reason else None


def _duration_seconds(document: Document) -> float | None:
    """From start to end; Vapi's REST calls have no duration of their own."""
    started, ended = instant(document.get("startedAt")), instant(document.get("endedAt"))
    if started is None or ended is None or ended < started:
        return None
    return (ended - started).total_seconds()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """What carried the call. Which fields are there depends on the provider; old web calls name none."""

    provider: str | None = attribute(doc="daily, twilio, vonage, telnyx, vapi.sip or vapi.websocket.", use=_WHAT)
    conversation_type: str | None = attribute(doc="voice.")
    call_sid: str | None = attribute(doc="The provider's id: Twilio, Vapi SIP.", use=Use.EXPORT)
    sbc_call_sid: str | None = attribute(
        fallback=("phoneCallProviderDetails.sbcCallId",),
        doc="The id on Vapi's session border controller.",
    )
    forwarded_from: str | None = attribute(
        doc="The number that the call was forwarded from.", sensitivity=Sensitivity.PERSONAL
    )
    conversation_uuid: str | None = attribute(name="conversationUUID", doc="Vonage's id of the conversation.")
    call_uuid: str | None = attribute(name="callUUID", doc="Vonage's id of the call.")
    call_control_id: str | None = attribute(doc="Telnyx's id for controlling the call.")
    call_leg_id: str | None = attribute(doc="Telnyx's id of the leg.")
    call_session_id: str | None = attribute(doc="Telnyx's id of the session.")
    dial_timeout: float | None = attribute(doc="How long it may ring.", unit="seconds")
    assistant_video_enabled: bool | None = attribute(doc="Whether the assistant has a picture.")
    video_recording_enabled: bool | None = attribute(doc="Whether the video is recorded.")
    room_delete_on_user_leave_enabled: bool | None = attribute(
        doc="Whether the room closes when the customer leaves it."
    )
    audio_format: Json = attribute(doc="The audio on a websocket.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePlan:
    """When a scheduled call may be made."""

    earliest_at: dt.datetime | None = attribute(doc="Not before.", use=_WHEN)
    latest_at: dt.datetime | None = attribute(doc="Not after.", use=_WHEN)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConsent:
    """The customer's consent to being recorded."""

    type: str | None = attribute(doc="stay-on-line or verbal.", use=Use.GROUP | Use.EXPORT)
    granted_at: dt.datetime | None = attribute(doc="When it was given; null where it was not.", use=_WHEN)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Compliance:
    """What the law asks for."""

    recording_consent: RecordingConsent | None = attribute(doc="The consent to being recorded.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MonitorResult:
    """Whether one of the team's monitors applied to the call."""

    monitor_id: str | None = attribute(doc="The id of the monitor.")
    filter_passed: bool | None = attribute(doc="Whether its filter let the call through.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Monitor:
    """Watching the call. The addresses to listen in and to take control open to anybody, so they are never kept."""

    monitors: tuple[MonitorResult, ...] | None = attribute(doc="The team's monitors.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionLimits:
    """The account's call slots when the call was created."""

    concurrency_blocked: bool | None = attribute(doc="Whether the call had to wait for a slot.")
    concurrency_limit: int | None = attribute(doc="Slots in all.")
    remaining_concurrent_calls: int | None = attribute(doc="Slots that were free.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A conversation of an assistant with a customer, by phone, web or websocket."""

    id: Id = attribute(doc="Vapi's UUID of the call; global as it is.", default="", use=Use.FILTER | Use.EXPORT)
    org_id: str | None = attribute(doc="The organisation at Vapi.", use=Use.EXPORT)
    type: str | None = attribute(doc="How the call came about.", values=CallType, use=_WHAT)
    status: str | None = attribute(doc="Where the call is in its life.", values=CallStatus, use=_WHAT | Use.INDEX)
    ended_reason: str | None = attribute(
        doc="Why it ended, in one of Vapi's over 600 texts; the set grows and loses values.", use=_WHAT
    )
    ended_reason_category: str | None = attribute(
        doc="Why it ended, in few words; derived from `endedReason`.",
        derive=_ended_reason_category,
        values=EndedReasonCategory,
        use=_WHAT,
    )
    ended_message: str | None = attribute(
        doc="What Vapi adds to the reason.", sensitivity=Sensitivity.CONTENT, use=Use.EXPORT
    )
    created_at: dt.datetime | None = attribute(doc="When it was created.", use=_WHEN | Use.INDEX)
    updated_at: dt.datetime | None = attribute(doc="When Vapi last changed it; that goes on after its end.", use=_WHEN)
    started_at: dt.datetime | None = attribute(doc="When both sides were connected.", use=_WHEN)
    ended_at: dt.datetime | None = attribute(doc="When it ended.", use=_WHEN)
    duration_seconds: float | None = attribute(
        "durationSeconds",
        doc="From start to end.",
        unit="seconds",
        derive=_duration_seconds,
        use=_HOW_MUCH,
    )
    max_duration_seconds: float | None = attribute(doc="How long it was allowed to be.", unit="seconds", use=Use.EXPORT)
    cost: float | None = attribute(doc="What it cost.", unit="USD", use=_HOW_MUCH)
    cost_breakdown: CostBreakdown | None = attribute(doc="What it cost, by component.")
    costs: tuple[Cost, ...] | None = attribute(
        doc="What it cost, component by component and unrounded.", variants=COSTS
    )
    name: str | None = attribute(doc="A name that the team gave the call.", use=Use.FILTER | Use.EXPORT)
    customer: CallCustomer = attribute(
        doc="What this call says of its customer.", sensitivity=Sensitivity.PERSONAL, default=CallCustomer()
    )
    customer_id: str | None = attribute(
        doc="Vapi's own id of its customer, seldom used; the team's is `customer.customerId`.",
        flat="vapi_customer_id",
        use=Use.FILTER | Use.EXPORT,
    )
    assistant_id: str | None = attribute(
        doc="The saved assistant; none with a squad or a passing assistant.", use=_WHAT | Use.INDEX
    )
    assistant_version: str | None = attribute(doc="Its version, where one was pinned.", use=_WHAT)
    assistant: Assistant | None = attribute(doc="An assistant that was defined for this call alone.")
    assistant_overrides: AssistantOverrides | None = attribute(doc="What was changed of the assistant for this call.")
    squad_id: str | None = attribute(doc="The saved squad.", use=_WHAT)
    squad_version: str | None = attribute(doc="Its version, where one was pinned.", use=_WHAT)
    squad: Squad | None = attribute(doc="A squad that was defined for this call alone.")
    squad_overrides: SquadOverrides | None = attribute(doc="What was changed of the squad for this call.")
    workflow_id: str | None = attribute(doc="The saved workflow.", use=_WHAT)
    workflow: Workflow | None = attribute(doc="A workflow that was defined for this call alone.")
    workflow_overrides: WorkflowOverrides | None = attribute(doc="What was changed of the workflow for this call.")
    phone_number_id: str | None = attribute(doc="The team's number that was used.", use=_WHAT)
    phone_number: PhoneNumber | None = attribute(doc="The team's number, where the call itself states it.")
    campaign_id: str | None = attribute(doc="The campaign that the call belongs to.", use=_WHAT)
    metadata: Json = attribute(
        doc="What the team attached when it created the call through Vapi's API.",
        sensitivity=Sensitivity.PERSONAL,
    )
    phone_call_provider: str | None = attribute(doc="twilio, vonage, vapi or telnyx.", use=_WHAT)
    phone_call_provider_id: str | None = attribute(
        "phoneCallProviderId", "twilioCallSid", doc="The provider's id of the call.", use=Use.FILTER | Use.EXPORT
    )
    phone_call_provider_bypass_enabled: bool | None = attribute(
        doc="Whether the team's own telephony carries the call.", use=Use.EXPORT
    )
    phone_call_transport: str | None = attribute(doc="sip or pstn.", use=_WHAT)
    transport: Transport | None = attribute(doc="What carried the call.")
    destination: TransferDestination | None = attribute(
        doc="Where the call was passed on to, if it was.", sensitivity=Sensitivity.PERSONAL
    )
    forwarded_phone_number: str | None = attribute(
        doc="The number that the call was passed on to.",
        unit="E.164",
        sensitivity=Sensitivity.PERSONAL,
        use=Use.FILTER | Use.EXPORT,
    )
    schedule_plan: SchedulePlan | None = attribute(doc="When a scheduled call may be made.")
    analysis: Analysis | None = attribute(
        doc="What Vapi's analysis found after the call.", sensitivity=Sensitivity.CONTENT
    )
    artifact: Artifact | None = attribute(doc="What the call left behind.", sensitivity=Sensitivity.CONTENT)
    compliance: Compliance | None = attribute(doc="What the law asks for.")
    monitor: Monitor | None = attribute(doc="Watching the call.")
    subscription_limits: SubscriptionLimits | None = attribute(
        doc="The account's call slots when the call was created."
    )
    document: Json = attribute(
        doc="The whole call as Vapi keeps it, without secrets and presigned addresses.",
        sensitivity=Sensitivity.DOCUMENT,
        derive=lambda document: document,
    )
    configured: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """What attributes declared in the settings say, by their name."""
