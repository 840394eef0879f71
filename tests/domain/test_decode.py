"""Decoding: from a document to a call, one attribute at a time."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Kind
from gateway.domain.catalog import Configured, build
from gateway.domain.decode import decoder, presigned_reader
from gateway.domain.redaction import redact
from tests.domain.documents import CALL_ID, JSON, KEY, call_documents, decoded, problems

CATALOG = build()
DECODE = decoder(CATALOG, KEY)
DECODE_WITHOUT_LISTS = decoder(CATALOG, KEY, lists=False)

LEGACY: dict[str, Any] = {
    "id": CALL_ID,
    "type": "webCall",
    "status": "ended",
    "metadata": None,
    "customerId": None,
    "squad": None,
    "twilioCallSid": "CA0123",
    "startedAt": "2024-06-30T03:19:40.000Z",
    "endedAt": "2024-06-30T03:19:58.500Z",
    "transcript": "AI: Hello.\nUser: Hi.\n",
    "summary": "They greeted each other.",
    "recordingUrl": "https://storage.example/mono.wav",
    "stereoRecordingUrl": "https://storage.example/stereo.wav",
    "messages": [{"role": "bot", "message": "Hello.", "time": 1719717579247, "secondsFromStart": 1.36}],
    "artifact": {"messages": [], "transcript": ""},
}


def test_rows_of_2024_fill_the_same_fields_as_those_of_today() -> None:
    call = decoded(LEGACY).call
    assert call.artifact is not None
    assert call.artifact.transcript == "AI: Hello.\nUser: Hi.\n"
    assert call.artifact.recording_url == "https://storage.example/mono.wav"
    assert call.artifact.recording is not None
    assert call.artifact.recording.stereo_url == "https://storage.example/stereo.wav"
    assert [type(m).__name__ for m in call.artifact.messages or ()] == ["BotMessage"]
    assert call.analysis is not None
    assert call.analysis.summary == "They greeted each other."
    assert call.phone_call_provider_id == "CA0123"


def test_addresses_that_vapi_only_writes_in_the_new_place_are_found_in_the_old_one_too() -> None:
    recording = {
        "stereoUrl": "https://a/s.wav",
        "videoUrl": "https://a/v.mp4",
        "mono": {"combinedUrl": "https://a/m.wav"},
    }
    artifact = decoded({"artifact": {"recording": recording}}).call.artifact
    assert artifact is not None
    assert artifact.recording_url == "https://a/m.wav"
    assert artifact.stereo_recording_url == "https://a/s.wav"
    assert artifact.video_recording_url == "https://a/v.mp4"


def test_the_duration_is_derived_where_vapi_states_none() -> None:
    assert decoded(LEGACY).call.duration_seconds == 18.5
    assert decoded({**LEGACY, "durationSeconds": 20}).call.duration_seconds == 20
    assert (
        decoded({**LEGACY, "endedAt": LEGACY["startedAt"], "startedAt": LEGACY["endedAt"]}).call.duration_seconds
        is None
    )


def test_closed_sets_keep_vapis_own_text_even_where_it_is_new() -> None:
    call = decoded({"status": "on-hold", "type": "hologramCall"}).call
    assert (call.status, call.type) == ("on-hold", "hologramCall")


def test_the_reason_is_kept_and_placed() -> None:
    call = decoded({"endedReason": "customer-busy"}).call
    assert (call.ended_reason, call.ended_reason_category) == ("customer-busy", "not-reached")
    assert decoded({"endedReason": None}).call.ended_reason_category is None


def test_an_odd_value_costs_its_attribute_and_is_told_without_the_value() -> None:
    odd = decoded({"cost": {"total": 1}, "name": "kept", "createdAt": "soon"})
    assert (odd.call.cost, odd.call.created_at, odd.call.name) == (None, None, "kept")
    assert problems(odd) == [("Call.createdAt", "DateTime", "string"), ("Call.cost", "Float", "object")]


def test_the_same_oddity_many_times_is_told_once() -> None:
    odd = decoded({"messages": [{"role": "user", "time": "late", "message": str(n)} for n in range(9)]})
    assert problems(odd) == [("UserMessage.time", "Float", "string")]
    assert odd.call.artifact is not None
    assert len(odd.call.artifact.messages or ()) == 9


@pytest.mark.parametrize("name", ["analysis", "costBreakdown", "transport", "artifact", "compliance", "customer"])
def test_a_text_where_an_object_belongs_costs_that_object(name: str) -> None:
    odd = decoded({name: "text", "cost": 1})
    assert odd.call.cost == 1
    assert problems(odd) == [(f"Call.{name}", "object", "string")]


def test_an_object_that_is_not_there_is_none() -> None:
    empty = decoded({"analysis": None, "transport": None})
    assert (empty.call.analysis, empty.call.transport, empty.call.artifact) == (None, None, None)
    assert empty.problems == ()


def test_an_object_that_says_nothing_is_there() -> None:
    """A live call has an empty artifact; one with presigned addresses alone is empty too, once they are taken out."""
    empty = decoded({"id": CALL_ID, "artifact": {}, "transport": {}})
    assert empty.call.artifact is not None
    assert (empty.call.artifact.call_id, empty.call.artifact.messages) == (CALL_ID, None)
    assert empty.call.transport is not None
    assert empty.problems == ()


def test_an_odd_element_costs_that_element() -> None:
    odd = decoded({"costs": [{"type": "vapi", "cost": 1}, "text", None, {}, {"type": "model", "cost": 2}]})
    assert [cost.cost for cost in odd.call.costs or ()] == [1, 2]
    assert problems(odd) == [("Call.costs", "object", "string")]


def test_an_empty_list_is_not_the_same_as_no_list() -> None:
    assert decoded({"costs": []}).call.costs == ()
    assert decoded({}).call.costs is None
    assert decoded({"costs": None}).call.costs is None


def test_a_redacted_value_says_nothing() -> None:
    call = decoded({"artifact": {"recordingUrl": "https://a/b.wav?X-Amz-Signature=0123456789"}, "cost": 1}).call
    assert call.artifact is not None
    assert call.artifact.recording_url is None


def test_metadata_that_is_a_bare_text_is_shown_as_it_is() -> None:
    call = decoded({"type": "webCall", "assistantOverrides": {"metadata": "customer 7"}}).call
    assert call.assistant_overrides is not None
    assert call.assistant_overrides.metadata == "customer 7"


def test_the_whole_document_is_kept_as_it_was_redacted() -> None:
    document = {"id": CALL_ID, "somethingNew": {"of": 2027}, "monitor": {"listenUrl": "wss://x"}}
    assert decoded(document).call.document == redact(document).document


def test_configured_attributes_of_the_call_stand_beside_the_built_in_ones() -> None:
    own = Configured(
        name="booked",
        type="Boolean",
        description="Whether an appointment was made.",
        paths=("artifact.structuredOutputs[name=booked].result",),
    )
    catalog = build({"call": [own]})
    outputs = {"o-1": {"name": "mood", "result": "fine"}, "o-2": {"name": "booked", "result": True}}
    call = decoded({"artifact": {"structuredOutputs": outputs}}, catalog).call
    booked = next(a for a in catalog.call.attributes if a.configured)
    assert booked.of(call) is True
    assert booked.of(decoded({}, catalog).call) is None


def test_presigned_addresses_are_read_before_redaction_and_never_kept() -> None:
    document = {
        "id": CALL_ID,
        "artifact": {
            "presignedMonoUrl": "https://a?X-Amz-Signature=1",
            "presignedUrlsExpiresAt": "2026-08-19T12:00:00Z",
        },
    }
    read = presigned_reader(CATALOG)(document)
    assert read == PresignedUrls(
        presigned_mono_url="https://a?X-Amz-Signature=1",
        presigned_urls_expires_at=dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC),
    )
    assert "X-Amz" not in repr(decoded(document).call)


@given(st.dictionaries(st.sampled_from([a.name for a in CATALOG.call.attributes] + ["metadata"]), JSON))
def test_any_object_decodes(document: dict[str, Any]) -> None:
    DECODE(redact(document).document)


@given(st.sampled_from(sorted(LEGACY)), JSON)
def test_what_stands_elsewhere_survives_any_value_anywhere(key: str, value: Any) -> None:
    before, after = DECODE(LEGACY).call, DECODE(redact({**LEGACY, key: value}).document).call
    apart = {"type": "type", "status": "status", "twilioCallSid": "phone_call_provider_id"}
    for name, attribute in apart.items():
        if name != key:
            assert getattr(after, attribute) == getattr(before, attribute)


def test_decoding_leaves_the_document_alone() -> None:
    document = copy.deepcopy(LEGACY)
    DECODE(document)
    assert document == LEGACY


@given(call_documents())
def test_without_lists_everything_else_is_read_as_ever(document: dict[str, Any]) -> None:
    redacted = redact(document).document
    whole, narrow = DECODE(redacted), DECODE_WITHOUT_LISTS(redacted)
    assert repr(single_values(narrow.call, "Call")) == repr(single_values(whole.call, "Call"))
    assert narrow.call.costs == whole.call.costs
    assert narrow.call.customer == whole.call.customer
    assert set(narrow.problems) <= set(whole.problems)


def single_values(record: Any, name: str) -> dict[str, Any]:
    """What a record and its groups say, lists left out, by flat name."""
    found: dict[str, Any] = {}
    for attribute in CATALOG.records[name].attributes:
        value = None if record is None else attribute.of(record)
        if attribute.kind is Kind.GROUP and attribute.record is not None:
            found |= single_values(value, attribute.record.__name__)
        elif attribute.kind is not Kind.LIST and attribute.exposed:
            found[attribute.flat] = value
    return found


def test_without_lists_the_conversation_is_not_read_and_the_costs_are() -> None:
    document = {"artifact": {"messages": [{"role": "user"}], "transcript": "AI: Hi."}, "costs": [{"type": "vapi"}]}
    call = DECODE_WITHOUT_LISTS(redact(document).document).call
    assert call.artifact is not None
    assert (call.artifact.messages, call.artifact.transcript) == (None, "AI: Hi.")
    assert [cost.type for cost in call.costs or ()] == ["vapi"]
