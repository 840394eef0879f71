"""The command that measures: `python -m tests.e2e.figures`."""

from __future__ import annotations

import pytest

from tests.e2e.figures import arguments, show

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "command",
    [
        "readers --readers 5",
        "outages",
        "listing --calls 990 --first 100",
        "listing --calls 50 --first 7 --upstream simulator",
    ],
)
async def test_every_figure_is_right(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each figure, taken small, is what it should be, and is printed with its time."""
    assert await show(arguments(command.split())), capsys.readouterr().out
    assert all(line.endswith(" s") for line in capsys.readouterr().out.splitlines())
