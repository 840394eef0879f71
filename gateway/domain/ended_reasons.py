"""Why a call ended: Vapi's open set of over 600 texts, placed in a few categories.

The set grew from 168 values in 2024 to 604 in 2026 and lost some on the way, so it is told by beginnings, first match
wins, and what matches none is UNKNOWN. (Vapi's OpenAPI description and SDK; ``tests/domain`` places every value that
the SDK knows.)
"""

from __future__ import annotations

from typing import Final

from gateway.domain.enums import EndedReasonCategory as Category

_PLACES: Final[tuple[tuple[str, Category], ...]] = (
    ("customer-ended-call", Category.CUSTOMER_ENDED),
    ("call.ringing.sip-inbound-caller-hungup", Category.CUSTOMER_ENDED),
    ("hangup", Category.CUSTOMER_ENDED),
    ("assistant-forwarded-call", Category.TRANSFERRED),
    ("call.ringing.hook-executed-transfer", Category.TRANSFERRED),
    ("call.ending.hook-executed-transfer", Category.TRANSFERRED),
    ("assistant-request-returned-forwarding-phone-number", Category.TRANSFERRED),
    ("assistant-ended-call", Category.ASSISTANT_ENDED),
    ("assistant-said-", Category.ASSISTANT_ENDED),
    ("call.ringing.hook-executed-say", Category.ASSISTANT_ENDED),
    ("call.ending.hook-executed-say", Category.ASSISTANT_ENDED),
    ("call.in-progress.sip-completed-call", Category.CUSTOMER_ENDED),
    ("call.in-progress.twilio-completed-call", Category.CUSTOMER_ENDED),
    ("vonage-completed", Category.CUSTOMER_ENDED),
    ("vonage-disconnected", Category.CUSTOMER_ENDED),
    ("vonage-rejected", Category.NOT_REACHED),
    ("phone-call-provider-", Category.PROVIDER_ERROR),
    ("customer-", Category.NOT_REACHED),
    ("call.forwarding.", Category.NOT_REACHED),
    ("twilio-reported-customer-misdialed", Category.NOT_REACHED),
    ("sip-outbound-unallocated-number", Category.NOT_REACHED),
    ("voicemail", Category.VOICEMAIL),
    ("silence-timed-out", Category.SILENCE),
    ("exceeded-max-duration", Category.MAX_DURATION),
    ("manually-canceled", Category.CANCELED),
    ("call-deleted", Category.CANCELED),
    ("scheduled-call-deleted", Category.CANCELED),
    ("call.start.error-vapifault-", Category.VAPI_ERROR),
    ("call.start.error-subscription-", Category.ACCOUNT),
    ("call.start.error-fraud-check-failed", Category.ACCOUNT),
    ("call.start.error-enterprise-feature-", Category.ACCOUNT),
    ("call.start.error-vapi-number-", Category.ACCOUNT),
    ("call.start.", Category.CONFIGURATION),
    ("call-start-error-neither-", Category.CONFIGURATION),
    ("assistant-", Category.CONFIGURATION),
    ("call.in-progress.error-configfault-", Category.CONFIGURATION),
    ("call.in-progress.error-transfer-failed", Category.CONFIGURATION),
    ("call.in-progress.error-warm-transfer-", Category.CONFIGURATION),
    ("call.in-progress.error-vapifault-", Category.VAPI_ERROR),
    ("call.in-progress.error-assistant-did-not-receive-customer-audio", Category.VAPI_ERROR),
    ("call.in-progress.error-pipeline-", Category.VAPI_ERROR),
    ("worker-shutdown", Category.VAPI_ERROR),
    ("db-error", Category.VAPI_ERROR),
    ("unknown-error", Category.VAPI_ERROR),
    ("pipeline-no-available-", Category.VAPI_ERROR),
    ("call.in-progress.error-providerfault-outbound-sip-480", Category.NOT_REACHED),
    ("call.in-progress.error-", Category.PROVIDER_ERROR),
    ("call.ringing.error-", Category.PROVIDER_ERROR),
    ("pipeline-error-", Category.PROVIDER_ERROR),
    ("twilio-", Category.PROVIDER_ERROR),
    ("vonage-", Category.PROVIDER_ERROR),
    ("phone-call-", Category.PROVIDER_ERROR),
    ("sip-outbound-", Category.PROVIDER_ERROR),
)


def category(reason: str) -> Category:
    """Where a reason belongs."""
    return next((place for beginning, place in _PLACES if reason.startswith(beginning)), Category.UNKNOWN)
