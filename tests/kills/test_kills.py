"""A kill at any moment loses nothing; `python -m tests.kills` does it two hundred times."""

from __future__ import annotations

from tests.kills.run import rounds


def test_a_gateway_that_is_killed_again_and_again_ends_with_what_upstream_has() -> None:
    """Nothing acknowledged is lost, nothing is doubled, and every row is that of a single full listing."""
    found = rounds(kills=4, calls=300, seed=5, longest=1.0)
    assert found.wrong == []
    assert found.acknowledged > 0
