"""A client says how it wants an answer, by `$format` or by the header `Accept`."""

from __future__ import annotations

import pytest

from gateway.errors import BadUserInput, Unimplemented
from gateway.web.odata.formats import Control, Format, accepted, stated

USUAL = Format()
BARE = Format(Control.NONE)
TEXTS = Format(Control.MINIMAL, texts_for_int64=True)
POWER_BI = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata.streaming=true;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("json", USUAL),
        ("application/json", USUAL),
        ("application/json;odata.metadata=minimal", USUAL),
        ("application/json; odata.metadata=none", BARE),
        ("application/json;metadata=none", BARE),
        ("application/json;IEEE754Compatible=true", TEXTS),
        ("application/json;odata.streaming=true;charset=utf-8", USUAL),
    ],
)
def test_a_format_is_read(text: str, expected: Format) -> None:
    assert stated(text) == expected


@pytest.mark.parametrize("text", ["", "atom", "xml", "application/xml", "application/json;odata.metadata=more"])
def test_a_format_that_is_none_of_ours_is_refused(text: str) -> None:
    with pytest.raises(BadUserInput, match="json, or application/json"):
        stated(text)


def test_full_control_information_is_refused_by_its_name() -> None:
    with pytest.raises(Unimplemented, match=r"odata\.metadata=full"):
        stated("application/json;odata.metadata=full")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, USUAL),
        ("", USUAL),
        ("*/*", USUAL),
        ("application/*", USUAL),
        ("application/json", USUAL),
        (POWER_BI, USUAL),
        ("application/json;odata.metadata=full, application/json;odata.metadata=none;q=0.5", BARE),
        ("application/json;odata.metadata=none;q=0.5, application/json;IEEE754Compatible=true;q=0.8", TEXTS),
        ("application/json;odata.metadata=full", None),
        ("application/xml", None),
        ("application/json;q=0", None),
        ("application/json;q=none", None),
    ],
)
def test_the_format_is_the_one_that_a_client_would_rather_have(accept: str | None, expected: Format | None) -> None:
    assert accepted(accept) == expected


@pytest.mark.parametrize("format_", [USUAL, BARE, TEXTS])
def test_an_answer_says_how_it_is_written(format_: Format) -> None:
    assert stated(format_.content_type) == format_
