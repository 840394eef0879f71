"""Exports that are broken off at random bytes leave nothing in the process.

`python -m tests.e2e.cuts --cuts 100` does the same a hundred times, and prints the figures.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.cuts import figures


@pytest.mark.anyio
async def test_exports_that_are_cut_at_random_bytes_leave_nothing(tmp_path: Path) -> None:
    found = await figures(tmp_path, cuts=10, calls=200, seed=1)
    assert (found.cuts, found.after.files) == (10, 0)
    assert found.in_the_middle >= 5
    assert found.is_clean, found
