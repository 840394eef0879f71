"""What the page of exports says is so: its tables are the code's, and its cells run."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final

import pytest

from gateway.domain.catalog import build
from gateway.domain.principal import Scope
from gateway.domain.tabular import flat_tables
from gateway.export.formats import FORMATS
from gateway.services.keys import Wish
from gateway.web.exports import PARAMETERS
from tests.docs.reading import blocks, marked, rows
from tests.graph.asking import running
from tests.web.served import served

PAGE: Final = "exports.md"
CELLS: Final = [block for name, block in blocks("python") if name == PAGE]


def first(mark: str) -> list[str]:
    """What the first column of a table on the page names."""
    return [row[0].strip("`") for row in rows(marked(PAGE, mark))]


def test_the_page_has_every_table_with_its_key_and_its_scope() -> None:
    told = {row[0].strip("`"): (tuple(re.findall(r"`(\w+)`", row[2])), row[3]) for row in rows(marked(PAGE, "tables"))}
    flat = flat_tables(build())
    assert {name: key for name, (key, _) in told.items()} == {name: table.key for name, table in flat.items()}
    assert {scope for name, (_, scope) in told.items() if name != "customers"} == {"`calls:read`"}
    assert told["customers"][1] == "`customers:read`"


def test_the_page_has_every_format_and_says_which_are_served_in_parts() -> None:
    assert first("formats") == list(FORMATS)
    in_parts = [row[0].strip("`") for row in rows(marked(PAGE, "formats")) if "`Range`" in row[2]]
    assert in_parts == [ending for ending, format_ in FORMATS.items() if not format_.streams]


def test_the_page_has_every_parameter() -> None:
    assert first("parameters") == list(PARAMETERS)


@pytest.mark.anyio
@pytest.mark.parametrize("number", range(len(CELLS)))
async def test_every_cell_of_the_page_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    scopes = frozenset({Scope.EXPORT, Scope.CALLS_READ, Scope.PERSONAL_READ})
    async with running(allow_anonymous=False, hosts=("127.0.0.1",)) as there:
        _, token = await there.parts.keys.create(Wish(name="bi", scopes=scopes))
        app: Any = there.client._transport.app  # type: ignore[attr-defined]
        async with served(app) as port:
            monkeypatch.setenv("BI_URL", f"http://127.0.0.1:{port}")
            monkeypatch.setenv("BI_KEY", token)
            left: dict[str, Any] = {}
            await asyncio.to_thread(exec, CELLS[number], left)
    assert len(left["calls"]) == 4
    assert len(left["costs"]) > 0
    if "by_type" in left:
        assert dict(left["by_type"])["voice"] == pytest.approx(0.0605)
        assert left["top"]["cost"].to_list()[0] == pytest.approx(0.21)
    else:
        assert left["by_plan"].loc["pro", "sum"] == pytest.approx(0.1843)


def test_the_page_has_cells() -> None:
    assert len(CELLS) == 2
