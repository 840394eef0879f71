"""Taking secrets out of documents."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.keys import ID_BYTES, SECRET_BYTES, token
from gateway.domain.redaction import _SECRET_SHAPES, REDACTED, redact, redactor
from tests.domain.documents import JSON

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
SHAPES = [
    JWT,
    "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn",
    "sk-proj-abcdefghijklmnop",
    "sk_live_abcdefghijklmnop",
    "sk-abcdefghijklmnopqrstuvwxyz012345",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAIOSFODNN7EXAMPLE",
    token("0a" * ID_BYTES, "1b" * SECRET_BYTES),
    "Bearer abcdefghijklmnop",
    "https://bucket.example/a.wav?X-Amz-Expires=1800&X-Amz-Signature=0123456789abcdef",
    "https://bucket.example/a.wav?sv=1&sig=0123456789abcdef",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----",
]
KEYS = [
    "twilioAuthToken",
    "callToken",
    "accountSid",
    "twilio-accountsid",
    "x-example-call-token",
    "authorization",
    "Authorization",
    "listenUrl",
    "controlUrl",
    "webCallUrl",
    "callUrl",
    "websocketCallUrl",
    "password",
    "client_secret",
    "serverUrlSecret",
    "x-api-key",
    "credentials",
    "jwt",
    "iban",
    "cardNumber",
    "pin",
]
CANARY = "canary-7f3a"


def nested(value: Any, path: list[str | int]) -> Any:
    for step in reversed(path):
        value = [value] if isinstance(step, int) else {step: value}
    return value


@pytest.mark.parametrize("shape", SHAPES)
def test_what_has_the_shape_of_a_secret_goes(shape: str) -> None:
    assert redact({"metadata": {"note": shape}}).document["metadata"]["note"] == REDACTED


@pytest.mark.parametrize("key", KEYS)
def test_what_stands_under_the_key_of_a_secret_goes_whatever_it_is(key: str) -> None:
    for value in (CANARY, 1234, [CANARY], {"deep": {"deeper": CANARY}}, True):
        assert redact({"a": [{key: value}]}).document == {"a": [{key: REDACTED}]}


@pytest.mark.parametrize("key", ["memberPin", "member_pin", "MEMBER-PIN", "doorCode"])
def test_a_team_adds_keys_of_its_own_however_they_are_written(key: str) -> None:
    theirs = redactor(["member_pin", "doorCode"])
    assert theirs({"metadata": {key: 4711, "name": "Ann"}}).document == {"metadata": {key: REDACTED, "name": "Ann"}}
    assert redact({"metadata": {"doorCode": 4711}}).document == {"metadata": {"doorCode": 4711}}


@pytest.mark.parametrize("key", ["token_count", "pinned", "secretary", "callSid", "name"])
def test_what_only_resembles_the_key_of_a_secret_stays(key: str) -> None:
    assert redact({key: "kept"}).document == {key: "kept"}


def test_several_secrets_go_and_counts_of_tokens_stay() -> None:
    counts = {"promptTokens": 7, "maxTokens": 250, "tokens": 3.5, "secrets": None}
    assert redact(counts).document == counts
    assert redact({"accessTokens": [CANARY], "tokens": CANARY}).document == {
        "accessTokens": REDACTED,
        "tokens": REDACTED,
    }


@pytest.mark.parametrize(
    "text",
    [
        "Basic dXNlcjpwYXNzd29yZA==",
        "https://somebody:canary@example.com/path",
        "https://hooks.slack.com/services/T0/B0/canary",
    ],
)
def test_what_opens_a_door_by_its_shape_goes(text: str) -> None:
    assert redact({"note": text}).document == {"note": REDACTED}


def test_a_secret_in_a_text_costs_itself_and_not_the_text() -> None:
    prompt = f"Call the API with {JWT} and be kind."
    assert redact({"prompt": prompt}).document["prompt"] == f"Call the API with {REDACTED} and be kind."


def test_a_private_key_goes_with_its_body() -> None:
    text = "key: -----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\n-----END PRIVATE KEY----- end"
    assert redact({"a": text}).document["a"] == f"key: {REDACTED} end"


def test_presigned_addresses_are_left_out_and_plain_ones_kept() -> None:
    artifact = {
        "presignedMonoUrl": "https://a",
        "presignedUrlsExpiresAt": "2026-01-01",
        "recordingUrl": "https://b/c.wav",
    }
    assert redact({"artifact": artifact}).document == {"artifact": {"recordingUrl": "https://b/c.wav"}}


def test_null_under_the_key_of_a_secret_says_that_there_is_none() -> None:
    assert redact({"twilioAuthToken": None}).document == {"twilioAuthToken": None}


def test_the_original_is_left_alone() -> None:
    document = {"monitor": {"listenUrl": "wss://x"}, "list": [JWT]}
    redact(document)
    assert document == {"monitor": {"listenUrl": "wss://x"}, "list": [JWT]}


def test_a_document_that_nests_without_end_is_cut_off() -> None:
    document: dict[str, Any] = {}
    inner = document
    for _ in range(400):
        inner["a"] = {}
        inner = inner["a"]
    assert REDACTED in json.dumps(redact(document).document)


@given(
    st.lists(st.sampled_from(["metadata", "a", "x-y", 0]), max_size=30), st.sampled_from(SHAPES), st.text(max_size=9)
)
def test_a_secret_by_its_shape_survives_at_no_depth(path: list[str | int], shape: str, words: str) -> None:
    document = {"call": nested(f"{words} {shape} {words}", path)}
    shown = json.dumps(redact(document).document)
    assert json.dumps(shape)[1:-1] not in shown


@given(st.lists(st.sampled_from(["metadata", "a", 0]), max_size=30), st.sampled_from(KEYS), JSON)
def test_a_secret_by_its_key_survives_at_no_depth(path: list[str | int], key: str, beside: Any) -> None:
    document = {"call": nested({key: {"v": [CANARY]}, "beside": beside}, path)}
    assert CANARY not in json.dumps(redact(document).document)


@given(st.text(max_size=20), st.sampled_from(SHAPES))
def test_a_secret_used_as_a_key_does_not_survive_either(words: str, shape: str) -> None:
    shown = json.dumps(redact({"metadata": {f"{words} {shape}": 1, shape: 2}}).document)
    assert json.dumps(shape)[1:-1] not in shown


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_what_is_left_is_json_and_utf_8_and_redacting_it_again_changes_nothing(document: dict[str, Any]) -> None:
    once = redact(document).document
    json.dumps(once, allow_nan=False, ensure_ascii=False).encode()
    assert redact(once).document == once


def piece_by_piece(value: Any) -> Any:
    """The plain reference: every value is redacted in a document of its own, so that nothing is known of the others."""
    if isinstance(value, list):
        return [piece_by_piece(inner) for inner in value]
    if not isinstance(value, dict):
        return redact({"a": value}).document["a"]
    made: dict[str, Any] = {}
    for key, inner in value.items():
        empty = type(inner)() if isinstance(inner, dict | list) else inner
        for kept, shown in redact({key: empty}).document.items():
            made[kept] = piece_by_piece(inner) if shown == empty and empty is not inner else shown
    return made


PLANTED = st.one_of(
    st.sampled_from([*SHAPES, "one two three", "sk-", "a@b.example", "risk-free", "half \ud800 of it is gone"]),
    st.builds("{} {}".format, st.text(max_size=9), st.sampled_from(SHAPES)),
    st.sampled_from([0, 0.0, 1, 1.0, True, None, float("nan"), float("inf")]),
)
PLANTED_KEYS = st.sampled_from(["a", "b", "message", "tokens", "presignedUrl", "https://x?sig=12345678", *KEYS[:6]])
SALTED: st.SearchStrategy[Any] = st.recursive(
    PLANTED,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLANTED_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.lists(SALTED, max_size=4), st.lists(SALTED, max_size=4), SALTED)
def test_what_is_known_of_one_part_of_a_document_changes_nothing_about_another(
    said: list[Any], other: list[Any], beside: Any
) -> None:
    document = {
        "messages": said,
        "artifact": {"messages": copy.deepcopy(said), "nodes": other, "messagesOpenAIFormatted": [*said, *other]},
        "beside": [beside, {"said": said, "again": copy.deepcopy(beside)}],
    }
    assert json.dumps(redact(document).document) == json.dumps(piece_by_piece(document))


def test_a_conversation_that_is_told_again_with_other_numbers_keeps_its_own() -> None:
    document = {"messages": [1, 1.0, {"a": True}], "artifact": {"messages": [True, 1, {"a": 1.0}]}}
    assert json.dumps(redact(document).document) == json.dumps(document)


@given(st.from_regex(_SECRET_SHAPES))
def test_every_text_that_has_the_shape_of_a_secret_is_seen_for_it(text: str) -> None:
    """The signs that are looked for first are in all of them."""
    assert not _SECRET_SHAPES.search(redact({"a": text}).document["a"])
    assert REDACTED in redact({"a": text}).document["a"]


def test_what_has_nothing_to_take_out_is_not_copied() -> None:
    document = {"messages": [{"role": "user", "message": "Good morning, Example Clinic."}], "monitor": {"pin": 1}}
    assert redact(document).document["messages"] is document["messages"]
    assert redact(document).document["monitor"] is not document["monitor"]


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_a_larger_document_has_a_larger_size(document: dict[str, Any]) -> None:
    one, two = redact({"a": document}), redact({"a": document, "b": "x" * 100})
    assert 0 < one.size < two.size
