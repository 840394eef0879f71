"""How a webhook is authenticated; the expected signatures are computed by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import pytest

from gateway.simulator.signing import Bearer, Hmac, Secret, Unsigned
from gateway.simulator.webhooks import Webhooks

BODY = '{"message":{"type":"hang","note":"{timestamp} é"}}'.encode()
POST = Unsigned("https://gateway.example.invalid/hook", BODY, 1_749_546_450_909, "message-1")
SECONDS = b"1749546450"


def hexed(payload: bytes, algorithm: Callable[..., Any] = hashlib.sha256, key: bytes = b"s3cret") -> str:
    return hmac.new(key, payload, algorithm).hexdigest()


def test_nothing_is_proven_without_a_credential() -> None:
    assert Webhooks("http://x/").headers(b"{}", 0, "id") == {"Content-Type": "application/json"}


def test_a_bearer_token_stands_in_any_header_with_or_without_the_word() -> None:
    assert Bearer("t").headers(POST) == {"Authorization": "Bearer t"}
    assert Bearer("t", header="X-Key", prefix=False).headers(POST) == {"X-Key": "t"}


def test_the_old_secret_is_sent_as_it_is() -> None:
    assert Secret("s").headers(POST) == {"X-Vapi-Secret": "s"}


def test_by_default_an_hmac_signs_seconds_dot_body_in_hex() -> None:
    signature = hexed(SECONDS + b"." + BODY)
    assert Hmac("s3cret").headers(POST) == {"x-signature": signature, "x-timestamp": "1749546450"}


@pytest.mark.parametrize("name", ["sha256", "sha512", "sha1"])
def test_each_algorithm_signs(name: Any) -> None:
    signature = hexed(SECONDS + b"." + BODY, getattr(hashlib, name))
    assert Hmac("s3cret", algorithm=name).headers(POST)["x-signature"] == signature


def test_headers_and_prefix_are_named_by_the_credential() -> None:
    signed = Hmac("s3cret", signature_header="Sig", timestamp_header="Ts", signature_prefix="sha256=").headers(POST)
    assert signed == {"Sig": "sha256=" + hexed(SECONDS + b"." + BODY), "Ts": "1749546450"}


def test_without_a_timestamp_the_body_alone_is_signed_and_no_time_is_sent() -> None:
    assert Hmac("s3cret", include_timestamp=False).headers(POST) == {"x-signature": hexed(BODY)}


def test_a_payload_format_can_name_method_url_and_message_id() -> None:
    signed = Hmac("s3cret", payload_format="{svix-id}.{timestamp}.{method} {url}.{body}", message_id_header="svix-id")
    payload = b"message-1." + SECONDS + b".POST https://gateway.example.invalid/hook." + BODY
    assert signed.headers(POST).items() >= {"x-signature": hexed(payload), "svix-id": "message-1"}.items()


def test_a_signature_can_be_base64() -> None:
    digest = hmac.new(b"s3cret", SECONDS + b"." + BODY, hashlib.sha256).digest()
    assert Hmac("s3cret", encoding="base64").headers(POST)["x-signature"] == base64.b64encode(digest).decode()


def test_a_secret_can_be_written_in_base64() -> None:
    written = base64.b64encode(b"\x00\xffkey").decode()
    assert Hmac(written, secret_is_base64=True).headers(POST)["x-signature"] == hexed(
        SECONDS + b"." + BODY, key=b"\x00\xffkey"
    )


@pytest.mark.parametrize("credential", [Bearer("s3cret"), Secret("s3cret"), Hmac("s3cret")])
def test_a_secret_is_not_in_its_repr(credential: Any) -> None:
    assert "s3cret" not in repr(Webhooks("http://x/", credential))
