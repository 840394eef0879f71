"""Closed sets: texts of which we know every one, each described.

A set that upstream may extend without telling (``endedReason`` has over 600 values and grows) is no closed set: it
stays text, beside a small derived category.
"""

from __future__ import annotations

import enum
from typing import Self


class ClosedSet(enum.Enum):
    """The root: a member is Vapi's text (or ours) with a description.

    A record holds the *text*, as upstream sent it, so that tables and exports show Vapi's own words; `of` turns it into
    a member where a closed set is wanted.
    """

    doc: str

    def __new__(cls, text: str, doc: str) -> Self:
        member = object.__new__(cls)
        member._value_ = text
        member.doc = doc
        return member

    @classmethod
    def of(cls, text: str) -> Self:
        """The member with this text, or the set's UNKNOWN."""
        found = cls._value2member_map_.get(text)
        return found if isinstance(found, cls) else cls["UNKNOWN"]


class CallType(ClosedSet):
    """How a call came about."""

    INBOUND_PHONE_CALL = "inboundPhoneCall", "Somebody rang one of the team's numbers."
    OUTBOUND_PHONE_CALL = "outboundPhoneCall", "The assistant rang somebody."
    WEB_CALL = "webCall", "Started by Vapi's web or mobile SDK."
    VAPI_WEBSOCKET_CALL = "vapi.websocketCall", "Audio over a websocket, without telephony."
    UNKNOWN = "unknown", "A text that this version does not know; `typeRaw` has it."


class CallStatus(ClosedSet):
    """Where a call is in its life."""

    SCHEDULED = "scheduled", "Planned for later."
    QUEUED = "queued", "Accepted, waiting for a slot."
    RINGING = "ringing", "Being connected."
    IN_PROGRESS = "in-progress", "Both sides are talking."
    FORWARDING = "forwarding", "Being passed on to another destination."
    ENDED = "ended", "Over."
    NOT_FOUND = "not-found", "To be deleted upstream, and not there."
    DELETION_FAILED = "deletion-failed", "To be deleted upstream, which did not work."
    UNKNOWN = "unknown", "A text that this version does not know; `statusRaw` has it."


class EndedReasonCategory(ClosedSet):
    """Why a call ended, in few words; `endedReason` says it in Vapi's many."""

    CUSTOMER_ENDED = "customer-ended", "The customer hung up."
    ASSISTANT_ENDED = "assistant-ended", "The assistant ended the call, as it was told to."
    NOT_REACHED = "not-reached", "The customer was busy, did not answer, refused, or gave no microphone."
    VOICEMAIL = "voicemail", "A voicemail answered."
    SILENCE = "silence", "Nobody said anything for too long."
    TRANSFERRED = "transferred", "The call was passed on to somebody else."
    MAX_DURATION = "max-duration", "The call reached its longest duration."
    CANCELED = "canceled", "The call was canceled or deleted before its end."
    ACCOUNT = "account", "A limit, the credit or the plan of the account forbade it."
    CONFIGURATION = "configuration", "The team's own set-up was at fault: assistant, server, tools, transfer."
    PROVIDER_ERROR = "provider-error", "A model, voice, transcriber or telephony provider failed."
    VAPI_ERROR = "vapi-error", "Vapi failed."
    UNKNOWN = "unknown", "A reason that this version cannot place; `endedReason` has it."


class Origin(ClosedSet):
    """What kind of place a statement about the customer came from."""

    EXPLICIT = "explicit", "Vapi's own customer fields."
    METADATA = "metadata", "Metadata that the team attached to the call."
    VARIABLES = "variables", "Variable values of the assistant, workflow or conversation."


class Trust(ClosedSet):
    """Who could have written a statement about the customer."""

    SERVER = "server", "Only somebody with a private key, or Vapi itself."
    CLIENT = "client", "A browser, a caller, or the conversation: no ground for a decision about access."


class FreshnessState(ClosedSet):
    """How current an answer is."""

    FRESH = "fresh", "Within the lifetime that calls in this state have."
    STALE = "stale", "Past its lifetime; a refresh is under way."
    ERROR_STALE = "error-stale", "Past its lifetime, and upstream could not be asked."
    DELETED = "deleted", "It was deleted; what is left is its outline."
    FORGOTTEN = "forgotten", "Upstream's retention is over; this is the last that was read, and stays."


class FreshnessSource(ClosedSet):
    """Where an answer came from."""

    UPSTREAM = "upstream", "Fetched from Vapi for this answer."
    CACHE = "cache", "Remembered in memory."
    MIRROR = "mirror", "Read from the gateway's own copy."
    WEBHOOK = "webhook", "Told by a webhook and not yet confirmed by Vapi's API."
