"""Who could have written a statement about a customer."""

from __future__ import annotations

import pytest

from gateway.domain.customer import Places
from gateway.domain.enums import Origin, Trust
from gateway.domain.paths import parse
from gateway.domain.trust import origin, trust

WEB, OUTBOUND, SOCKET = {"type": "webCall"}, {"type": "outboundPhoneCall"}, {"type": "vapi.websocketCall"}
PSTN = {"type": "inboundPhoneCall", "phoneCallTransport": "pstn"}
SIP = {"type": "inboundPhoneCall", "phoneCallTransport": "sip"}


@pytest.mark.parametrize(
    ("path", "document", "by"),
    [
        # a browser writes whatever its public key may send; a customer it may not
        ("assistantOverrides.metadata.customerId", WEB, Trust.CLIENT),
        ("metadata.customerId", WEB, Trust.CLIENT),
        ("assistant.metadata.customerId", WEB, Trust.CLIENT),
        ("squad.members[].assistant.metadata.customerId", WEB, Trust.CLIENT),
        ("workflowOverrides.variableValues.name", WEB, Trust.CLIENT),
        ("customer.number", WEB, Trust.SERVER),
        ("customerId", WEB, Trust.SERVER),
        # what was created with the private key
        ("assistantOverrides.metadata.customerId", OUTBOUND, Trust.SERVER),
        ("assistantOverrides.variableValues.name", OUTBOUND, Trust.SERVER),
        ("customer.number", OUTBOUND, Trust.SERVER),
        ("metadata.customerId", SOCKET, Trust.SERVER),
        # a caller writes SIP headers and the From of SIP, not the number on the telephone network
        ("assistantOverrides.variableValues.name", SIP, Trust.CLIENT),
        ("assistantOverrides.variableValues.metadata.name", SIP, Trust.CLIENT),
        ("customer.number", SIP, Trust.CLIENT),
        ("customer.number", PSTN, Trust.SERVER),
        ("assistantOverrides.variableValues.name", PSTN, Trust.CLIENT),
        ("assistantOverrides.metadata.customerId", SIP, Trust.SERVER),
        # what came of the conversation, whoever began it
        ("artifact.variableValues.name", OUTBOUND, Trust.CLIENT),
        ("artifact.structuredOutputs[name=email].result", OUTBOUND, Trust.CLIENT),
        ("analysis.structuredData.email", OUTBOUND, Trust.CLIENT),
        ("analysis.structuredData.email", PSTN, Trust.CLIENT),
        # nothing is known of the call
        ("customer.number", {}, Trust.CLIENT),
        ("customer.number", {"type": "hologramCall"}, Trust.CLIENT),
        ("metadata.customerId", {"type": 7}, Trust.CLIENT),
    ],
)
def test_what_a_browser_or_a_caller_could_write_is_the_clients(
    path: str, document: dict[str, object], by: Trust
) -> None:
    assert trust(parse(path), document) is by


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("customer.number", Origin.EXPLICIT),
        ("customerId", Origin.EXPLICIT),
        ("assistantOverrides.metadata.data.user.name", Origin.METADATA),
        ("assistantOverrides.metadata", Origin.METADATA),
        ("artifact.variables.name", Origin.VARIABLES),
        ("assistantOverrides.variableValues.metadata.name", Origin.VARIABLES),
    ],
)
def test_the_outermost_key_tells_the_origin(path: str, place: Origin) -> None:
    assert origin(parse(path)) is place


def test_the_usual_places_are_of_the_origin_that_they_are_listed_under() -> None:
    usual = Places()
    assert {origin(parse(place)) for place in usual.metadata} == {Origin.METADATA}
    assert {origin(parse(place)) for place in usual.variables} == {Origin.VARIABLES}
