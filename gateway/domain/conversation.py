"""What was said: messages by role, as they stand in the call's artifact, its nodes and its transfers."""

from __future__ import annotations

import dataclasses

from gateway.domain.attributes import Json, Use, Variants, attribute
from gateway.domain.success import Success, reader


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of the conversation, whoever made it."""

    role: str | None = attribute(doc="Who speaks, in Vapi's own words; an open set.")
    time: float | None = attribute(doc="When the turn began.", unit="milliseconds since 1970")
    seconds_from_start: float | None = attribute(
        doc="When the turn began, counted from the start of the conversation.", unit="seconds"
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage(Message):
    """What the customer said."""

    message: str | None = attribute(doc="The words.")
    end_time: float | None = attribute(doc="When the turn ended.", unit="milliseconds since 1970")
    duration: float | None = attribute(
        doc="How long the turn took; rows of mid-2024 have seconds.",
        unit="milliseconds",
    )
    is_filtered: bool | None = attribute(doc="Whether the security filter changed the words.")
    detected_threats: tuple[str, ...] | None = attribute(doc="What the security filter found.")
    original_message: str | None = attribute(doc="The words before the security filter.")
    speaker_label: str | None = attribute(doc="Which of several voices it was, where they are told apart.")
    metadata: Json = attribute(doc="What the transcriber adds, such as the confidence of each word.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class BotMessage(Message):
    """What the assistant said."""

    message: str | None = attribute(doc="The words.")
    end_time: float | None = attribute(doc="When the turn ended.", unit="milliseconds since 1970")
    duration: float | None = attribute(
        doc="How long the turn took; rows of mid-2024 have seconds.",
        unit="milliseconds",
    )
    source: str | None = attribute(doc="What made the assistant say it; empty where the model did.")
    assistant_name: str | None = attribute(doc="Which assistant of a squad spoke.")
    assistant_id: str | None = attribute(doc="The id of the assistant that spoke.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SystemMessage(Message):
    """The instructions of the assistant."""

    message: str | None = attribute(doc="The prompt.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallMessage(Message):
    """The assistant asks for tools."""

    message: str | None = attribute(doc="What was said meanwhile.")
    tool_calls: Json = attribute(doc="The tools asked for, with their arguments.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallResultMessage(Message):
    """What a tool answered."""

    name: str | None = attribute(doc="The name of the tool.")
    tool_call_id: str | None = attribute(doc="Which request it answers.")
    result: str | None = attribute(doc="The answer, mostly JSON in a text.")
    metadata: Json = attribute(doc="What the tool adds to its answer.")
    warnings: Json = attribute(doc="What Vapi has to say about the answer.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OtherMessage(Message):
    """A turn in a role that this version does not know."""

    message: str | None = attribute("message", "content", doc="The words, where there are any.")


# The roles that real calls show; Vapi's schema has no discriminator and leaves the role open.
MESSAGES = Variants(
    tag="role",
    shapes={
        "user": UserMessage,
        "bot": BotMessage,
        "assistant": BotMessage,
        "system": SystemMessage,
        "tool_calls": ToolCallMessage,
        "function_call": ToolCallMessage,
        "tool_call_result": ToolCallResultMessage,
        "function_result": ToolCallResultMessage,
    },
    other=OtherMessage,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIMessage:
    """One message of the conversation in the shape that OpenAI's API uses."""

    role: str | None = attribute(doc="assistant, user, system, tool or function.")
    content: str | None = attribute(doc="The words.")
    tool_calls: Json = attribute("tool_calls", doc="The tools asked for.")
    tool_call_id: str | None = attribute("tool_call_id", doc="Which request a tool's answer belongs to.")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What Vapi's analysis found after the call."""

    summary: str | None = attribute(
        fallback=("summary",), doc="The call in a few sentences.", use=Use.EXPORT, heavy=True
    )
    success_evaluation: str | None = attribute(
        doc="Whether the call was a success, in the words of the assistant's rubric: “true”, “8”, “pass”, …",
        use=Use.FILTER | Use.SORT | Use.GROUP | Use.EXPORT,
    )
    success: bool | None = attribute(
        derive=reader(Success()),
        doc="Whether the call was a success: what `successEvaluation` means by the mapping in the settings; null where "
        "it means neither.",
        use=Use.FILTER | Use.SORT | Use.GROUP | Use.EXPORT,
    )
    structured_data: Json = attribute(doc="The data that the assistant's schema asks for.")
    structured_data_multi: Json = attribute(doc="The same for several schemas.")
