"""Metrics of the settings file: their filters are those of the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway import app
from gateway.domain.filters import Comparator, Condition
from gateway.errors import SettingsInvalid
from gateway.settings import load

DECLARED = """
[[metrics]]
name = "spentOnSales"
description = "What the calls of sales cost."
aggregate = "sum"
of = "cost"
where = { assistantId = { eq = "sales" } }
unit = "USD"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text)
    return file


def test_a_metric_of_the_file_is_in_the_catalog(tmp_path: Path) -> None:
    (metric,) = app.catalog_of(load(written(tmp_path, DECLARED))).metrics
    assert metric.measure.where == Condition("assistant_id", Comparator.EQ, "sales")
    assert metric.column.description == "What the calls of sales cost. In USD."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DECLARED.replace("assistantId", "assistant"), r"line 7.*assistant"),
        (DECLARED.replace('assistantId = { eq = "sales" }', 'createdAt = { gte = "-P7D" }'), r"line 7.*duration"),
        (DECLARED.replace('"cost"', '"price"'), r"line 6.*price.*cost_breakdown_total"),
        (DECLARED + DECLARED, r"line 11.*taken"),
        (DECLARED.replace("spentOnSales", "day"), r"line 3.*taken"),
    ],
)
def test_one_that_cannot_be_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsInvalid, match=said):
        app.catalog_of(load(written(tmp_path, text)))
