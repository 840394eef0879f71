"""A metric is declared once; what cannot be measured is refused where it stands."""

from __future__ import annotations

from typing import Any, Final

import pytest

from gateway.domain.aggregates import Aggregate, Measure
from gateway.domain.attributes import Kind, Sensitivity
from gateway.domain.catalog import build
from gateway.domain.filters import EVERYTHING, AllOf, Comparator, Condition
from gateway.domain.metrics import Metric, metric
from gateway.errors import SettingsInvalid

ATTRIBUTES: Final = {attribute.flat: attribute for attribute in build().mirrored()}
USUAL: Final[dict[str, Any]] = {
    "name": "successRate",
    "description": "Successes of what was evaluated.",
    "aggregate": "rate",
    "of": "analysis_success",
    "where": EVERYTHING,
    "unit": None,
}


def declared(**stated: Any) -> Metric:
    return metric(ATTRIBUTES, **{**USUAL, **stated}, at=("metrics", 0))


def test_a_metric_is_a_column_of_its_own() -> None:
    column = declared().column
    assert (column.flat, column.kind, column.doc) == ("success_rate", Kind.FLOAT, "Successes of what was evaluated.")
    assert declared(aggregate="count", of=None).column.kind is Kind.INT


@pytest.mark.parametrize(
    ("stated", "sensitivity"),
    [
        ({"aggregate": "sum", "of": "cost"}, Sensitivity.PUBLIC),
        ({}, Sensitivity.CONTENT),
        ({"aggregate": "countDistinct", "of": "customer_email"}, Sensitivity.PERSONAL),
        (
            {"aggregate": "sum", "of": "cost", "where": Condition("customer_email", Comparator.IS_NULL, value=True)},
            Sensitivity.PERSONAL,
        ),
    ],
)
def test_who_may_see_it_is_who_may_see_what_it_is_made_of(stated: dict[str, Any], sensitivity: Sensitivity) -> None:
    assert declared(**stated).sensitivity is sensitivity


@pytest.mark.parametrize(
    ("stated", "what"),
    [
        ({"name": "Success-Rate"}, "name"),
        ({"description": " "}, "description"),
        ({"aggregate": "median"}, "aggregate"),
        ({"of": None}, "of"),
        ({"of": "cost"}, "of"),
        ({"aggregate": "sum", "of": "status"}, "of"),
        ({"aggregate": "sum", "of": "costs"}, "of"),
        ({"where": AllOf((Condition("customer_email", Comparator.IS_NULL, value=True),))}, "where"),
    ],
)
def test_what_cannot_be_measured_is_refused_where_it_stands(stated: dict[str, Any], what: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        declared(**stated)
    assert refused.value.at == ("metrics", 0, what)


def test_a_metric_is_the_measure_that_it_says() -> None:
    assert declared(aggregate="p95", of="duration_seconds").measure == Measure(Aggregate.P95, "duration_seconds")
