"""Closed sets."""

from __future__ import annotations

from gateway.domain.enums import CallStatus, CallType


def test_a_text_has_its_member() -> None:
    assert CallStatus.of("in-progress") is CallStatus.IN_PROGRESS
    assert CallType.of("vapi.websocketCall") is CallType.VAPI_WEBSOCKET_CALL


def test_a_new_text_is_unknown() -> None:
    assert CallStatus.of("on-hold") is CallStatus.UNKNOWN
    assert CallStatus.of("IN_PROGRESS") is CallStatus.UNKNOWN
