"""Whether a webhook comes from whom it says it does. The simulator signs, which shares no code with what verifies."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.signatures import Doubt, Headers, Hmac, Scheme, Token, vapi_secret, verified
from gateway.simulator import signing

NOW: Final = dt.datetime(2026, 8, 19, 12, 0, tzinfo=dt.UTC)
URL: Final = "https://gateway.example.invalid/webhooks/vapi"
BODY: Final = b'{"message":{"type":"hang"}}'
SECRET: Final = "a secret of these tests"


def sent(by: signing.Authentication, body: bytes = BODY, at: dt.datetime = NOW) -> Headers:
    """The headers with which Vapi sends a body."""
    post = signing.Unsigned(URL, body, int(at.timestamp() * 1000), "msg-1")
    return raw(by.headers(post))


def raw(headers: Mapping[str, str]) -> Headers:
    """Headers as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def doubt(scheme: Scheme, headers: Headers, body: bytes = BODY, now: dt.datetime = NOW) -> Doubt | None:
    """Why this is not believed."""
    found = verified([scheme], headers, body, now)
    return found if isinstance(found, Doubt) else None


@pytest.mark.parametrize("header", ["Authorization", "X-Our-Token"])
@pytest.mark.parametrize("bearer", [True, False])
def test_a_token_is_believed_in_its_header_with_or_without_the_word_bearer(header: str, bearer: bool) -> None:  # noqa: FBT001
    scheme = Token(secrets=(SECRET,), header=header, bearer=bearer)
    assert doubt(scheme, sent(signing.Bearer(SECRET, header, bearer))) is None
    assert doubt(scheme, sent(signing.Bearer("another", header, bearer))) is Doubt.WRONG
    assert doubt(scheme, sent(signing.Bearer(SECRET, header, not bearer))) is Doubt.WRONG
    assert doubt(scheme, []) is Doubt.UNSIGNED


def test_the_secret_of_old_is_believed_in_its_own_header() -> None:
    assert doubt(vapi_secret(SECRET), sent(signing.Secret(SECRET))) is None
    assert doubt(vapi_secret(SECRET), sent(signing.Secret("another"))) is Doubt.WRONG
    assert doubt(vapi_secret(SECRET), sent(signing.Bearer(SECRET))) is Doubt.UNSIGNED


KNOBS: Final[Mapping[str, Mapping[str, Any]]] = {
    "as Vapi has it": {},
    "sha512": {"algorithm": "sha512"},
    "sha1": {"algorithm": "sha1"},
    "base64": {"encoding": "base64"},
    "other headers": {"signature_header": "X-Hub-Signature-256", "timestamp_header": "X-Sent"},
    "a prefix": {"signature_prefix": "sha256="},
    "without a timestamp": {"include_timestamp": False},
    "the body alone": {"payload_format": "{body}"},
    "everything": {"payload_format": "{method}\n{url}\n{timestamp}\n{svix-id}\n{body}", "message_id_header": "X-Id"},
    "the body twice": {"payload_format": "{body}{timestamp}{body}"},
    "as svix has it": {
        "payload_format": "{svix-id}.{timestamp}.{body}",
        "message_id_header": "svix-id",
        "signature_header": "svix-signature",
        "timestamp_header": "svix-timestamp",
        "signature_prefix": "v1,",
        "encoding": "base64",
        "secret_is_base64": True,
    },
}


def pair(knobs: Mapping[str, Any], secret: str = SECRET) -> tuple[signing.Hmac, Hmac]:
    """Who signs and who verifies, by the same knobs."""
    if knobs.get("secret_is_base64"):
        secret = base64.b64encode(secret.encode()).decode()
    ours = {("signature_encoding" if name == "encoding" else name): value for name, value in knobs.items()}
    return signing.Hmac(secret, **knobs), Hmac(secrets=(secret,), url=URL, **ours)


@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS)
def test_a_signature_is_believed_whatever_was_chosen_for_it(knobs: Mapping[str, Any]) -> None:
    signs, verifies = pair(knobs)
    assert doubt(verifies, sent(signs)) is None


@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS)
def test_a_signature_over_another_body_or_by_another_secret_is_wrong(knobs: Mapping[str, Any]) -> None:
    signs, verifies = pair(knobs)
    assert doubt(verifies, sent(signs), body=BODY + b" ") is Doubt.WRONG
    assert doubt(verifies, sent(pair(knobs, "another secret")[0])) is Doubt.WRONG


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_the_body_is_verified_as_it_came_whatever_is_in_it(body: bytes, more: bytes) -> None:
    signs, verifies = pair(KNOBS["everything"])
    assert doubt(verifies, sent(signs, body), body=body) is None
    assert doubt(verifies, sent(signs, body), body=body + b"!" + more) is Doubt.WRONG


