"""Taking what was said, and what was made of it, out of a document."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.catalog import Configured, build
from gateway.domain.content import content_columns, without_content
from tests.domain.documents import CALL_ID, JSON, decoded

SAID: dict[str, Any] = {
    "id": CALL_ID,
    "status": "ended",
    "cost": 0.12,
    "customer": {"name": "Ada"},
    "assistantOverrides": {"metadata": {"customerId": "c-7"}},
    "endedMessage": "said",
    "messages": [{"role": "user", "message": "said"}],
    "transcript": "said",
    "summary": "said",
    "recordingUrl": "https://said.example",
    "analysis": {"summary": "said", "structuredData": {"said": True}},
    "artifact": {
        "transcript": "said",
        "messages": [{"message": "said"}],
        "structuredOutputs": {"1": {"result": "said"}},
    },
}

NOTE = Configured(
    name="note",
    type="String",
    description="What the agent noted.",
    paths=("metadata.notes[0].text", "metadata.notes[kind=last].text", "tags[]"),
    keys=("crm.note",),
    sensitivity="content",
)


def test_what_was_said_is_gone_from_every_place_where_a_call_carries_it() -> None:
    left = without_content(build())(SAID)
    assert "said" not in repr(left)
    assert left == {key: SAID[key] for key in ("id", "status", "cost", "customer", "assistantOverrides")}


def test_what_was_given_is_left_alone() -> None:
    given_document = copy.deepcopy(SAID)
    without_content(build({"customer": [NOTE]}))(given_document)
    assert given_document == SAID


def test_what_a_team_declared_as_content_goes_alone_out_of_what_stays() -> None:
    document = {
        "metadata": {
            "customerId": "c-7",
            "crm": {"note": "said", "id": 1},
            "notes": [{"text": "said", "by": "x"}, "free", {"text": "said", "kind": "last"}],
        },
        "tags": ["said", "said"],
    }
    strip = without_content(build({"customer": [NOTE]}))
    assert strip(document) == {
        "metadata": {
            "customerId": "c-7",
            "crm": {"id": 1},
            "notes": [{"by": "x"}, "free", {"kind": "last"}],
        },
        "tags": [None, None],
    }


@given(st.dictionaries(st.sampled_from([*SAID, "metadata", "tags", "note"]), JSON))
def test_taking_it_out_twice_is_the_same_as_once(document: dict[str, Any]) -> None:
    strip = without_content(build({"customer": [NOTE]}))
    assert repr(strip(strip(document))) == repr(strip(document))


def test_the_columns_of_content_are_those_that_are_declared_as_content() -> None:
    columns = content_columns(build({"customer": [NOTE]}))
    assert {"analysis_success_evaluation", "ended_message", "customer_note"} <= columns
    assert not {"customer_key", "customer_name", "status", "cost"} & columns


def test_a_call_without_content_still_has_its_outline() -> None:
    call = decoded(without_content(build())(SAID)).call
    assert (call.status, call.cost, call.customer.customer_id) == ("ended", 0.12, "c-7")
    assert (call.analysis, call.artifact) == (None, None)
