"""Fragments: kept within their bytes, those that were used lately last to go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.graph.lane.fragments import Fragment, Fragments


def _fragment(size: int) -> Fragment:
    return Fragment((b"x" * size,), frozenset())


def test_what_was_kept_is_there() -> None:
    """Under its selection and its version alone."""
    kept, fragment = Fragments(10_000), _fragment(10)
    kept.put(1, 2, fragment)
    assert kept.get(1, 2) is fragment
    assert (kept.get(2, 1), kept.get(1, 3)) == (None, None)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 1_000)), max_size=200))
def test_it_never_holds_more_than_its_bytes(asked: list[tuple[int, int]]) -> None:
    kept, limit, sizes = Fragments(5_000), 5_000, dict[tuple[int, int], int]()
    for version, size in asked:
        if kept.get(0, version) is None:
            kept.put(0, version, _fragment(size))
            sizes[0, version] = _fragment(size).size
    held = [key for key in sizes if kept.get(*key) is not None]
    assert sum(sizes[key] for key in held) <= limit


def test_what_is_used_stays() -> None:
    """However many others come and go."""
    kept, fragment = Fragments(5_000), _fragment(10)
    kept.put(0, 0, fragment)
    for version in range(1, 200):
        kept.put(0, version, _fragment(100))
        assert kept.get(0, 0) is fragment
    assert len(kept) < 30


def test_one_that_is_too_large_is_not_kept() -> None:
    kept = Fragments(1_000)
    kept.put(0, 0, _fragment(600))
    assert len(kept) == 0
