"""What is left of a text about a person where it may not be shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.masking import HIDDEN, masked


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("+14155550134", "+1415•••••34"),
        ("+1 (415) 555-0134", "+1415•••••34"),
        ("5550134", "55•••34"),
        ("ann@example.com", "a•••@example.com"),
        ("sip:ann@pbx.example.com", "sip:a•••@pbx.example.com"),
        ("sips:ann@192.0.2.107:5061", "sips:a•••@192.0.2.107:5061"),
        ("sip:ann@host;phone=+14155550134", "sip:a•••@host"),
        ("<sip:ann@host>;tag=4155550134", "<•••@host"),
        ("mailto:ann@example.com?body=4155550134@home", "mailto:a•••@example.com"),
        ("ann@example.com, bob@secret.org", "a•••@secret.org"),
        ("Ann @ +14155550134, 12 Main St", "A•••"),
        ("@+14155550134", "@•••"),
        ("ann@14155550134", "a•••"),
        ("ann@415-555-0134", "a•••"),
        ("sip:ann@host:4155550134", "s•••"),
        ("Reach me at: a@b, SSN 123-45-6789", "R•••"),
        ("@example.com", "@•••"),
        ("Ann Example", "A•••"),
        ("cus_7431", "c•••"),
        ("", ""),
        (("Ann", "Bob"), ("A•••", "B•••")),
        (42, None),
        ({"name": "Ann"}, None),
        (None, None),
    ],
)
def test_it_tells_one_from_another_and_no_more(value: Any, expected: Any) -> None:
    assert masked(value) == expected


@given(st.text("0123456789", min_size=7, max_size=15), st.sampled_from(["", "+", "00", "tel:+"]))
def test_of_a_number_no_more_than_half_and_one_digit_are_shown(digits: str, before: str) -> None:
    shown = [letter for letter in masked(before + digits) if letter.isdecimal()]
    written = [letter for letter in before + digits if letter.isdecimal()]
    assert len(shown) <= len(written) / 2 + 3
    assert masked(before + digits).count(HIDDEN) >= 2


PIECES = st.sampled_from(
    ["+14155550134", "415-555-0134", "4155550", "ann", "@", ";", "?", ">", "<", ":", ".", "-", " ", "sip:", "a.example"]
)


@given(st.lists(PIECES, max_size=8).map("".join) | st.text("0123456789@;:.-+ a"))
def test_no_number_survives_whatever_stands_around_it(value: str) -> None:
    """Of the text alone that is a number, and nothing else, more is shown than of others."""
    assert not re.search(r"(\d-?){7}", masked(value))


@given(st.text(min_size=2))
def test_no_text_is_shown_as_it_is(value: str) -> None:
    assert masked(value) != value
    assert HIDDEN in masked(value)
