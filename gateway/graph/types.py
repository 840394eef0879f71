"""Types: one named class for each record that GraphQL shows; the catalog gives them their fields."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import strawberry

from gateway.domain import artifact, assistants, call, conversation, costs, customer, customers, enums
from gateway.domain.answers import CallAnswer
from gateway.domain.identifiers import customer_node
from gateway.domain.related import Related
from gateway.graph.context import Info
from gateway.graph.derive import MOMENTARY, exposes
from gateway.graph.enums import definition


@strawberry.interface(description="Something with an id that `node` finds again.")
class Node:
    """GraphQL's interface for whatever has a global id."""

    id: strawberry.ID = strawberry.field(description="The id, unique among all types.")


@exposes(conversation.Message, interface=True)
class Message: ...


@exposes(conversation.UserMessage)
class UserMessage(Message): ...


@exposes(conversation.BotMessage)
class BotMessage(Message): ...


@exposes(conversation.SystemMessage)
class SystemMessage(Message): ...


@exposes(conversation.ToolCallMessage)
class ToolCallMessage(Message): ...


@exposes(conversation.ToolCallResultMessage)
class ToolCallResultMessage(Message): ...


@exposes(conversation.OtherMessage)
class OtherMessage(Message): ...


@exposes(conversation.OpenAIMessage)
class OpenAIMessage: ...


@exposes(conversation.Analysis)
class Analysis: ...


@exposes(costs.AnalysisCostBreakdown)
class AnalysisCostBreakdown: ...


@exposes(costs.CostBreakdown)
class CostBreakdown: ...


@exposes(costs.Cost, interface=True)
class Cost: ...


@exposes(costs.TransportCost)
class TransportCost(Cost): ...


@exposes(costs.TranscriberCost)
class TranscriberCost(Cost): ...


@exposes(costs.ModelCost)
class ModelCost(Cost): ...


@exposes(costs.VoiceCost)
class VoiceCost(Cost): ...


@exposes(costs.VapiCost)
class VapiCost(Cost): ...


@exposes(costs.VoicemailDetectionCost)
class VoicemailDetectionCost(Cost): ...


@exposes(costs.AnalysisCost)
class AnalysisCost(Cost): ...


@exposes(costs.KnowledgeBaseCost)
class KnowledgeBaseCost(Cost): ...


@exposes(costs.OtherCost)
class OtherCost(Cost): ...


@exposes(artifact.MonoRecording)
class MonoRecording: ...


@exposes(artifact.Recording)
class Recording: ...


@exposes(artifact.WorkflowNode)
class WorkflowNode: ...


@exposes(artifact.AssistantActivation)
class AssistantActivation: ...


@exposes(artifact.TurnLatency)
class TurnLatency: ...


@exposes(artifact.PerformanceMetrics)
class PerformanceMetrics: ...


@exposes(artifact.StructuredOutput)
class StructuredOutput: ...


@exposes(artifact.SkippedStructuredOutput)
class SkippedStructuredOutput: ...


@exposes(artifact.Scorecard)
class Scorecard: ...


@exposes(artifact.TransferDestination)
class TransferDestination: ...


@exposes(artifact.Transfer)
class Transfer: ...


@exposes(artifact.Artifact)
class Artifact: ...


@exposes(assistants.Assistant)
class Assistant: ...


@exposes(assistants.AssistantOverrides)
class AssistantOverrides: ...


@exposes(assistants.Squad)
class Squad: ...


@exposes(assistants.SquadOverrides)
class SquadOverrides: ...


@exposes(assistants.Workflow)
class Workflow: ...


@exposes(assistants.WorkflowOverrides)
class WorkflowOverrides: ...


@exposes(assistants.PhoneNumber)
class PhoneNumber: ...


@exposes(call.Transport)
class Transport: ...


@exposes(call.SchedulePlan)
class SchedulePlan: ...


@exposes(call.RecordingConsent)
class RecordingConsent: ...


@exposes(call.Compliance)
class Compliance: ...


@exposes(call.MonitorResult)
class MonitorResult: ...


@exposes(call.Monitor)
class Monitor: ...


@exposes(call.SubscriptionLimits)
class SubscriptionLimits: ...


