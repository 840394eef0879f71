"""What a call leaves behind: the conversation, recordings, outputs, measurements, transfers."""

from __future__ import annotations

import dataclasses
import datetime as dt

from gateway.domain.attributes import Document, Json, Sensitivity, Use, attribute
from gateway.domain.conversation import MESSAGES, Message, OpenAIMessage

_LATENCY = Use.FILTER | Use.SORT | Use.MEASURE | Use.EXPORT


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class MonoRecording:
    """Single-channel recordings. The addresses need Vapi's private key; presigned ones do not."""

    combined_url: str | None = attribute(
        fallback=("artifact.recordingUrl", "recordingUrl"),
        doc="Both sides.",
        use=Use.EXPORT,
    )
    assistant_url: str | None = attribute(doc="The assistant.", use=Use.EXPORT)
    customer_url: str | None = attribute(doc="The customer.", use=Use.EXPORT)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The recordings of a call. The addresses need Vapi's private key; presigned ones do not."""

    stereo_url: str | None = attribute(
        fallback=("artifact.stereoRecordingUrl", "stereoRecordingUrl"),
        doc="One side on each channel.",
        use=Use.EXPORT,
    )
    video_url: str | None = attribute(fallback=("artifact.videoRecordingUrl",), doc="The video.", use=Use.EXPORT)
    video_recording_start_delay_seconds: float | None = attribute(
        fallback=("artifact.videoRecordingStartDelaySeconds",),
        doc="How much later the video begins.",
        unit="seconds by its name, milliseconds by Vapi's description",
        use=Use.EXPORT,
    )
    mono: MonoRecording | None = attribute(doc="Single-channel recordings.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowNode:
    """A node of a workflow that the call went through."""

    node_name: str | None = attribute(doc="Its name.")
    messages: tuple[Message, ...] | None = attribute(doc="What was said there.", variants=MESSAGES)
    variable_values: Json = attribute(doc="The variables known after it.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AssistantActivation:
    """An assistant that was active during the call, in order."""

    assistant_name: str | None = attribute(doc="Its name.")
    assistant_id: str | None = attribute(doc="Its id.")
    assistant_version: str | None = attribute(doc="Its version, where one was pinned.")
    squad_version: str | None = attribute(doc="The version of its squad, where one was pinned.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TurnLatency:
    """How long the parts of one turn took."""

    turn_latency: float | None = attribute(doc="The whole turn.", unit="milliseconds")
    model_latency: float | None = attribute(doc="The model's first token.", unit="milliseconds")
    voice_latency: float | None = attribute(doc="The voice.", unit="milliseconds")
    transcriber_latency: float | None = attribute(doc="The transcriber.", unit="milliseconds")
    endpointing_latency: float | None = attribute(doc="Noticing that the customer has finished.", unit="milliseconds")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceMetrics:
    """How fast the assistant was."""

    turn_latencies: tuple[TurnLatency, ...] | None = attribute(doc="Turn by turn.")
    turn_latency_average: float | None = attribute(doc="A whole turn.", unit="milliseconds", use=_LATENCY)
    model_latency_average: float | None = attribute(
        doc="The model's first token.",
        unit="milliseconds",
        use=_LATENCY,
    )
    voice_latency_average: float | None = attribute(doc="The voice.", unit="milliseconds", use=_LATENCY)
    transcriber_latency_average: float | None = attribute(
        doc="The transcriber.",
        unit="milliseconds",
        use=_LATENCY,
    )
    endpointing_latency_average: float | None = attribute(
        doc="Noticing that the customer has finished.",
        unit="milliseconds",
        use=_LATENCY,
    )
    from_transport_latency_average: float | None = attribute(
        doc="Packets from the transport.",
        unit="milliseconds",
        use=_LATENCY,
    )
    to_transport_latency_average: float | None = attribute(
        doc="Packets to the transport.",
        unit="milliseconds",
        use=_LATENCY,
    )
    num_user_interrupted: int | None = attribute(
        doc="How often the assistant cut the customer off.",
        use=_LATENCY,
    )
    num_assistant_interrupted: int | None = attribute(
        doc="How often the customer cut the assistant off.",
        use=_LATENCY,
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StructuredOutput:
    """Something that was extracted from the call by a schema of the team."""

    id: str | None = attribute(doc="The id of the structured output.")
    name: str | None = attribute(doc="Its name.")
    result: Json = attribute(doc="What was found: any JSON value.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SkippedStructuredOutput:
    """A structured output that was not extracted, because its condition was not met."""

    id: str | None = attribute(doc="The id of the structured output.")
    name: str | None = attribute(doc="Its name.")
    unmet_condition: Json = attribute(doc="The condition that was not met.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """A score, computed from structured outputs."""

    id: str | None = attribute(doc="The id of the scorecard.")
    name: str | None = attribute(doc="Its name.")
    score: float | None = attribute(doc="The points.")
    score_normalized: float | None = attribute(doc="The points out of a hundred.")
    metric_points: Json = attribute(doc="The points of each structured output, by its id.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TransferDestination:
    """Where a call was passed on to."""

    type: str | None = attribute(doc="number, sip or assistant.", use=Use.GROUP | Use.EXPORT)
    number: str | None = attribute(doc="The number.", unit="E.164", use=Use.EXPORT)
    sip_uri: str | None = attribute(doc="The SIP address.", use=Use.EXPORT)
    extension: str | None = attribute(doc="The extension dialled after it.", use=Use.EXPORT)
    assistant_name: str | None = attribute(doc="The assistant.", use=Use.EXPORT)
    caller_id: str | None = attribute(doc="The number shown there.", use=Use.EXPORT)
    description: str | None = attribute(doc="When the assistant is to choose it.")
    message: Json = attribute(doc="What the customer is told before: a text, or one with options.")
    transfer_plan: Json = attribute(doc="How the transfer is made.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One attempt to pass the call on."""

    destination: TransferDestination | None = attribute(doc="Where to.")
    mode: str | None = attribute(doc="How: one of Vapi's eight modes.")
    status: str | None = attribute(doc="connected, no-answer, busy, voicemail, failed, completed or cancelled.")
    transcript: str | None = attribute(doc="What was said during the transfer.")
    messages: tuple[Message, ...] | None = attribute(doc="The same, turn by turn.", variants=MESSAGES)


def _call_id(document: Document) -> str | None:
    stated = document.get("id")
    return stated if isinstance(stated, str) else None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What a call leaves behind. Older rows carry some of it at the call's top level only; it is found there too."""

    call_id: str | None = attribute(
        derive=_call_id, doc="The call it belongs to: what presigned addresses are asked with.", internal=True
    )
    transcript: str | None = attribute(
        fallback=("transcript",), doc="The conversation as one text.", use=Use.EXPORT, heavy=True
    )
    messages: tuple[Message, ...] | None = attribute(
        fallback=("messages",), doc="The conversation, turn by turn.", variants=MESSAGES
    )
    messages_openai_formatted: tuple[OpenAIMessage, ...] | None = attribute(
        fallback=("messagesOpenAIFormatted",),
        name="messagesOpenAIFormatted",
        doc="The conversation in the shape that OpenAI's API uses.",
    )
    recording: Recording | None = attribute(doc="The recordings.", sensitivity=Sensitivity.RECORDING)
    recording_url: str | None = attribute(
        "recordingUrl",
        "recording.mono.combinedUrl",
        fallback=("recordingUrl",),
        doc="The mono recording; needs Vapi's private key.",
        sensitivity=Sensitivity.RECORDING,
        use=Use.EXPORT,
    )
    stereo_recording_url: str | None = attribute(
        "stereoRecordingUrl",
        "recording.stereoUrl",
        fallback=("stereoRecordingUrl",),
        doc="The stereo recording; needs Vapi's private key.",
        sensitivity=Sensitivity.RECORDING,
        use=Use.EXPORT,
    )
    video_recording_url: str | None = attribute(
        "videoRecordingUrl",
        "recording.videoUrl",
        doc="The video; needs Vapi's private key.",
        sensitivity=Sensitivity.RECORDING,
        use=Use.EXPORT,
    )
    pcap_url: str | None = attribute(doc="The packet capture of a phone call.", sensitivity=Sensitivity.RECORDING)
    log_url: str | None = attribute(doc="The log of the call.", sensitivity=Sensitivity.RECORDING)
    nodes: tuple[WorkflowNode, ...] | None = attribute(doc="The workflow nodes gone through, in order.")
    assistant_activations: tuple[AssistantActivation, ...] | None = attribute(
        doc="The assistants that were active, in order."
    )
    variable_values: Json = attribute("variableValues", "variables", doc="The variables at the end of the call.")
    performance_metrics: PerformanceMetrics | None = attribute(doc="How fast the assistant was.")
    structured_outputs: tuple[StructuredOutput, ...] | None = attribute(
        doc="What was extracted from the call.", keyed=True
    )
    skipped_structured_outputs: tuple[SkippedStructuredOutput, ...] | None = attribute(
        doc="What was not extracted, and why.", keyed=True
    )
    structured_outputs_last_updated_at: dt.datetime | None = attribute(
        doc="When the structured outputs were last extracted; that can be long after the call.",
        use=Use.EXPORT,
    )
    scorecards: tuple[Scorecard, ...] | None = attribute(doc="The scores.", keyed=True)
    transfers: tuple[Transfer, ...] | None = attribute(doc="The attempts to pass the call on.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PresignedUrls:
    """Addresses that open a recording without a key, for half an hour. Upstream makes new ones at every read."""

    presigned_mono_url: str | None = attribute(doc="The mono recording.")
    presigned_stereo_url: str | None = attribute(doc="The stereo recording.")
    presigned_video_url: str | None = attribute(doc="The video.")
    presigned_assistant_url: str | None = attribute(doc="The assistant's side.")
    presigned_customer_url: str | None = attribute(doc="The customer's side.")
    presigned_pcap_url: str | None = attribute(doc="The packet capture.")
    presigned_log_url: str | None = attribute(doc="The log.")
    presigned_urls_expires_at: dt.datetime | None = attribute(doc="When these addresses die.")
