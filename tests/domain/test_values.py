"""Reading one JSON value as a declared type."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attributes import Kind
from gateway.domain.values import READ, Unreadable, instant, stripped
from tests.domain.documents import JSON

NOON = dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC)
RECORDS = {Kind.GROUP, Kind.LIST}


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (Kind.STRING, "text", "text"),
        (Kind.STRING, 42, "42"),
        (Kind.STRING, 4.5, "4.5"),
        (Kind.INT, 42, 42),
        (Kind.INT, 42.0, 42),
        (Kind.INT, "42", 42),
        (Kind.INT, -(2**31), -(2**31)),
        (Kind.FLOAT, "0.0394", 0.0394),
        (Kind.FLOAT, 3, 3.0),
        (Kind.BOOLEAN, False, False),
        (Kind.BOOLEAN, " True ", True),
        (Kind.DATETIME, "2026-08-19T12:00:00Z", NOON),
        (Kind.DATETIME, "2026-08-19T14:00:00+02:00", NOON),
        (Kind.DATETIME, "2026-08-19T12:00:00", NOON),
        (Kind.DATETIME, 1787140800000, NOON),
        (Kind.STRINGS, ["a", 1, None], ("a", "1")),
        (Kind.STRINGS, "alone", ("alone",)),
        (Kind.JSON, {"any": [1]}, {"any": [1]}),
    ],
)
def test_a_value_is_read_as_what_was_declared(kind: Kind, value: Any, read: Any) -> None:
    assert READ[kind](value) == read


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.STRING, True),
        (Kind.STRING, {"id": 1}),
        (Kind.INT, 1.5),
        (Kind.INT, True),
        (Kind.INT, 2**31),
        (Kind.INT, "1_000"),
        (Kind.FLOAT, "NaN"),
        (Kind.FLOAT, float("inf")),
        (Kind.FLOAT, 10**400),
        (Kind.BOOLEAN, 1),
        (Kind.BOOLEAN, "yes"),
        (Kind.DATETIME, "yesterday"),
        (Kind.DATETIME, True),
        (Kind.DATETIME, 1e300),
        (Kind.DATETIME, "0001-01-01T00:00:00+14:00"),
        (Kind.STRINGS, [{}]),
    ],
)
def test_a_value_is_not_guessed(kind: Kind, value: Any) -> None:
    with pytest.raises(Unreadable):
        READ[kind](value)


def test_every_scalar_kind_can_be_read() -> None:
    assert set(READ) == set(Kind) - RECORDS


@given(st.sampled_from(list(READ.values())), JSON)
def test_any_json_is_read_or_unreadable(read: Callable[[Any], Any], value: Any) -> None:
    with contextlib.suppress(Unreadable):
        read(value)


@given(st.datetimes(timezones=st.just(dt.UTC)).map(lambda moment: moment.replace(microsecond=0)))
def test_an_instant_survives_its_text(moment: dt.datetime) -> None:
    assert instant(moment.isoformat()) == moment
    assert instant("no instant") is None


@pytest.mark.parametrize(("value", "said"), [("  ", None), (" Ada ", "Ada"), (0, "0")])
def test_of_a_person_a_blank_text_says_nothing(value: Any, said: str | None) -> None:
    assert stripped(READ[Kind.STRING])(value) == said


@pytest.mark.parametrize(("value", "said"), [([], None), ([" "], None), ([" a ", ""], ("a",))])
def test_of_a_person_an_empty_list_says_nothing(value: Any, said: tuple[str, ...] | None) -> None:
    assert stripped(READ[Kind.STRINGS])(value) == said
