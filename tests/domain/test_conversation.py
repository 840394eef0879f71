"""Messages by role."""

from __future__ import annotations

import typing

import pytest
from vapi.types.call_messages_item import CallMessagesItem

from gateway.domain import conversation
from gateway.domain.conversation import MESSAGES, Message
from tests.domain.documents import decoded


def messages(*stated: object) -> tuple[Message, ...]:
    """The messages of a call with these."""
    found = decoded({"artifact": {"messages": list(stated)}}).call.artifact
    assert found is not None
    assert found.messages is not None
    return found.messages


@pytest.mark.parametrize(
    ("role", "shape"),
    [
        ("user", "UserMessage"),
        ("bot", "BotMessage"),
        ("assistant", "BotMessage"),
        ("system", "SystemMessage"),
        ("tool_calls", "ToolCallMessage"),
        ("tool_call_result", "ToolCallResultMessage"),
        ("narrator", "OtherMessage"),
        (None, "OtherMessage"),
        (7, "OtherMessage"),
    ],
)
def test_the_role_tells_the_shape(role: object, shape: str) -> None:
    (message,) = messages({"role": role, "message": "Hi.", "secondsFromStart": 1})
    assert type(message).__name__ == shape
    assert message.seconds_from_start == 1


def test_times_may_be_fractional() -> None:
    (message,) = messages({"role": "user", "time": 1739358405257.999})
    assert message.time == 1739358405257.999


def test_every_kind_of_message_that_the_sdk_knows_has_a_record() -> None:
    assert {member.__name__ for member in typing.get_args(CallMessagesItem)} <= set(vars(conversation))


def test_every_message_keeps_its_role_and_time() -> None:
    for shape in {*MESSAGES.shapes.values(), MESSAGES.other}:
        assert issubclass(shape, Message)


def test_the_conversation_in_openais_shape_keeps_tool_calls() -> None:
    found = decoded({"artifact": {"messagesOpenAIFormatted": [{"role": "assistant", "tool_calls": [{"id": "t"}]}]}})
    assert found.call.artifact is not None
    (message,) = found.call.artifact.messages_openai_formatted or ()
    assert (message.content, message.tool_calls) == (None, [{"id": "t"}])
