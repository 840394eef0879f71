"""Why a call ended: a sample of the 600 values of ``endedReason``, with old, removed and undocumented ones."""

from __future__ import annotations

from gateway.simulator.chance import happens, one_of, weighted
from gateway.simulator.kinds import Channel, Kind

USUAL = (
    ("customer-ended-call", 55),
    ("assistant-ended-call", 22),
    ("assistant-said-end-call-phrase", 6),
    ("silence-timed-out", 6),
    ("assistant-ended-call-after-message-spoken", 4),
    ("exceeded-max-duration", 2),
    ("manually-canceled", 2),
    ("fault", 3),
)

# The provider or Vapi broke down while the two were talking.
MIDWAY = (
    "call.in-progress.error-providerfault-openai-llm-failed",
    "call.in-progress.error-providerfault-cartesia-socket-hang-up",
    "call.in-progress.error-vapifault-worker-died",
    "call.in-progress.error-assistant-did-not-receive-customer-audio",
    "pipeline-error-custom-llm-llm-failed",
    "pipeline-error-openai-429-exceeded-quota",
    "pipeline-error-eleven-labs-voice-failed",
    "worker-shutdown",
)

NEVER_CONNECTED = (
    "customer-did-not-answer",
    "customer-busy",
    "call.in-progress.error-providerfault-outbound-sip-503-service-unavailable",
    "call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable",
    "call.in-progress.error-providerfault-outbound-sip-403-forbidden",
    "call.in-progress.error-sip-outbound-call-failed-to-connect",
    "call.in-progress.error-vapifault-transport-never-connected",
    "call.in-progress.error-vapifault-worker-not-available",
    "call.start.error-vapifault-get-org",
    "call.start.error-subscription-insufficient-credits",
    "call.start.error-get-assistant",
    "twilio-failed-to-connect-call",
    "twilio-reported-customer-misdialed",
)

NEVER_JOINED = (
    "customer-did-not-give-microphone-permission",
    "assistant-join-timed-out",
    "call.in-progress.error-vapifault-chat-pipeline-failed-to-start",
    "call.start.error-fraud-check-failed",
)

# Once in the enum and removed since, or never in it: old rows carry them.
OLD = ("customer-ended-call", "assistant-ended-call", "unknown-error", "db-error", "hangup", "silence-timed-out")


def reason(key: int, kind: Kind, channel: Channel) -> str:
    """The ``endedReason`` of a call."""
    if kind is Kind.FAILED:
        return one_of(key, "reason", NEVER_JOINED if channel is Channel.WEB else NEVER_CONNECTED)
    if kind is Kind.LEGACY:
        return one_of(key, "reason", OLD)
    if kind is Kind.TRANSFER:
        return "assistant-forwarded-call"
    if channel is Channel.OUTBOUND and happens(key, "voicemail", 20):
        return "voicemail"
    usual = weighted(key, "reason", USUAL)
    return one_of(key, "fault", MIDWAY) if usual == "fault" else usual
