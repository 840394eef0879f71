"""What kinds of calls the simulated world has, and how many of each."""

from __future__ import annotations

from enum import StrEnum

from gateway.simulator.chance import draw, weighted


class Kind(StrEnum):
    """The shape of a call's record."""

    WEB = "web"
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    SIP = "sip"
    WEBSOCKET = "websocket"
    SQUAD = "squad"
    TRANSFER = "transfer"
    FAILED = "failed"
    LEGACY = "legacy"


class Channel(StrEnum):
    """How the two parties are connected."""

    WEB = "web"
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    SIP = "sip"
    WEBSOCKET = "websocket"

    @property
    def type(self) -> str:
        """The call's ``type`` on the wire."""
        return TYPES[self]

    @property
    def telephone(self) -> bool:
        """Whether a phone number of ours takes part."""
        return self not in {Channel.WEB, Channel.WEBSOCKET}


TYPES = {
    Channel.WEB: "webCall",
    Channel.INBOUND: "inboundPhoneCall",
    Channel.OUTBOUND: "outboundPhoneCall",
    Channel.SIP: "inboundPhoneCall",
    Channel.WEBSOCKET: "vapi.websocketCall",
}

SHARES = (
    (Kind.WEB, 48),
    (Kind.INBOUND, 12),
    (Kind.OUTBOUND, 12),
    (Kind.SIP, 3),
    (Kind.WEBSOCKET, 2),
    (Kind.SQUAD, 6),
    (Kind.TRANSFER, 4),
    (Kind.FAILED, 9),
    (Kind.LEGACY, 4),
)

LIVE_SHARES = (
    (Kind.WEB, 50),
    (Kind.INBOUND, 25),
    (Kind.OUTBOUND, 20),
    (Kind.SQUAD, 5),
)

CHANNELS = {
    Kind.WEB: (Channel.WEB,),
    Kind.INBOUND: (Channel.INBOUND,),
    Kind.OUTBOUND: (Channel.OUTBOUND,),
    Kind.SIP: (Channel.SIP,),
    Kind.WEBSOCKET: (Channel.WEBSOCKET,),
    Kind.SQUAD: (Channel.WEB, Channel.WEB, Channel.INBOUND),
    Kind.TRANSFER: (Channel.INBOUND,),
    Kind.FAILED: (Channel.OUTBOUND, Channel.OUTBOUND, Channel.OUTBOUND, Channel.WEB),
    Kind.LEGACY: (Channel.WEB, Channel.WEB, Channel.INBOUND),
}


def kind(key: int) -> Kind:
    """The kind of a call of the past."""
    return weighted(key, "kind", SHARES)


def live_kind(key: int) -> Kind:
    """The kind of a call that is watched while it lives."""
    return weighted(key, "kind", LIVE_SHARES)


def channel(key: int, of: Kind) -> Channel:
    """How a call of a kind is connected."""
    options = CHANNELS[of]
    return options[0] if len(options) == 1 else options[draw(key, "channel") % len(options)]
