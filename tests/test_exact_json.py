"""JSON, fast and exact: the same text for a value wherever it stands, and every number as it was."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.exact_json import dumps, loads

WHOLE = st.integers() | st.integers(min_value=2**63 - 2, max_value=2**64 + 2)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_again(value: object) -> None:
    """Whole numbers of any length and texts of any characters included."""
    assert loads(dumps(value)) == value
    assert json.loads(dumps(value)) == value


@given(st.lists(VALUES, max_size=5))
def test_a_value_is_written_alike_wherever_it_stands(values: list[object]) -> None:
    """So a piece that was written earlier fits into any whole."""
    assert dumps(values) == b"[" + b",".join(map(dumps, values)) + b"]"
    assert dumps([orjson.Fragment(dumps(value)) for value in values]) == dumps(values)


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b'{"a":-Infinity}', b"", b"{", b"\xff"])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        loads(text)


@pytest.mark.parametrize("depth", [200, 300, 400])
def test_a_deep_value_is_written(depth: int) -> None:
    """orjson stops at some 250 levels."""
    deep: object = 1
    for _ in range(depth):
        deep = [deep]
    assert dumps(deep) == b"[" * depth + b"1" + b"]" * depth
