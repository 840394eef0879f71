"""What a call cost, in USD: the breakdown, and one entry per component."""

from __future__ import annotations

import dataclasses

from gateway.domain.attributes import Json, Use, Variants, attribute

_MONEY = Use.FILTER | Use.SORT | Use.MEASURE | Use.EXPORT
_COUNT = Use.MEASURE | Use.EXPORT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisCostBreakdown:
    """What the analysis of a call cost, and the tokens it took."""

    summary: float | None = attribute(
        "costBreakdown.analysisCostBreakdown.summary", doc="The summary.", unit="USD", use=_COUNT
    )
    summary_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.summaryPromptTokens", doc="Prompt tokens of the summary.", use=_COUNT
    )
    summary_completion_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.summaryCompletionTokens",
        doc="Completion tokens of the summary.",
        use=_COUNT,
    )
    summary_cached_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.summaryCachedPromptTokens",
        doc="Cached prompt tokens of the summary.",
        use=_COUNT,
    )
    structured_data: float | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredData", doc="The structured data.", unit="USD", use=_COUNT
    )
    structured_data_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredDataPromptTokens",
        doc="Prompt tokens of the structured data.",
        use=_COUNT,
    )
    structured_data_completion_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredDataCompletionTokens",
        doc="Completion tokens of the structured data.",
        use=_COUNT,
    )
    structured_data_cached_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredDataCachedPromptTokens",
        doc="Cached prompt tokens of the structured data.",
        use=_COUNT,
    )
    success_evaluation: float | None = attribute(
        "costBreakdown.analysisCostBreakdown.successEvaluation", doc="The evaluation.", unit="USD", use=_COUNT
    )
    success_evaluation_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.successEvaluationPromptTokens",
        doc="Prompt tokens of the evaluation.",
        use=_COUNT,
    )
    success_evaluation_completion_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.successEvaluationCompletionTokens",
        doc="Completion tokens of the evaluation.",
        use=_COUNT,
    )
    success_evaluation_cached_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.successEvaluationCachedPromptTokens",
        doc="Cached prompt tokens of the evaluation.",
        use=_COUNT,
    )
    structured_output: float | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredOutput", doc="The structured outputs.", unit="USD", use=_COUNT
    )
    structured_output_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredOutputPromptTokens",
        doc="Prompt tokens of the structured outputs.",
        use=_COUNT,
    )
    structured_output_completion_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredOutputCompletionTokens",
        doc="Completion tokens of the structured outputs.",
        use=_COUNT,
    )
    structured_output_cached_prompt_tokens: int | None = attribute(
        "costBreakdown.analysisCostBreakdown.structuredOutputCachedPromptTokens",
        doc="Cached prompt tokens of the structured outputs.",
        use=_COUNT,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CostBreakdown:
    """The cost of a call by component; Vapi rounds each to four decimals, so the parts do not add up to the total."""

    total: float | None = attribute("costBreakdown.total", doc="The whole call.", unit="USD", use=_MONEY)
    transport: float | None = attribute(
        "costBreakdown.transport", doc="The telephony provider.", unit="USD", use=_COUNT
    )
    stt: float | None = attribute("costBreakdown.stt", doc="Speech to text.", unit="USD", use=_COUNT)
    llm: float | None = attribute("costBreakdown.llm", doc="The language model.", unit="USD", use=_COUNT)
    tts: float | None = attribute("costBreakdown.tts", doc="Text to speech.", unit="USD", use=_COUNT)
    vapi: float | None = attribute("costBreakdown.vapi", doc="Vapi itself.", unit="USD", use=_COUNT)
    chat: float | None = attribute("costBreakdown.chat", doc="Chat interactions.", unit="USD", use=_COUNT)
    knowledge_base_cost: float | None = attribute(
        "costBreakdown.knowledgeBaseCost", doc="The knowledge base.", unit="USD", use=_COUNT
    )
    voicemail_detection_cost: float | None = attribute(
        "costBreakdown.voicemailDetectionCost", doc="Voicemail detection.", unit="USD", use=_COUNT
    )
    llm_prompt_tokens: int | None = attribute(
        "costBreakdown.llmPromptTokens", doc="Prompt tokens of the model.", use=_COUNT
    )
    llm_completion_tokens: int | None = attribute(
        "costBreakdown.llmCompletionTokens", doc="Completion tokens of the model.", use=_COUNT
    )
    llm_cached_prompt_tokens: int | None = attribute(
        "costBreakdown.llmCachedPromptTokens", doc="Cached prompt tokens of the model.", use=_COUNT
    )
    tts_characters: int | None = attribute("costBreakdown.ttsCharacters", doc="Characters spoken.", use=_COUNT)
    analysis_cost_breakdown: AnalysisCostBreakdown | None = attribute(doc="The analysis in detail.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One component's share of the cost, unrounded."""

    type: str | None = attribute("type", doc="Which kind of component, in Vapi's own words; an open set.")
    cost: float | None = attribute("cost", doc="Its cost.", unit="USD")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransportCost(Cost):
    """The telephony or web transport."""

    provider: str | None = attribute("provider", doc="Who carried the call: daily, twilio, vonage, telnyx, vapi.sip, …")
    minutes: float | None = attribute("minutes", doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TranscriberCost(Cost):
    """Speech to text."""

    transcriber: Json = attribute("transcriber", doc="The transcriber, with its provider and model.")
    minutes: float | None = attribute("minutes", doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost(Cost):
    """The language model."""

    model: Json = attribute("model", doc="The model, with its provider.")
    prompt_tokens: int | None = attribute("promptTokens", doc="Tokens read.")
    completion_tokens: int | None = attribute("completionTokens", doc="Tokens written.")
    cached_prompt_tokens: int | None = attribute("cachedPromptTokens", doc="Tokens read from the provider's cache.")
    reasoning_tokens: int | None = attribute("reasoningTokens", doc="Tokens thought.")
    seconds: float | None = attribute("seconds", doc="How long, for models charged by time.", unit="seconds")
    usage_complete: bool | None = attribute("usageComplete", doc="Whether the counts are final.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VoiceCost(Cost):
    """Text to speech."""

    voice: Json = attribute("voice", doc="The voice, with its provider.")
    characters: int | None = attribute("characters", doc="Characters spoken.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VapiCost(Cost):
    """Vapi's own fee."""

    sub_type: str | None = attribute("subType", doc="normal or overage; rows of 2024 have none.")
    minutes: float | None = attribute("minutes", doc="How long.", unit="minutes")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class VoicemailDetectionCost(Cost):
    """Finding out whether a voicemail answered."""

    model: Json = attribute("model", doc="The model, with its provider.")
    provider: str | None = attribute("provider", doc="Who listened: twilio, google, openai, vapi.")
    prompt_text_tokens: int | None = attribute("promptTextTokens", doc="Text tokens read.")
    prompt_audio_tokens: int | None = attribute("promptAudioTokens", doc="Audio tokens read.")
    completion_text_tokens: int | None = attribute("completionTextTokens", doc="Text tokens written.")
    completion_audio_tokens: int | None = attribute("completionAudioTokens", doc="Audio tokens written.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisCost(Cost):
    """One part of the analysis after the call."""

    analysis_type: str | None = attribute(
        "analysisType", doc="summary, structuredData, successEvaluation or structuredOutput."
    )
    model: Json = attribute("model", doc="The model, with its provider.")
    prompt_tokens: int | None = attribute("promptTokens", doc="Tokens read.")
    completion_tokens: int | None = attribute("completionTokens", doc="Tokens written.")
    cached_prompt_tokens: int | None = attribute("cachedPromptTokens", doc="Tokens read from the provider's cache.")
    structured_output_breakdown: Json = attribute(
        "structuredOutputBreakdown", doc="The share of each structured output."
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeBaseCost(Cost):
    """Looking things up in a knowledge base."""

    model: Json = attribute("model", doc="The model, with its provider.")
    prompt_tokens: int | None = attribute("promptTokens", doc="Tokens read.")
    completion_tokens: int | None = attribute("completionTokens", doc="Tokens written.")


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
