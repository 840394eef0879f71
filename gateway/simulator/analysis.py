"""What Vapi concluded from a call a few seconds after its end: summary, success, structured outputs, scorecards."""

from __future__ import annotations

from typing import Any

from gateway.simulator import script
from gateway.simulator.chance import draw, happens, one_of, whole
from gateway.simulator.customers import JsonObject
from gateway.simulator.edits import Rerun
from gateway.simulator.moments import iso
from gateway.simulator.organisation import OUTPUTS, Organisation
from gateway.simulator.plans import Plan

# The rubric decides what a success evaluation looks like; it is always a text.
EVALUATIONS = ("true", "true", "false", "8", "3", "pass", "fail", "Excellent", "75%")
SCORECARD = "c0ffee00-5c0e-4ca4-8d00-000000000001"
STRUCTURED_PERCENT = 35


def analysis(plan: Plan) -> JsonObject:
    """The call's ``analysis``."""
    found: JsonObject = {
        "summary": one_of(plan.key, "summary", script.SUMMARIES),
        "successEvaluation": one_of(plan.key, "evaluation", EVALUATIONS),
    }
    if happens(plan.key, "structured data", 20):
        found["structuredData"] = {"topic": one_of(plan.key, "topic", ("order", "appointment")), "urgent": False}
    return found


def outputs(plan: Plan, name: str | None, organisation: Organisation) -> JsonObject:
    """``structuredOutputs`` and what goes with them, as part of the artifact; none for most calls."""
    if not happens(plan.key, "structured", STRUCTURED_PERCENT):
        return {}
    chosen = range(whole(plan.key, "first output", 0, 1), whole(plan.key, "last output", 2, len(OUTPUTS)))
    found: JsonObject = {
        "structuredOutputs": {
            organisation.output_ids[n]: {"name": OUTPUTS[n], "result": _result(plan, n, name)} for n in chosen
        },
        "structuredOutputsLastUpdatedAt": iso(plan.life.settled),
    }
    if happens(plan.key, "skipped", 20):
        unmet = {"name": "Refund", "unmetCondition": "call shorter than one minute"}
        found["skippedStructuredOutputs"] = {SCORECARD[:-1] + "2": unmet}
    return found | _scorecards(plan, organisation)


def rerun(artifact: JsonObject, plan: Plan, organisation: Organisation, again: Rerun) -> JsonObject:
    """An artifact after its outputs were run again: ``satisfaction`` is there and another number each time."""
    base = whole(plan.key, "satisfaction", 0, 20)
    result = {"name": OUTPUTS[2], "result": (base + again.times) % 21 / 2}
    kept = artifact.get("structuredOutputs", {})
    return artifact | {
        "structuredOutputs": kept | {organisation.output_ids[2]: result},
        "structuredOutputsLastUpdatedAt": iso(again.moment),
    }


def _result(plan: Plan, output: int, name: str | None) -> Any:
    """Any JSON: a boolean, an object, a number, a text, a list, now and then null."""
    if happens(plan.key, f"no result {output}", 4):
        return None
    results = (
        happens(plan.key, "booked", 45),
        {"customer": {"name": name}, "issue": {"priority": "high"}, "score": draw(plan.key, "score") % 11},
        whole(plan.key, "satisfaction", 0, 20) / 2,
        one_of(plan.key, "next step", ("call back", "send brochure", "none")),
        ["billing", "delivery"][: whole(plan.key, "topics", 0, 2)],
    )
    return results[output]


def _scorecards(plan: Plan, organisation: Organisation) -> JsonObject:
    if not happens(plan.key, "scorecard", 35):
        return {}
    points = {organisation.output_ids[0]: 70, organisation.output_ids[2]: whole(plan.key, "points", 0, 30)}
    score = sum(points.values())
    card = {"name": "Support QA", "score": score, "scoreNormalized": float(score), "metricPoints": points}
    return {"scorecards": {SCORECARD: card}}