def test_what_looks_like_a_place_inside_the_body_is_not_filled() -> None:
    signs, verifies = pair({})
    assert doubt(verifies, sent(signs, b"{timestamp}{body}"), body=b"{timestamp}{body}") is None


@pytest.mark.parametrize(
    ("late", "verdict"), [(-301, Doubt.STALE), (-300, None), (0, None), (300, None), (301, Doubt.STALE)]
)
def test_a_signature_that_is_sent_again_much_later_is_stale(late: int, verdict: Doubt | None) -> None:
    signs, verifies = pair({})
    assert doubt(verifies, sent(signs), now=NOW + dt.timedelta(seconds=late)) is verdict


@pytest.mark.parametrize("unit", ["seconds", "milliseconds", "a text"])
def test_a_timestamp_may_count_seconds_or_milliseconds_or_be_a_text(unit: Literal["seconds"]) -> None:
    stamp = {"seconds": f"{NOW.timestamp():.0f}", "milliseconds": f"{NOW.timestamp() * 1000:.0f}"}.get(
        unit, NOW.isoformat()
    )
    scheme = Hmac(secrets=(SECRET,), payload_format="{body}")
    signature = signing.Hmac(SECRET, payload_format="{body}").headers(signing.Unsigned(URL, BODY, 0, ""))["x-signature"]
    assert doubt(scheme, raw({"x-signature": signature, "x-timestamp": stamp})) is None


@pytest.mark.parametrize("stamp", ["soon", "9" * 400, "-1", "1e9", "²"])
def test_a_timestamp_that_is_none_is_stale(stamp: str) -> None:
    scheme = Hmac(secrets=(SECRET,), payload_format="{body}")
    signature = signing.Hmac(SECRET, payload_format="{body}").headers(signing.Unsigned(URL, BODY, 0, ""))["x-signature"]
    assert doubt(scheme, raw({"x-signature": signature, "x-timestamp": stamp})) is Doubt.STALE


@pytest.mark.parametrize("signature", ["", "xyz", "0", "é", "sha256=", "00" * 32, "00" * 64])
@pytest.mark.parametrize("knobs", [{}, {"encoding": "base64"}, {"signature_prefix": "v1,"}])
def test_what_is_no_signature_is_wrong(signature: str, knobs: Mapping[str, Any]) -> None:
    headers = raw({"x-signature": signature, "x-timestamp": f"{NOW.timestamp():.0f}"})
    assert doubt(pair(knobs)[1], headers) is Doubt.WRONG


def test_a_signature_without_its_timestamp_is_none() -> None:
    signs, verifies = pair({})
    headers = [each for each in sent(signs) if each[0] != b"x-timestamp"]
    assert doubt(verifies, headers) is Doubt.UNSIGNED


def test_of_several_secrets_each_is_believed_so_that_one_can_follow_the_other() -> None:
    for scheme, signs in (
        (Token(secrets=("new", "old")), signing.Bearer),
        (vapi_secret("new", "old"), signing.Secret),
        (Hmac(secrets=("new", "old")), signing.Hmac),
    ):
        verdicts = [doubt(scheme, sent(signs(secret))) for secret in ("new", "old", "older")]
        assert verdicts == [None, None, Doubt.WRONG]


def test_of_several_schemes_the_one_that_proves_it_is_told() -> None:
    token, signature = Token(secrets=(SECRET,)), Hmac(secrets=(SECRET,))
    assert verified([token, signature], sent(signing.Hmac(SECRET)), BODY, NOW) is signature
    assert verified([token, signature], sent(signing.Bearer(SECRET)), BODY, NOW) is token
    assert verified([token, signature], sent(signing.Hmac("another")), BODY, NOW) is Doubt.WRONG
    assert verified([], sent(signing.Bearer(SECRET)), BODY, NOW) is Doubt.UNSIGNED


@pytest.mark.parametrize("secrets", [(), ("",), ("good", "")])
def test_an_empty_secret_is_none(secrets: tuple[str, ...]) -> None:
    for scheme in (Token, Hmac):
        with pytest.raises(ValueError, match="empty"):
            scheme(secrets=secrets)


def test_a_secret_that_is_not_base64_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValueError, match="is not base64") as caught:
        Hmac(secrets=("no base64!",), secret_is_base64=True)
    assert caught.value.__context__ is None
    assert "no base64!" not in str(caught.value)


def test_no_scheme_shows_its_secrets() -> None:
    assert SECRET not in repr([Token(secrets=(SECRET,)), Hmac(secrets=(SECRET,))])
