"""Events: frozen, flat, and free of what an error said."""

from __future__ import annotations

import dataclasses
from typing import Final

import pytest

from gateway.domain.paging import decode
from gateway.errors import BadUserInput
from gateway.observe import events
from gateway.observe.events import Event, RequestFailed, silence

EVENTS: Final = [
    kind for kind in vars(events).values() if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_is_frozen_and_holds_plain_values(event: type[Event]) -> None:
    assert dataclasses.is_dataclass(event)
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]  # there, and not in the stubs
    assert {field.type for field in dataclasses.fields(event)} <= {"str", "int", "float"}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_an_event_says_what_happened(event: type[Event]) -> None:
    assert (event.__doc__ or "").strip().endswith(".")


def test_a_failure_is_placed_in_our_own_code() -> None:
    with pytest.raises(BadUserInput) as caught:
        decode("no cursor", stated="")
    event = RequestFailed.by(caught.value, "r")
    assert (event.request_id, event.error) == ("r", "BadUserInput")
    assert event.where.startswith("domain/paging.py:")


def test_a_failure_without_our_code_is_placed_where_it_was() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        int(1 / 0)
    assert "test_events.py:" in RequestFailed.by(caught.value, "r").where


def test_a_failure_that_was_never_raised_has_no_place() -> None:
    assert RequestFailed.by(ValueError("ada@example.com"), "r") == RequestFailed("r", "ValueError", "unknown")


def test_silence_says_nothing() -> None:
    silence(RequestFailed("r", "E", "w"))
