"""Bodies: JSON that can be relied on."""

from __future__ import annotations

import pytest

from gateway.errors import UpstreamMalformed
from gateway.upstream import bodies

ROUTE = "GET /call"


def test_an_object_is_read_as_it_is() -> None:
    assert bodies.document(b'{"id": "a", "cost": 0.5}', route=ROUTE) == {"id": "a", "cost": 0.5}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_a_number_that_json_cannot_hold_is_none(number: str) -> None:
    assert bodies.rows(f"[{number}]".encode(), route=ROUTE) == [None]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("18446744073709551616", 2**64),
        ("-9223372036854775809", -(2**63) - 1),
        ("9223372036854775807", 2**63 - 1),
        ("7.275e-05", 7.275e-05),
        ("0.1000000000000000055511151231257827", 0.1),
        ("-0.0", -0.0),
        ('"\\ud800"', "\ud800"),
        ('"\\u0000"', "\x00"),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_a_value_is_what_json_says_it_is(text: str, value: object) -> None:
    assert bodies.rows(f"[{text}]".encode(), route=ROUTE) == [value]
    assert bodies.rows(f"\ufeff[{text}]".encode(), route=ROUTE) == [value]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"id"',
        b"\xff\xfe\xfa",
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"n": ' + b"9" * 5_000 + b"}",
        b"[]",
        b'"x"',
        b"true",
        b"1",
        b"null",
    ],
    ids=lambda body: f"{body[:8]!r} of {len(body)} bytes",
)
def test_what_is_no_readable_object_is_malformed(body: bytes) -> None:
    with pytest.raises(UpstreamMalformed):
        bodies.document(body, route=ROUTE)


@pytest.mark.parametrize("body", [b'{"message": "x"}', b"null", b"3", b""], ids=["object", "null", "number", "empty"])
def test_what_is_no_readable_array_is_malformed(body: bytes) -> None:
    with pytest.raises(UpstreamMalformed):
        bodies.rows(body, route=ROUTE)


def test_an_error_keeps_nothing_of_the_body() -> None:
    with pytest.raises(UpstreamMalformed) as caught:
        bodies.document(b'{"customer": "Ada Lovelace"', route=ROUTE)
    assert "Ada" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
