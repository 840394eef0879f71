"""Cursors."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attributes import Kind
from gateway.domain.ordering import Position
from gateway.domain.paging import Cursor, decode, digest, encode
from gateway.errors import BadUserInput
from tests.domain.documents import JSON

MOMENTS = st.datetimes(timezones=st.just(dt.UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
VALUES = {
    Kind.STRING: TEXTS,
    Kind.INT: st.integers(-(2**63), 2**63 - 1),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATETIME: MOMENTS,
}
KINDS = st.lists(st.sampled_from(list(VALUES)), max_size=4)
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
CURSOR = Cursor(Position((NOON, None), "a"), NOON, "s")


def cursors(kinds: list[Kind]) -> st.SearchStrategy[Cursor]:
    """Cursors of a list that is ordered by attributes of these kinds."""
    values = st.tuples(*(st.none() | VALUES[kind] for kind in kinds))
    return st.builds(Cursor, st.builds(Position, values, TEXTS), MOMENTS, st.text(max_size=12))


CURSORS = KINDS.flatmap(cursors)


def packed(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@given(KINDS.flatmap(lambda kinds: st.tuples(st.just(kinds), cursors(kinds))))
def test_a_cursor_comes_back_as_it_was_given(given: tuple[list[Kind], Cursor]) -> None:
    kinds, cursor = given
    cursor = Cursor(cursor.position, cursor.now, digest(cursor.stated))
    found = decode(encode(cursor), stated=cursor.stated, kinds=kinds)
    assert found == cursor
    assert list(map(type, found.position.values)) == list(map(type, cursor.position.values))


@given(CURSORS)
def test_a_cursor_needs_no_escaping_in_an_address(cursor: Cursor) -> None:
    assert encode(cursor).replace("-", "").replace("_", "").isalnum()


def test_a_cursor_stands_behind_a_row_with_a_long_text_too() -> None:
    cursor = Cursor(Position(("漢" * 2000,), "a"), NOON, "s")
    assert decode(encode(cursor), stated="s") == cursor


@given(st.text(max_size=200))
def test_any_other_text_is_bad_user_input(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode(text, stated="")


@given(JSON | st.lists(JSON, min_size=5, max_size=5).map(lambda content: [2, *content[1:]]))
def test_any_other_content_is_bad_user_input(content: Any) -> None:
    with pytest.raises(BadUserInput):
        decode(packed(content), stated="no such digest")


@pytest.mark.parametrize(
    "content",
    [
        [1, [], "id", 0, "s"],
        [True, [], "id", 0, "s"],
        [2, [], "id", 10**30, "s"],
        [2, [], "id", True, "s"],
        [2, {}, "id", 0, "s"],
        [2, [], 7, 0, "s"],
        [2, [[]], "id", 0, "s"],
        [2, [{"at": 1e999}], "id", 0, "s"],
        [2, [{"at": "1"}], "id", 0, "s"],
        [2, [{"at": 10**18}], "id", 0, "s"],
        [2, [{}], "id", 0, "s"],
        [2, [1e999], "id", 0, "s"],
        [2, [float("nan")], "id", 0, "s"],
        [2, [2**63], "id", 0, "s"],
        [2, ["\0"], "id", 0, "s"],
        [2, [], "\0", 0, "s"],
        [2, [], "half a pair \ud800", 0, "s"],
        [2, ["half a pair \ud800"], "id", 0, "s"],
    ],
)
def test_a_forged_cursor_is_bad_user_input(content: Any) -> None:
    with pytest.raises(BadUserInput, match="no cursor of this gateway"):
        decode(packed(content), stated="s")


@pytest.mark.parametrize(
    "kinds",
    [
        (),
        (Kind.DATETIME,),
        (Kind.STRING, Kind.STRING),
        (Kind.INT, Kind.DATETIME),
        (Kind.DATETIME, Kind.INT, Kind.INT),
    ],
)
def test_a_cursor_with_values_of_another_order_is_bad_user_input(kinds: tuple[Kind, ...]) -> None:
    with pytest.raises(BadUserInput, match="another filter or order"):
        decode(encode(CURSOR), stated="s", kinds=kinds)


def test_true_is_no_number_in_a_cursor() -> None:
    with pytest.raises(BadUserInput):
        decode(packed([2, [True], "id", 0, "s"]), stated="s", kinds=(Kind.INT,))


def test_a_cursor_of_enormous_size_is_bad_user_input_and_shown_shortened() -> None:
    with pytest.raises(BadUserInput) as refused:
        decode("A" * 10**6, stated="s")
    assert len(str(refused.value)) < 300


@given(CURSORS)
def test_a_cursor_belongs_to_one_filter_and_order(cursor: Cursor) -> None:
    cursor = Cursor(cursor.position, cursor.now, digest(cursor.stated))
    with pytest.raises(BadUserInput, match="another filter"):
        decode(encode(cursor), stated=f"{cursor.stated}x")


def test_the_digest_of_a_filter_does_not_depend_on_the_order_of_its_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
