"""The starter files of docs/starters: each is executed, or says in its first lines that it is not."""

from __future__ import annotations

import math
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gateway.domain import catalog
from gateway.domain.attributes import Sensitivity
from gateway.domain.tabular import flat_tables
from tests.docs.reading import ROOT, page
from tests.e2e.doors import Doors, Figures, doors

STARTERS: Final = ROOT / "docs" / "starters"
CELLS: Final = ("pandas_cells.py", "polars_cells.py", "duckdb_cells.py")


@pytest.fixture(scope="module")
def door() -> Iterator[Doors]:
    """A gateway that wants a key."""
    with doors() as found:
        yield found


@pytest.fixture(scope="module")
def figures(door: Doors) -> Figures:
    """What its mirror holds."""
    return door.figures()


def executed(name: str, door: Doors, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the cells of a file leave behind."""
    monkeypatch.setenv("GATEWAY_URL", door.url)
    monkeypatch.setenv("GATEWAY_KEY", door.key)
    return runpy.run_path(str(STARTERS / name))


def test_the_cells_for_pandas_work(door: Doors, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    left = executed("pandas_cells.py", door, monkeypatch)
    assert left["by_day"]["calls"].sum() == figures.calls
    assert math.isclose(left["by_day"]["cost"].sum(), figures.cost, abs_tol=1e-9)
    assert len(left["dearest"]) == len(left["recent"]) == 20
    assert len(left["by_part"]) > 0


def test_the_cells_for_polars_work(door: Doors, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    left = executed("polars_cells.py", door, monkeypatch)
    assert left["by_day"]["calls"].sum() == figures.calls
    assert math.isclose(left["by_day"]["cost"].sum(), figures.cost, abs_tol=1e-9)
    assert left["dearest"]["customer_key"].n_unique() == 20


def test_the_cells_for_duckdb_work(door: Doors, figures: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    left = executed("duckdb_cells.py", door, monkeypatch)
    assert sum(calls for _, calls, *_ in left["by_day"]) == figures.calls
    assert math.isclose(sum(cost or 0 for *_, cost, _ in left["by_day"]), figures.cost, abs_tol=1e-9)
    assert len(left["by_part"]) > 0
    assert not left["folder"].exists()


@pytest.mark.parametrize("file", sorted(STARTERS.iterdir()), ids=lambda file: file.name)
def test_every_starter_is_executed_or_says_that_it_is_not(file: Path) -> None:
    first = " ".join(file.read_text(encoding="utf-8").splitlines()[:4])
    assert ("Executed by the tests" in first) == (file.name in CELLS)
    assert ("Not executed here" in first) == (file.name not in CELLS)
    assert f"](starters/{file.name})" in page("bi.md")


@pytest.mark.parametrize("file", sorted(STARTERS.glob("*.sql")), ids=lambda file: file.name)
def test_sql_names_columns_that_the_views_have(file: Path) -> None:
    statement = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
    tables = flat_tables(catalog.build())
    public = {
        name
        for table in tables.values()
        for name, column in table.columns.items()
        if column.sensitivity is Sensitivity.PUBLIC
    }
    read = re.findall(r"\bbi\.(\w+)", statement)
    assert {*read} <= {"calls", "customers", "costs"}
    named = {*re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", statement)} - {"percentile_cont", "date_trunc", "p95_seconds"}
    assert named
    assert named <= public


def test_the_query_of_power_bi_names_columns_that_there_are() -> None:
    columns = flat_tables(catalog.build())["calls"].columns
    query = (STARTERS / "power_bi.pq").read_text(encoding="utf-8").partition("\nlet\n")[2]
    (chosen,) = re.findall(r"Table\.SelectColumns\(\w+, \{(.*?)\}\)", query)
    assert {*re.findall(r'"(\w+)"', chosen)} <= {*columns}
    assert {*re.findall(r"each \[(\w+)\]", query)} <= {*columns}