@strawberry.type(description="Where one attribute of a call's customer came from, and who could have written it.")
class Provenance:
    """The GraphQL type of `gateway.domain.customer.Provenance`."""

    attribute: str = strawberry.field(description="The attribute, by its name in GraphQL.")
    path: str = strawberry.field(description="The place in Vapi's document of the call.")
    origin: enums.Origin = strawberry.field(
        graphql_type=definition(enums.Origin), description="What kind of place that is."
    )
    trust: enums.Trust = strawberry.field(
        graphql_type=definition(enums.Trust), description="Who could have written it there."
    )


async def _node_of_customer(root: strawberry.Parent[customers.Customer]) -> strawberry.ID:
    return strawberry.ID(customer_node(root.key))


@exposes(customers.Customer)
class Customer(Node):
    """The GraphQL type of `gateway.domain.customers.Customer`; its calls join it when a schema is built."""

    id: strawberry.ID = strawberry.field(
        resolver=_node_of_customer, description="The id, unique among all types; `key` is the customer's own."
    )


async def _profile(root: strawberry.Parent[customer.CallCustomer], info: Info) -> Customer | None:
    return cast("Customer | None", await info.context.customer_by_key.load(root.key))


@exposes(customer.CallCustomer)
class CallCustomer:
    """The GraphQL type of `gateway.domain.customer.CallCustomer`."""

    profile: Customer | None = strawberry.field(
        resolver=_profile,
        description="The customer across calls; null where nothing says who it was, and until the call is mirrored.",
    )
    provenance: list[Provenance] = strawberry.field(
        description="Where each attribute came from: Vapi's own fields, metadata, or variable values."
    )


@strawberry.type(description="How current an answer is.")
class Freshness:
    """The GraphQL type of `gateway.domain.stamp.Freshness`."""

    fetched_at: dt.datetime = strawberry.field(description="When Vapi was asked for it.")
    age_ms: float = strawberry.field(
        description="How long ago it was last known to be current. In milliseconds; a Float, since 32 bits hold 25 "
        "days."
    )
    state: enums.FreshnessState = strawberry.field(
        graphql_type=definition(enums.FreshnessState), description="What that means for a call in its state."
    )
    source: enums.FreshnessSource = strawberry.field(
        graphql_type=definition(enums.FreshnessSource), description="Where the answer came from."
    )


async def _assistant(root: strawberry.Parent[CallAnswer], info: Info) -> Assistant | None:
    return cast(
        "Assistant | None", await _related(info, Related.ASSISTANT, root.call.assistant, root.call.assistant_id)
    )


async def _squad(root: strawberry.Parent[CallAnswer], info: Info) -> Squad | None:
    return cast("Squad | None", await _related(info, Related.SQUAD, root.call.squad, root.call.squad_id))


async def _phone_number(root: strawberry.Parent[CallAnswer], info: Info) -> PhoneNumber | None:
    return cast(
        "PhoneNumber | None",
        await _related(info, Related.PHONE_NUMBER, root.call.phone_number, root.call.phone_number_id),
    )


async def _related(info: Info, kind: Related, own: object, related_id: str | None) -> Any:
    """What the call states itself, or what it names by an id."""
    if related_id is None:
        return own
    return await info.context.related_by_id.load((kind, related_id)) or own


@exposes(call.Call, at="call")
class Call(Node):
    """The GraphQL type of `gateway.domain.call.Call`; its resolvers return a `CallAnswer`."""

    assistant: Assistant | None = strawberry.field(
        resolver=_assistant,
        description="The assistant: the saved one as Vapi has it now, or the one that was defined for this call alone.",
    )
    squad: Squad | None = strawberry.field(
        resolver=_squad,
        description="The squad: the saved one as Vapi has it now, or the one that was defined for this call alone.",
    )
    phone_number: PhoneNumber | None = strawberry.field(
        resolver=_phone_number,
        description="The team's number: the saved one as Vapi has it now, or the one that the call itself states.",
    )
    freshness: Freshness = strawberry.field(description="How current this answer is.", metadata={MOMENTARY: True})

    @classmethod
    def is_type_of(cls, source: object, _info: object) -> bool:
        return isinstance(source, CallAnswer)
