"""Cursors."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.filters import Comparator, Condition
from gateway.domain.paging import Cursor, decode, digest, encode
from gateway.errors import BadUserInput
from tests.domain.documents import JSON

MOMENTS = st.datetimes(timezones=st.just(dt.UTC)).map(lambda m: m.replace(microsecond=m.microsecond // 1000 * 1000))
CONDITIONS = st.builds(
    Condition, st.sampled_from(["createdAt", "assistantId"]), st.sampled_from(Comparator), MOMENTS | st.text()
)
CURSORS = st.builds(
    Cursor,
    created_at=MOMENTS,
    id=st.uuids().map(str),
    predicate=st.lists(CONDITIONS, max_size=4).map(tuple),
    stated=st.text(),
)


def packed(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@given(CURSORS)
def test_a_cursor_comes_back_as_it_was_given(cursor: Cursor) -> None:
    assert decode(encode(cursor), stated=cursor.stated) == cursor


@given(CURSORS)
def test_a_cursor_needs_no_escaping_in_an_address(cursor: Cursor) -> None:
    assert encode(cursor).replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=200))
def test_any_other_text_is_bad_user_input(text: str) -> None:
    with pytest.raises(BadUserInput):
        decode(text, stated="")


@given(JSON | st.lists(JSON, min_size=5, max_size=5).map(lambda content: [1, *content[1:]]))
def test_any_other_content_is_bad_user_input(content: Any) -> None:
    with pytest.raises(BadUserInput):
        decode(packed(content), stated="no such digest")


@pytest.mark.parametrize(
    "content",
    [
        [1, 10**30, "id", [], "s"],
        [2, 0, "id", [], "s"],
        [True, 0, "id", [], "s"],
        [1, 0, "id", [["createdAt", "gt", {"at": 1e999}]], "s"],
        [1, 0, "id", [["createdAt", "like", "x"]], "s"],
        [1, 0, "id", [["createdAt", "gt", 7]], "s"],
        [1, 0, "id", [[]], "s"],
        [1, 0, "half a pair \ud800", [], ""],
        [1, 0, "id", [["assistantId", "eq", "half a pair \ud800"]], ""],
    ],
)
def test_a_forged_cursor_is_bad_user_input(content: Any) -> None:
    with pytest.raises(BadUserInput, match="no cursor of this gateway"):
        decode(packed(content), stated="s")


def test_a_cursor_of_enormous_size_is_bad_user_input_and_shown_shortened() -> None:
    with pytest.raises(BadUserInput) as refused:
        decode("A" * 10**6, stated="s")
    assert len(str(refused.value)) < 300


@given(CURSORS)
def test_a_cursor_belongs_to_one_filter(cursor: Cursor) -> None:
    with pytest.raises(BadUserInput, match="another filter"):
        decode(encode(cursor), stated=f"{cursor.stated}x")


def test_the_digest_of_a_filter_does_not_depend_on_the_order_of_its_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
