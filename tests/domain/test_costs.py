"""What a call cost."""

from __future__ import annotations

import typing

import pytest
from vapi.types.call_costs_item import CallCostsItem

from gateway.domain.costs import COSTS, Cost
from tests.domain.documents import decoded

SDK_TYPES = {
    member.model_fields["type"].default
    for annotated in typing.get_args(CallCostsItem)[:1]
    for member in typing.get_args(annotated)
}


def test_every_type_of_cost_that_the_sdk_knows_has_a_record() -> None:
    assert len(SDK_TYPES) == 8
    assert set(COSTS.shapes) == SDK_TYPES


@pytest.mark.parametrize("kind", sorted(SDK_TYPES))
def test_the_type_tells_the_shape(kind: str) -> None:
    (cost,) = decoded({"costs": [{"type": kind, "cost": 0.5}]}).call.costs or ()
    assert type(cost) is COSTS.shapes[kind]
    assert (cost.type, cost.cost) == (kind, 0.5)


def test_a_cost_of_a_new_type_is_not_lost() -> None:
    (cost,) = decoded({"costs": [{"type": "teleportation", "cost": 7.275e-05}]}).call.costs or ()
    assert (type(cost).__name__, cost.type, cost.cost) == ("OtherCost", "teleportation", 7.275e-05)


def test_every_record_of_a_cost_is_a_cost() -> None:
    assert all(issubclass(shape, Cost) for shape in (*COSTS.shapes.values(), COSTS.other))


def test_the_breakdown_is_read_down_to_the_tokens_of_the_analysis() -> None:
    stated = {"total": 0.0394, "llmPromptTokens": 257, "analysisCostBreakdown": {"summaryPromptTokens": 147}}
    breakdown = decoded({"costBreakdown": stated}).call.cost_breakdown
    assert breakdown is not None
    assert (breakdown.total, breakdown.llm_prompt_tokens) == (0.0394, 257)
    assert breakdown.analysis_cost_breakdown is not None
    assert breakdown.analysis_cost_breakdown.summary_prompt_tokens == 147
