"""What the mirror's tables hold of a call, and the call that comes back from it."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.attributes import Kind, Use
from gateway.domain.call import Call
from gateway.domain.catalog import Configured, build
from gateway.domain.clean import CLEAN
from gateway.domain.conversation import Analysis
from gateway.domain.costs import CostBreakdown
from gateway.domain.decode import decoder
from gateway.domain.elements import costs
from gateway.domain.projection import (
    call_maker,
    mirrored,
    projector,
    texts,
    value_reader,
)
from gateway.domain.redaction import redact
from tests.domain.documents import CALL_ID, JSON, KEY, decoded

PLAN = Configured(name="plan", type="String", description="The plan.", paths=("metadata.plan",))
TAGS = Configured(name="tags", type="[String]", description="Tags.", keys=("tags",))
CATALOG = build({"call": [PLAN], "customer": [TAGS]})

ELEMENTS = costs(CATALOG)
VALUES, COSTS, MAKE, PROJECT = value_reader(CATALOG), ELEMENTS.read, call_maker(CATALOG), projector(CATALOG)

WHOLE: dict[str, Any] = {
    "id": CALL_ID,
    "type": "webCall",
    "createdAt": "2026-08-19T23:02:48+02:00",
    "cost": 0.5,
    "metadata": {"plan": "gold", "tags": ["a", "b"], "customerId": "c-7"},
    "costBreakdown": {"total": 0.5, "analysisCostBreakdown": {"summaryPromptTokens": 7}},
    "costs": [
        {"type": "model", "model": {"model": "gpt"}, "cost": 0.25, "promptTokens": 10},
        {"type": "vapi", "subType": "normal", "minutes": 2.5},
        {"type": "hologram", "cost": 1},
    ],
    "analysis": {"summary": "An invoice was asked for.", "successEvaluation": "true"},
    "artifact": {"transcript": "AI: Hello?", "recordingUrl": "https://a.example/b.wav"},
}


def read(document: dict[str, Any]) -> Call:
    """A call as the mirror takes it in: without lists."""
    return decoder(CATALOG, KEY, lists=False)(redact({"id": CALL_ID, **document}).document).call


def test_a_row_has_a_plain_value_for_every_column() -> None:
    row = VALUES(read(WHOLE))
    assert list(row) == [attribute.flat for attribute in CATALOG.mirrored()]
    assert (row["id"], row["type"], row["cost"]) == (CALL_ID, "webCall", 0.5)
    assert row["created_at"] == dt.datetime(2026, 8, 19, 21, 2, 48, tzinfo=dt.UTC)
    assert (row["cost_breakdown_total"], row["analysis_cost_summary_prompt_tokens"]) == (
        0.5,
        7,
    )
    assert (row["customer_id"], row["customer_key"], row["customer_tags"]) == ("c-7", "id:c-7", ("a", "b"))
    assert (row["plan"], row["ended_at"]) == ("gold", None)


def test_no_column_is_heavy_or_json_or_of_no_use() -> None:
    columns = [column.attribute for column in mirrored(CATALOG)]
    assert all(a.use is not Use.NONE and a.kind is not Kind.JSON and not a.heavy for a in columns)
    assert not {"artifact_transcript", "analysis_summary"} & {a.flat for a in columns}
    assert {"ended_message", "analysis_success_evaluation"} <= {a.flat for a in columns}


def test_a_column_says_by_which_groups_its_value_is_reached() -> None:
    ways = {column.attribute.flat: column.groups for column in mirrored(CATALOG)}
    assert ways["cost"] == ()
    assert ways["plan"] == ()
    assert ways["customer_tags"] == ("customer",)
    assert ways["artifact_recording_mono_combined_url"] == ("artifact", "recording", "mono")


def test_a_call_without_lists_has_the_same_row_as_a_whole_one() -> None:
    assert PROJECT(read(WHOLE)) == PROJECT(decoded(WHOLE, CATALOG).call)


def test_every_cost_is_a_row_with_the_columns_of_all_shapes() -> None:
    model, vapi, other = COSTS(read(WHOLE))
    names = [column.flat for column in ELEMENTS.columns]
    assert list(model) == list(vapi) == list(other) == names
    assert (model["position"], model["type"], model["cost"], model["prompt_tokens"]) == (0, "model", 0.25, 10)
    assert (vapi["position"], vapi["sub_type"], vapi["minutes"], vapi["cost"]) == (1, "normal", 2.5, None)
    assert (other["position"], other["type"], other["cost"]) == (2, "hologram", 1)


def test_shapes_of_cost_agree_on_what_a_column_is() -> None:
    kinds = {column.flat: column.kind for column in ELEMENTS.columns}
    variants = next(a.variants for a in CATALOG.call.attributes if a.name == "costs")
    assert variants is not None
    for shape in variants.shapes.values():
        of_shape = {a.python: a.kind for a in CATALOG.records[shape.__name__].attributes if a.kind is not Kind.JSON}
        assert of_shape.items() <= kinds.items()


def test_a_call_without_costs_has_no_rows_of_them() -> None:
    assert COSTS(read({})) == COSTS(read({"costs": []})) == ()


def test_search_reads_the_summary_and_the_transcript() -> None:
    assert texts(read(WHOLE)) == ("An invoice was asked for.", "AI: Hello?")
    assert PROJECT(read(WHOLE)).words == "ai an asked for hello invoice was"
    assert texts(read({})) == ()


def test_a_call_comes_back_from_its_row() -> None:
    call = MAKE(VALUES(read(WHOLE)))
    assert (call.id, call.type, call.configured) == (CALL_ID, "webCall", {"plan": "gold"})
    assert call.cost_breakdown is not None
    assert call.cost_breakdown.analysis_cost_breakdown is not None
    assert call.cost_breakdown.analysis_cost_breakdown.summary_prompt_tokens == 7
    assert (call.customer.customer_id, call.customer.configured) == ("c-7", {"tags": ("a", "b")})
    assert call.analysis == Analysis(success_evaluation="true", success=True)
    assert (call.assistant, call.costs, call.document) == (None, None, None)


def test_a_call_of_which_nothing_is_known_comes_back_as_one() -> None:
    assert MAKE({}) == Call()


def test_lists_that_a_database_gives_back_become_tuples_again() -> None:
    assert MAKE({"customer_tags": ["a"]}).customer.configured == {"tags": ("a",)}


@pytest.mark.parametrize(
    ("call", "flat", "expected"),
    [
        (Call(name="a\0b"), "name", "ab"),
        (Call(name="half \ud83d"), "name", "half \ufffd"),
        (Call(name="😀"), "name", "😀"),
        (Call(cost=math.nan), "cost", None),
        (Call(cost=math.inf), "cost", None),
        (Call(cost=1), "cost", 1.0),
        (Call(cost_breakdown=CostBreakdown(tts_characters=2**63)), "cost_breakdown_tts_characters", None),
        (Call(cost_breakdown=CostBreakdown(tts_characters=2**63 - 1)), "cost_breakdown_tts_characters", 2**63 - 1),
    ],
)
def test_what_a_database_cannot_hold_is_mended_or_left_out(call: Call, flat: str, expected: object) -> None:
    assert VALUES(call)[flat] == expected


OF_KIND: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.ID: st.text(),
    Kind.STRING: st.text(),
    Kind.ENUM: st.text(),
    Kind.INT: st.integers(),
    Kind.FLOAT: st.floats() | st.integers(),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATETIME: st.datetimes(timezones=st.just(dt.UTC) | st.just(dt.timezone(dt.timedelta(hours=-7)))),
    Kind.STRINGS: st.lists(st.text()).map(tuple),
}
ROWS = st.fixed_dictionaries({}, optional={a.flat: st.none() | OF_KIND[a.kind] for a in CATALOG.mirrored()})


@given(ROWS)
def test_a_call_made_of_a_row_has_that_row(stated: dict[str, Any]) -> None:
    row = VALUES(MAKE(stated))
    assert VALUES(MAKE(row)) == row
    kinds = {a.flat: a.kind for a in CATALOG.mirrored()}
    for flat, value in stated.items():
        missing = "" if kinds[flat] is Kind.ID else None  # a call is never without its id and its customer's key
        assert row[flat] == (missing if value is None else CLEAN[kinds[flat]](value))


@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JSON))
def test_whatever_a_document_says_its_row_comes_back(odd: dict[str, Any]) -> None:
    row = VALUES(read({**WHOLE, **odd}))
    assert VALUES(MAKE(row)) == row
