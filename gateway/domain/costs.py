"""What a call cost, in USD: the breakdown, and one entry per component."""

from __future__ import annotations

import dataclasses

from gateway.domain.attributes import Json, Use, Variants, attribute

_MONEY = Use.FILTER | Use.SORT | Use.MEASURE | Use.EXPORT
_COUNT = Use.MEASURE | Use.EXPORT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisCostBreakdown:
    """What the analysis of a call cost, and the tokens it took."""

    summary: float | None = attribute(doc="The summary.", unit="USD", use=_COUNT)
    summary_prompt_tokens: int | None = attribute(doc="Prompt tokens of the summary.", use=_COUNT)
    summary_completion_tokens: int | None = attribute(
        doc="Completion tokens of the summary.",
        use=_COUNT,
    )
    summary_cached_prompt_tokens: int | None = attribute(
        doc="Cached prompt tokens of the summary.",
        use=_COUNT,
    )
    structured_data: float | None = attribute(doc="The structured data.", unit="USD", use=_COUNT)
    structured_data_prompt_tokens: int | None = attribute(
        doc="Prompt tokens of the structured data.",
        use=_COUNT,
    )
    structured_data_completion_tokens: int | None = attribute(
        doc="Completion tokens of the structured data.",
        use=_COUNT,
    )
    structured_data_cached_prompt_tokens: int | None = attribute(
        doc="Cached prompt tokens of the structured data.",
        use=_COUNT,
    )
    success_evaluation: float | None = attribute(doc="The evaluation.", unit="USD", use=_COUNT)
    success_evaluation_prompt_tokens: int | None = attribute(
        doc="Prompt tokens of the evaluation.",
        use=_COUNT,
    )
    success_evaluation_completion_tokens: int | None = attribute(
        doc="Completion tokens of the evaluation.",
        use=_COUNT,
    )
    success_evaluation_cached_prompt_tokens: int | None = attribute(
        doc="Cached prompt tokens of the evaluation.",
        use=_COUNT,
    )
    structured_output: float | None = attribute(doc="The structured outputs.", unit="USD", use=_COUNT)
    structured_output_prompt_tokens: int | None = attribute(
        doc="Prompt tokens of the structured outputs.",
        use=_COUNT,
    )
    structured_output_completion_tokens: int | None = attribute(
        doc="Completion tokens of the structured outputs.",
        use=_COUNT,
    )
    structured_output_cached_prompt_tokens: int | None = attribute(
        doc="Cached prompt tokens of the structured outputs.",
        use=_COUNT,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CostBreakdown:
    """The cost of a call by component; Vapi rounds each to four decimals, so the parts do not add up to the total."""

    total: float | None = attribute(doc="The whole call.", unit="USD", use=_MONEY)
    transport: float | None = attribute(doc="The telephony provider.", unit="USD", use=_COUNT)
    stt: float | None = attribute(doc="Speech to text.", unit="USD", use=_COUNT)
    llm: float | None = attribute(doc="The language model.", unit="USD", use=_COUNT)
    tts: float | None = attribute(doc="Text to speech.", unit="USD", use=_COUNT)
    vapi: float | None = attribute(doc="Vapi itself.", unit="USD", use=_COUNT)
    chat: float | None = attribute(doc="Chat interactions.", unit="USD", use=_COUNT)
    knowledge_base_cost: float | None = attribute(doc="The knowledge base.", unit="USD", use=_COUNT)
    voicemail_detection_cost: float | None = attribute(doc="Voicemail detection.", unit="USD", use=_COUNT)
    llm_prompt_tokens: int | None = attribute(doc="Prompt tokens of the model.", use=_COUNT)
    llm_completion_tokens: int | None = attribute(doc="Completion tokens of the model.", use=_COUNT)
    llm_cached_prompt_tokens: int | None = attribute(doc="Cached prompt tokens of the model.", use=_COUNT)
    tts_characters: int | None = attribute(doc="Characters spoken.", use=_COUNT)
    analysis_cost_breakdown: AnalysisCostBreakdown | None = attribute(
        doc="The analysis in detail.",
        flat="analysis_cost",  # parent + name would be longer than PostgreSQL's names may be
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One component's share of the cost, unrounded."""

    type: str | None = attribute(doc="Which kind of component, in Vapi's own words; an open set.")
    cost: float | None = attribute(doc="Its cost.", unit="USD")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransportCost(Cost):
    """The telephony or web transport."""

    provider: str | None = attribute(doc="Who carried the call: daily, twilio, vonage, telnyx, vapi.sip, …")
    minutes: float | None = attribute(doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TranscriberCost(Cost):
    """Speech to text."""

    transcriber: Json = attribute(doc="The transcriber, with its provider and model.")
    minutes: float | None = attribute(doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost(Cost):
    """The language model."""

    model: Json = attribute(doc="The model, with its provider.")
    prompt_tokens: int | None = attribute(doc="Tokens read.")
    completion_tokens: int | None = attribute(doc="Tokens written.")
    cached_prompt_tokens: int | None = attribute(doc="Tokens read from the provider's cache.")
    reasoning_tokens: int | None = attribute(doc="Tokens thought.")
    seconds: float | None = attribute(doc="How long, for models charged by time.", unit="seconds")
    usage_complete: bool | None = attribute(doc="Whether the counts are final.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCost(Cost):
    """Text to speech."""

    voice: Json = attribute(doc="The voice, with its provider.")
    characters: int | None = attribute(doc="Characters spoken.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VapiCost(Cost):
    """Vapi's own fee."""

    sub_type: str | None = attribute(doc="normal or overage; rows of 2024 have none.")
    minutes: float | None = attribute(doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailDetectionCost(Cost):
    """Finding out whether a voicemail answered."""

    model: Json = attribute(doc="The model, with its provider.")
    provider: str | None = attribute(doc="Who listened: twilio, google, openai, vapi.")
    prompt_text_tokens: int | None = attribute(doc="Text tokens read.")
    prompt_audio_tokens: int | None = attribute(doc="Audio tokens read.")
    completion_text_tokens: int | None = attribute(doc="Text tokens written.")
    completion_audio_tokens: int | None = attribute(doc="Audio tokens written.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisCost(Cost):
    """One part of the analysis after the call."""

    analysis_type: str | None = attribute(doc="summary, structuredData, successEvaluation or structuredOutput.")
    model: Json = attribute(doc="The model, with its provider.")
    prompt_tokens: int | None = attribute(doc="Tokens read.")
    completion_tokens: int | None = attribute(doc="Tokens written.")
    cached_prompt_tokens: int | None = attribute(doc="Tokens read from the provider's cache.")
    structured_output_breakdown: Json = attribute(doc="The share of each structured output.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBaseCost(Cost):
    """Looking things up in a knowledge base."""

    model: Json = attribute(doc="The model, with its provider.")
    prompt_tokens: int | None = attribute(doc="Tokens read.")
    completion_tokens: int | None = attribute(doc="Tokens written.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OtherCost(Cost):
    """A component of a kind that this version does not know."""


COSTS = Variants(
    tag="type",
    shapes={
        "transport": TransportCost,
        "transcriber": TranscriberCost,
        "model": ModelCost,
        "voice": VoiceCost,
        "vapi": VapiCost,
        "voicemail-detection": VoicemailDetectionCost,
        "analysis": AnalysisCost,
        "knowledge-base": KnowledgeBaseCost,
    },
    other=OtherCost,
)
