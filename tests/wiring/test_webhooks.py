"""The ways in which a webhook may prove where it comes from, as the settings say."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import SecretStr

from gateway.domain.signatures import Hmac, Token, vapi_secret
from gateway.errors import SettingsInvalid
from gateway.settings import BearerSettings, HmacSettings
from gateway.wiring.webhooks import schemes
from tests.wiring.stated import settings

ONE, OTHER = SecretStr("the-old-secret"), SecretStr("the-new-secret")


def made(**stated: Any) -> list[object]:
    """The schemes of these settings."""
    return list(schemes(settings(**stated)))


def test_without_a_setting_there_is_none() -> None:
    assert made() == []


def test_several_secrets_are_one_scheme_while_one_replaces_another() -> None:
    assert made(webhook_secrets=(ONE, OTHER)) == [vapi_secret("the-old-secret", "the-new-secret")]


@pytest.mark.parametrize(
    ("stated", "scheme"),
    [
        ({}, Token(secrets=("the-old-secret",), header="Authorization", bearer=True)),
        ({"header": "X-Key", "prefix": False}, Token(secrets=("the-old-secret",), header="X-Key", bearer=False)),
    ],
)
def test_bearer_tokens_come_in_their_header(stated: dict[str, Any], scheme: Token) -> None:
    assert made(webhook_bearer=BearerSettings(tokens=(ONE,), **stated)) == [scheme]


def test_every_knob_of_hmac_is_handed_on() -> None:
    knobs: dict[str, Any] = {
        "algorithm": "sha512",
        "signature_header": "x-sig",
        "timestamp_header": "x-ts",
        "signature_prefix": "v1=",
        "include_timestamp": True,
        "payload_format": "{method}.{timestamp}.{body}",
        "message_id_header": "x-id",
        "signature_encoding": "base64",
        "secret_is_base64": False,
        "url": "https://example.com/hook",
    }
    assert set(HmacSettings.model_fields) == {*knobs, "secrets", "tolerance_seconds"}
    stated = HmacSettings(secrets=(ONE,), tolerance_seconds=60, **knobs)
    expected = Hmac(secrets=("the-old-secret",), tolerance=dt.timedelta(minutes=1), **knobs)
    assert made(webhook_hmac=stated) == [expected]


def test_all_of_them_may_be_stated_together() -> None:
    stated = {
        "webhook_secrets": (ONE,),
        "webhook_bearer": BearerSettings(tokens=(ONE,)),
        "webhook_hmac": HmacSettings(secrets=(ONE,)),
    }
    assert [type(scheme) for scheme in made(**stated)] == [Token, Token, Hmac]


@pytest.mark.parametrize(
    "stated",
    [
        {"webhook_secrets": (SecretStr(""),)},
        {"webhook_bearer": BearerSettings(tokens=(SecretStr(""),))},
        {"webhook_hmac": HmacSettings(secrets=(SecretStr("canary?"),), secret_is_base64=True)},
    ],
)
def test_a_secret_that_cannot_be_one_stops_the_start_and_is_not_shown(stated: dict[str, Any]) -> None:
    with pytest.raises(SettingsInvalid, match="GATEWAY_WEBHOOK_") as refused:
        made(**stated)
    assert "canary" not in str(refused.value)
