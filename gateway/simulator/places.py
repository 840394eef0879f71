"""Where on a call its customer is written: Vapi's own field on the telephone, metadata and variables elsewhere."""

from __future__ import annotations

from enum import StrEnum

from gateway.simulator.chance import weighted
from gateway.simulator.kinds import Channel, Kind


class Place(StrEnum):
    """The part of the record that carries the identity."""

    NATIVE = "customer"
    NATIVE_AND_METADATA = "customer and assistantOverrides.metadata"
    NATIVE_AND_TOP = "customer and metadata"
    OVERRIDES = "assistantOverrides.metadata"
    TOP = "metadata"
    ASSISTANT = "assistant.metadata"
    NESTED = "assistantOverrides.metadata.data.user"
    VARIABLES = "assistantOverrides.variableValues"
    BARE = "assistantOverrides.metadata as a text"
    NULL = "metadata: null"
    NOBODY = "nowhere"
    SQUAD_OVERRIDES = "squadOverrides.metadata"
    MEMBERS_OVERRIDES = "squad.membersOverrides.metadata"
    MEMBER = "squad.members[].assistantOverrides.metadata"
    MEMBER_ASSISTANT = "squad.members[].assistant.metadata"


TRANSIENT_SQUAD = frozenset({Place.MEMBERS_OVERRIDES, Place.MEMBER, Place.MEMBER_ASSISTANT})

WEB = (
    (Place.OVERRIDES, 54),
    (Place.TOP, 8),
    (Place.ASSISTANT, 6),
    (Place.NESTED, 7),
    (Place.VARIABLES, 10),
    (Place.BARE, 3),
    (Place.NULL, 4),
    (Place.NOBODY, 8),
)
TELEPHONE = (
    (Place.NATIVE, 70),
    (Place.NATIVE_AND_METADATA, 18),
    (Place.NATIVE_AND_TOP, 12),
)
SQUAD = (
    (Place.OVERRIDES, 30),
    (Place.SQUAD_OVERRIDES, 25),
    (Place.MEMBERS_OVERRIDES, 15),
    (Place.MEMBER, 20),
    (Place.MEMBER_ASSISTANT, 10),
)
LEGACY = (
    (Place.OVERRIDES, 60),
    (Place.VARIABLES, 15),
    (Place.NULL, 15),
    (Place.TOP, 10),
)


def place(key: int, kind: Kind, channel: Channel) -> Place:
    """The place for a call."""
    if kind is Kind.SQUAD:
        return weighted(key, "place", SQUAD)
    if channel is Channel.SIP:
        return Place.NATIVE
    if channel.telephone:
        return weighted(key, "place", TELEPHONE)
    return weighted(key, "place", LEGACY if kind is Kind.LEGACY else WEB)
