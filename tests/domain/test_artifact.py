"""What a call leaves behind."""

from __future__ import annotations

from typing import Any

from gateway.domain.artifact import Artifact, Scorecard, SkippedStructuredOutput, StructuredOutput
from tests.domain.documents import decoded, problems


def artifact(**stated: Any) -> Artifact:
    """The artifact of a call that states this of it."""
    found = decoded({"artifact": stated}).call.artifact
    assert found is not None
    return found


def test_maps_by_id_become_lists_whose_elements_know_their_id() -> None:
    found = artifact(
        structuredOutputs={"o-1": {"name": "booked", "result": True}, "o-2": {"name": "none", "result": None}},
        skippedStructuredOutputs={"o-3": {"name": "mood", "unmetCondition": {"type": "x"}}},
        scorecards={"s-1": {"name": "QA", "score": 70, "scoreNormalized": 70.5, "metricPoints": {"o-1": 70}}},
    )
    assert found.structured_outputs == (
        StructuredOutput(id="o-1", name="booked", result=True),
        StructuredOutput(id="o-2", name="none"),
    )
    assert found.skipped_structured_outputs == (
        SkippedStructuredOutput(id="o-3", name="mood", unmet_condition={"type": "x"}),
    )
    assert found.scorecards == (
        Scorecard(id="s-1", name="QA", score=70, score_normalized=70.5, metric_points={"o-1": 70}),
    )


def test_a_map_of_nulls_is_empty_and_no_problem() -> None:
    found = decoded({"artifact": {"structuredOutputs": {"o-1": None}}})
    assert found.call.artifact is not None
    assert found.call.artifact.structured_outputs == ()
    assert problems(found) == []


def test_performance_is_read_with_its_turns() -> None:
    found = artifact(
        performanceMetrics={
            "turnLatencies": [{"turnLatency": 812.5}],
            "turnLatencyAverage": 812.5,
            "numUserInterrupted": 1,
        }
    )
    assert found.performance_metrics is not None
    assert found.performance_metrics.turn_latency_average == 812.5
    assert found.performance_metrics.num_user_interrupted == 1
    assert [turn.turn_latency for turn in found.performance_metrics.turn_latencies or ()] == [812.5]


def test_transfers_say_where_to_how_and_what_was_said() -> None:
    transfer = {
        "destination": {"type": "number", "number": "+15550100199"},
        "mode": "warm-transfer-experimental",
        "status": "connected",
        "messages": [{"role": "user", "message": "Hi."}],
    }
    (found,) = artifact(transfers=[transfer]).transfers or ()
    assert found.destination is not None
    assert found.destination.number == "+15550100199"
    assert (found.status, len(found.messages or ())) == ("connected", 1)


def test_variables_are_found_under_either_name() -> None:
    assert artifact(variables={"a": 1}).variable_values == {"a": 1}
    assert artifact(variables={"a": 1}, variableValues={"b": 2}).variable_values == {"b": 2}
