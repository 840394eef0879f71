"""Why calls end, in few words."""

from __future__ import annotations

import typing

import pytest
from vapi.types.call_ended_reason import CallEndedReason

from gateway.domain.ended_reasons import category
from gateway.domain.enums import EndedReasonCategory as Category

SDK_REASONS = sorted(
    reason
    for member in typing.get_args(CallEndedReason)
    if typing.get_origin(member) is typing.Literal
    for reason in typing.get_args(member)
)


def test_the_sdk_knows_some_six_hundred_reasons() -> None:
    assert len(SDK_REASONS) > 550


def test_every_reason_that_the_sdk_knows_has_its_place() -> None:
    assert [reason for reason in SDK_REASONS if category(reason) is Category.UNKNOWN] == []


def test_every_category_is_used() -> None:
    assert {category(reason) for reason in SDK_REASONS} == set(Category) - {Category.UNKNOWN}


@pytest.mark.parametrize(
    ("reason", "place"),
    [
        ("customer-ended-call", Category.CUSTOMER_ENDED),
        ("customer-ended-call-during-transfer", Category.CUSTOMER_ENDED),
        ("customer-busy", Category.NOT_REACHED),
        ("customer-did-not-give-microphone-permission", Category.NOT_REACHED),
        ("assistant-ended-call", Category.ASSISTANT_ENDED),
        ("assistant-forwarded-call", Category.TRANSFERRED),
        ("assistant-not-found", Category.CONFIGURATION),
        ("voicemail", Category.VOICEMAIL),
        ("silence-timed-out", Category.SILENCE),
        ("exceeded-max-duration", Category.MAX_DURATION),
        ("manually-canceled", Category.CANCELED),
        ("call.start.error-subscription-insufficient-credits", Category.ACCOUNT),
        ("call.start.error-get-phone-number", Category.CONFIGURATION),
        ("call.in-progress.error-providerfault-outbound-sip-503-service-unavailable", Category.PROVIDER_ERROR),
        ("call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable", Category.NOT_REACHED),
        ("call.in-progress.error-vapifault-worker-died", Category.VAPI_ERROR),
        ("pipeline-error-openai-429-exceeded-quota", Category.PROVIDER_ERROR),
        ("pipeline-error-some-provider-of-next-year-failed", Category.PROVIDER_ERROR),
    ],
)
def test_a_reason_is_placed_by_its_beginning(reason: str, place: Category) -> None:
    assert category(reason) is place


@pytest.mark.parametrize("reason", ["db-error", "unknown-error", "pipeline-no-available-model"])
def test_reasons_that_vapi_has_given_up_are_still_placed(reason: str) -> None:
    assert category(reason) is Category.VAPI_ERROR


@pytest.mark.parametrize("reason", ["", "some-new-thing", "CUSTOMER-ENDED-CALL"])
def test_what_matches_nothing_is_unknown(reason: str) -> None:
    assert category(reason) is Category.UNKNOWN
