"""Reading one declared attribute."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.domain.attributes import Attribute, Kind
from gateway.domain.paths import parse
from gateway.domain.reading import Problem, Problems, json_type, scalar
from gateway.domain.redaction import REDACTED


def read(document: dict[str, Any], *paths: str, **more: Any) -> tuple[Any, Problems]:
    """What a number at these places is read as, with the problems of it."""
    attribute = Attribute(python="x", name="x", kind=Kind.FLOAT, doc="X.", paths=tuple(map(parse, paths)), **more)
    problems: Problems = []
    return scalar(attribute, "Record.x")(document, problems), problems


@pytest.mark.parametrize("paths", [("a",), ("a.b",), ("a", "a.b"), ("a[0]",), ()])
def test_where_nothing_is_said_there_is_nothing_and_no_problem(paths: tuple[str, ...]) -> None:
    assert read({}, *paths) == (None, [])
    assert read({"a": None}, *paths) == (None, [])


def test_the_first_readable_place_wins() -> None:
    assert read({"a": "odd", "b": 2, "c": 3}, "a", "b", "c") == (2.0, [])


@pytest.mark.parametrize("paths", [("a",), ("a", "b")])
def test_what_no_place_says_readably_is_a_problem(paths: tuple[str, ...]) -> None:
    assert read({"a": "odd"}, *paths) == (None, [Problem("Record.x", "Float", "string")])


@pytest.mark.parametrize("paths", [("a",), ("a", "b")])
def test_a_redacted_value_is_no_problem(paths: tuple[str, ...]) -> None:
    assert read({"a": REDACTED}, *paths) == (None, [])


def test_what_can_be_derived_is_derived_where_no_place_says_it() -> None:
    assert read({"a": "odd", "b": 2}, "a", derive=lambda document: document["b"] * 2) == (4, [])
    assert read({"a": 1, "b": 2}, "a", derive=lambda document: document["b"] * 2) == (1.0, [])


@pytest.mark.parametrize(
    ("value", "name"),
    [("", "string"), (True, "boolean"), (1, "number"), (1.5, "number"), ([], "array"), ({}, "object"), (None, "null")],
)
def test_types_are_called_what_json_calls_them(value: Any, name: str) -> None:
    assert json_type(value) == name
