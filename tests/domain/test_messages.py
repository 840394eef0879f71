"""Webhooks and saved files."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from gateway.domain.messages import calls, stated_call
from tests.domain.documents import CALL_ID, JSON, decoded

SNAPSHOT = {"id": CALL_ID, "type": "webCall", "status": "queued", "createdAt": "2026-08-19T12:00:00Z"}


def only(saved: Any) -> Any:
    """The one call in something saved."""
    (call,) = calls(saved)
    return call


def test_what_a_report_says_is_laid_over_the_snapshot_inside() -> None:
    report = {
        "type": "end-of-call-report",
        "call": SNAPSHOT,
        "endedReason": "customer-ended-call",
        "startedAt": "2026-08-19T12:00:05Z",
        "endedAt": "2026-08-19T12:01:05Z",
        "cost": 0.25,
        "costBreakdown": {"total": 0.25},
        "summary": "All well.",
        "transcript": "AI: Hello.",
        "artifact": {"transcript": "AI: Hello."},
    }
    call = decoded(only({"message": report})).call
    assert (call.id, call.status, call.ended_reason, call.duration_seconds) == (
        CALL_ID,
        "ended",
        "customer-ended-call",
        60,
    )
    assert call.analysis is not None
    assert call.analysis.summary == "All well."


def test_a_status_update_tells_the_status() -> None:
    assert (
        only({"message": {"type": "status-update", "status": "in-progress", "call": SNAPSHOT}})["status"]
        == "in-progress"
    )


def test_the_status_of_a_speech_update_is_a_turns() -> None:
    assert only({"message": {"type": "speech-update", "status": "started", "call": SNAPSHOT}})["status"] == "queued"


@pytest.mark.parametrize("kind", ["transcript", 'transcript[transcriptType="final"]'])
def test_the_text_of_a_transcript_message_is_a_turns(kind: str) -> None:
    assert "transcript" not in only({"message": {"type": kind, "transcript": "Hi.", "call": SNAPSHOT}})


def test_a_conversation_update_of_2024_has_the_conversation_in_one_place_only() -> None:
    update = {"type": "conversation-update", "conversation": [{"role": "user", "content": "Hi."}], "call": SNAPSHOT}
    artifact = decoded(only({"message": update})).call.artifact
    assert artifact is not None
    assert [m.content for m in artifact.messages_openai_formatted or ()] == ["Hi."]


def test_a_conversation_is_not_preferred_to_what_the_artifact_says() -> None:
    update = {
        "type": "conversation-update",
        "conversation": [{"role": "user", "content": "old"}],
        "artifact": {"messagesOpenAIFormatted": [{"role": "user", "content": "new"}]},
        "call": SNAPSHOT,
    }
    artifact = decoded(only({"message": update})).call.artifact
    assert artifact is not None
    assert [m.content for m in artifact.messages_openai_formatted or ()] == ["new"]


def test_the_effective_assistants_metadata_name_the_customer() -> None:
    update = {"type": "status-update", "call": SNAPSHOT, "assistant": {"name": "Bo", "metadata": {"customerId": "c-9"}}}
    found = decoded(only({"message": update})).call.customer
    assert (found.customer_id, found.provenance[0].path) == ("c-9", "assistant.metadata.customerId")


def test_a_custom_models_request_has_the_call_its_messages_and_merged_metadata() -> None:
    request = {
        "model": "gpt",
        "messages": [{"role": "user", "content": "Hi."}],
        "metadata": {"user_id": "u-1"},
        "call": {**SNAPSHOT, "metadata": None},
    }
    call = decoded(only(request)).call
    assert (call.id, call.customer.customer_id) == (CALL_ID, "u-1")
    assert call.artifact is not None
    assert [m.content for m in call.artifact.messages_openai_formatted or ()] == ["Hi."]


def test_a_message_that_was_logged_without_its_envelope_is_known_by_its_type() -> None:
    assert only({"type": "status-update", "status": "ended", "call": SNAPSHOT})["status"] == "ended"
    assert only({"type": "end-of-call-report", "timestamp": 1, "endedReason": "voicemail"})["status"] == "ended"


def test_customer_and_number_beside_the_call_are_taken_where_it_has_none() -> None:
    message = {"type": "assistant-request", "call": SNAPSHOT, "customer": {"number": "+15550100123"}}
    assert stated_call(message)["customer"] == {"number": "+15550100123"}
    named = {**message, "call": {**SNAPSHOT, "customer": {"name": "Ada"}}}
    assert stated_call(named)["customer"] == {"name": "Ada"}


def test_calls_lists_batches_and_pages_hold_calls() -> None:
    other = {**SNAPSHOT, "id": "2"}
    assert list(calls(SNAPSHOT)) == [SNAPSHOT]
    assert list(calls([SNAPSHOT, other])) == [SNAPSHOT, other]
    assert list(calls({"results": [SNAPSHOT, other], "errors": []})) == [SNAPSHOT, other]
    assert list(calls("text")) == []


def test_a_message_about_no_call_is_one_without_an_id_and_its_customer_has_no_key() -> None:
    call = decoded({**only({"message": {"type": "tool-calls"}}), "id": None}).call
    assert (call.id, call.customer.key) == ("", "")


@given(JSON)
def test_anything_saved_can_be_read(saved: Any) -> None:
    for wrapped in (saved, {"message": {"type": "status-update", "call": saved, "artifact": saved}}, {"call": saved}):
        assert all(isinstance(call, dict) for call in calls(wrapped))
