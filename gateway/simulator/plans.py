"""What a call will be: everything about it that does not depend on the time, and little of it.

A plan is cheap to make. Filters look at plans alone; only the rows of an answer are written out.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from gateway.simulator import kinds, life, places
from gateway.simulator.chance import draw, one_of
from gateway.simulator.kinds import Channel, Kind
from gateway.simulator.life import Life
from gateway.simulator.organisation import SIP_NUMBER, Organisation
from gateway.simulator.places import Place
from gateway.simulator.timeline import Timeline


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """One call. ``request`` is the body of the POST that created it, for a call that was created over the wire."""

    key: int
    id: str
    kind: Kind
    channel: Channel
    place: Place
    life: Life
    assistant: str | None
    squad: str | None
    phone_number: str | None
    request: dict[str, Any] | None = None


def past(timeline: Timeline, organisation: Organisation, index: int) -> Plan:
    """The plan of a call of the past."""
    entry = timeline.entry(index)
    lived = life.of(entry.key, entry.kind, entry.created)
    return drawn(organisation, entry.key, entry.id, entry.kind, lived)


def drawn(organisation: Organisation, key: int, identifier: str, kind: Kind, lived: Life) -> Plan:
    """A plan whose open questions are drawn from its key."""
    channel = kinds.channel(key, kind)
    place = places.place(key, kind, channel)
    return Plan(
        key=key,
        id=identifier,
        kind=kind,
        channel=channel,
        place=place,
        life=lived,
        assistant=_assistant(organisation, key, kind, place),
        squad=_squad(organisation, key, kind, place),
        phone_number=_phone_number(organisation, key, channel),
    )


def _assistant(organisation: Organisation, key: int, kind: Kind, place: Place) -> str | None:
    """Squads and transient assistants leave ``assistantId`` out."""
    if kind is Kind.SQUAD or place is Place.ASSISTANT:
        return None
    return organisation.assistant_of(key)


def _squad(organisation: Organisation, key: int, kind: Kind, place: Place) -> str | None:
    if kind is not Kind.SQUAD or place in places.TRANSIENT_SQUAD:
        return None
    return one_of(key, "squad", organisation.squad_ids)


def _phone_number(organisation: Organisation, key: int, channel: Channel) -> str | None:
    if not channel.telephone:
        return None
    numbers = organisation.phone_number_ids
    if channel is Channel.SIP:
        return numbers[SIP_NUMBER]
    return one_of(draw(key, "line"), "line", numbers[:SIP_NUMBER] + numbers[SIP_NUMBER + 1 :])
