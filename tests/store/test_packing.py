"""How documents are kept, and what tells one from another."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from gateway.store.packing import DIGEST_BYTES, digest, pack, unpack

CHARACTERS = st.characters(exclude_categories=["Cs"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS | st.text(CHARACTERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(CHARACTERS), inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(st.text(CHARACTERS), VALUES, max_size=6)


def shuffled(value: Any) -> Any:
    """The same with the keys of every object the other way round."""
    if isinstance(value, dict):
        return {key: shuffled(inner) for key, inner in reversed(value.items())}
    return [shuffled(inner) for inner in value] if isinstance(value, list) else value


@given(DOCUMENTS)
@example({"count": 2**64})
@example({"count": -(2**63) - 1, "cost": 7.275e-05})
def test_what_is_packed_is_what_was_given_in_its_order(document: dict[str, Any]) -> None:
    again = unpack(pack(document))
    assert again == document
    assert list(again) == list(document)
    assert [type(value) for value in again.values()] == [type(value) for value in document.values()]


@given(DOCUMENTS)
@example({"b": {"z": 2**70, "a": 1}, "a": 1})
def test_the_order_of_keys_makes_no_other_document(document: dict[str, Any]) -> None:
    assert digest(document) == digest(shuffled(document))
    assert len(digest(document)) == DIGEST_BYTES


@given(DOCUMENTS, st.text(CHARACTERS))
def test_another_value_makes_another_document(document: dict[str, Any], text: str) -> None:
    assert digest({**document, "status": text}) != digest({**document, "status": text + "!"})


def test_the_order_of_a_list_makes_another_document() -> None:
    assert digest({"messages": [1, 2]}) != digest({"messages": [2, 1]})


def test_a_conversation_gets_much_smaller() -> None:
    document = {"messages": [{"role": "user", "message": f"turn {turn} of a conversation"} for turn in range(500)]}
    assert len(pack(document)) < 5000
