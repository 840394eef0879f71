"""Paths into documents."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.paths import Path, PathInvalid, finder, parse
from tests.domain.documents import JSON

DOCUMENT: dict[str, Any] = {
    "customer": {"number": "+15550100123", "name": None},
    "metadata": {"account.no": 7, 'odd"key': 1},
    "members": [{"name": "one"}, {"name": "two"}, "no object"],
    "outputs": {"id-1": {"name": "booked", "result": True}, "id-2": {"name": "mood", "result": "fine"}},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("customer.number", ["+15550100123"]),
        ("customer.name", []),
        ("customer.number.deeper", []),
        ("nothing.at.all", []),
        ("members[1].name", ["two"]),
        ("members[7]", []),
        ("members[].name", ["one", "two"]),
        ("members[name=two]", [{"name": "two"}]),
        ("outputs[name=booked].result", [True]),
        ("outputs[].result", [True, "fine"]),
        ('metadata["account.no"]', [7]),
        ("members.name", []),
    ],
)
def test_a_path_finds_what_stands_there(path: str, found: list[object]) -> None:
    assert list(finder(parse(path))(DOCUMENT)) == found


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a[", "a[]b", "[x", 'a["b]', "a b.[", "a[1", "a]"])
def test_what_is_no_path_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(PathInvalid) as refused:
        parse(text)
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("above", "below", "joined"), [("a.b", "c", "a.b.c"), ("a", "[0].b", "a[0].b"), ("a[]", "b", "a[].b")]
)
def test_paths_are_joined_as_they_would_be_written(above: str, below: str, joined: str) -> None:
    assert (parse(above) / parse(below)).text == joined
    assert parse(above) / parse(below) == parse(joined)


def test_the_keys_on_the_way_are_told_without_selectors() -> None:
    assert parse("squad.members[].assistant.metadata").keys == ("squad", "members", "assistant", "metadata")


@given(st.text(max_size=40))
def test_any_text_is_a_path_or_refused(text: str) -> None:
    with contextlib.suppress(PathInvalid):
        assert isinstance(parse(text), Path)


@given(st.sampled_from(["a", "a.b", "a[0]", "a[].b", "a[b=c].d", "[].a", 'a["b"].c']), JSON)
def test_looking_into_any_json_never_fails_and_never_finds_null(path: str, document: Any) -> None:
    for candidate in (document, {"a": document}, {"a": {"b": document}}, [document]):
        assert all(value is not None for value in finder(parse(path))(candidate))
