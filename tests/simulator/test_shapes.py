"""What the records look like: as varied as in life."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.simulator.app import create
from gateway.simulator.listing import Filters
from gateway.simulator.simulator import Simulator
from tests.simulator.conftest import ANCHOR, Clock

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The newest rows of the world that the other fixtures serve."""
    app = create(seed=7, calls=1200, live=2, clock=lambda: ANCHOR + timedelta(hours=1), anchor=ANCHOR)
    found: list[dict[str, Any]] = app.state.simulator.list(Filters(limit=1000))
    return found


def metadata(row: dict[str, Any]) -> Any:
    return (row.get("assistantOverrides") or {}).get("metadata")


def test_sizes_run_from_one_kilobyte_to_130_and_most_are_small(rows: list[dict[str, Any]]) -> None:
    sizes = sorted(len(json.dumps(row, ensure_ascii=False)) for row in rows if row["status"] == "ended")
    assert 1_000 < sizes[0] < 3_000
    assert 80_000 < sizes[-1] < 140_000
    assert sizes[len(sizes) // 2] < 20_000


def test_web_calls_have_no_native_customer(rows: list[dict[str, Any]]) -> None:
    web = [row for row in rows if row["type"] == "webCall"]
    assert len(web) > 300
    assert not any(row.get("customer") for row in web)


def test_metadata_is_found_at_every_place_that_it_has_in_life(rows: list[dict[str, Any]]) -> None:
    squads = [row["squad"] for row in rows if row.get("squad")]
    firsts = [squad["members"][0] for squad in squads]
    assert any(row.get("metadata") for row in rows)
    assert any((row.get("assistant") or {}).get("metadata") for row in rows)
    assert any((row.get("squadOverrides") or {}).get("metadata") for row in rows)
    assert any((squad.get("membersOverrides") or {}).get("metadata") for squad in squads)
    assert any((first.get("assistantOverrides") or {}).get("metadata") for first in firsts)
    assert any((first.get("assistant") or {}).get("metadata") for first in firsts)


def test_metadata_may_be_null_a_bare_text_or_nested(rows: list[dict[str, Any]]) -> None:
    found = [metadata(row) for row in rows]
    assert any("metadata" in row and row["metadata"] is None and row["id"][14] == "7" for row in rows)
    assert any(isinstance(value, str) for value in found)
    assert any(isinstance(value, dict) and "user" in value.get("data", {}) for value in found)


def test_ids_of_customers_are_texts_and_numbers_under_many_spellings(rows: list[dict[str, Any]]) -> None:
    found = [value for row in rows if isinstance(value := metadata(row), dict)]
    names = ("customerId", "customer_id", "userId", "user_id", "patient_id", "lead_id")
    assert all(any(name in value for value in found) for name in names)
    assert {type(value["customerId"]) for value in found if "customerId" in value} == {str, int}


def test_a_name_in_metadata_may_be_longer_than_a_native_one(rows: list[dict[str, Any]]) -> None:
    names = [value.get("customerName", "") for row in rows if isinstance(value := metadata(row), dict)]
    native = [(row.get("customer") or {}).get("name", "") for row in rows]
    assert max(map(len, names)) > 40
    assert max(map(len, native)) <= 40


def test_customers_come_back(rows: list[dict[str, Any]]) -> None:
    found = [value["customerId"] for row in rows if isinstance(value := metadata(row), dict) and "customerId" in value]
    assert Counter(found).most_common(1)[0][1] >= 4


def test_failed_calls_never_started_and_say_why(rows: list[dict[str, Any]]) -> None:
    failed = [row for row in rows if row["status"] == "ended" and "startedAt" not in row]
    reasons = {row["endedReason"] for row in failed}
    assert any("providerfault" in reason for reason in reasons)
    assert any("vapifault" in reason for reason in reasons)
    assert all(row["cost"] == 0 and row["messages"] == [] for row in failed)


async def test_a_row_of_2024_has_its_conversation_only_at_the_top(
    client: httpx.AsyncClient, simulator: Simulator
) -> None:
    row = (await client.get(f"/call/{simulator.sample('legacy')}")).json()
    assert row["messages"]
    assert row["artifact"]["messages"] == []
    assert "provider" not in row["transport"]
    assert "costs" not in row
    assert list(row.values()).count(None) > 5


async def test_a_transfer_says_whereto(client: httpx.AsyncClient, simulator: Simulator) -> None:
    row = (await client.get(f"/call/{simulator.sample('transfer')}")).json()
    assert row["destination"]["number"] == row["forwardedPhoneNumber"]
    assert row["artifact"]["transfers"][0]["destination"]["transferPlan"]["sipVerb"] == "refer"


def test_structured_outputs_are_booleans_objects_numbers_texts_lists_and_null(rows: list[dict[str, Any]]) -> None:
    outputs = [o for row in rows for o in ((row["artifact"] or {}).get("structuredOutputs") or {}).values()]
    kinds = {type(output["result"]) for output in outputs}
    assert kinds == {bool, dict, int, float, str, list, type(None)} - {int}
    assert any(row["artifact"].get("scorecards") for row in rows if row["artifact"])


def test_every_kind_of_thing_that_an_artifact_can_hold_occurs(rows: list[dict[str, Any]]) -> None:
    artifacts = [row["artifact"] or {} for row in rows]
    for part in ("performanceMetrics", "assistantActivations", "transfers", "skippedStructuredOutputs", "pcapUrl"):
        assert any(artifact.get(part) for artifact in artifacts), part
    assert any(artifact.get("nodes") for artifact in artifacts)


def test_every_provider_carries_calls(rows: list[dict[str, Any]]) -> None:
    providers = {row["transport"].get("provider") for row in rows}
    assert providers == {"daily", "twilio", "vonage", "telnyx", "vapi.sip", "vapi.websocket", None}


def test_secrets_leak_where_they_do_in_life(rows: list[dict[str, Any]]) -> None:
    text = json.dumps(rows)
    assert "eyJhbGciOiJIUzI1NiJ9." in text
    assert '"twilioAuthToken": "fake-twilio-auth-token"' in text
    assert any("callToken" in row["transport"] and "accountSid" in row["transport"] for row in rows)
    assert any(row.get("monitor", {}).get("controlUrl") for row in rows)


async def test_presigned_urls_are_different_on_each_read(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    path = f"/call/{simulator.sample('phone')}"
    first, second = [(await client.get(path)).json()["artifact"] for _ in range(2)]
    for name in ("presignedMonoUrl", "presignedStereoUrl", "presignedLogUrl"):
        assert first[name] != second[name]
    assert first["presignedUrlsExpiresAt"] == "2026-09-01T16:30:00.000Z"


async def test_every_listed_call_is_read_by_id_and_is_the_same_but_for_the_presigned_urls(
    client: httpx.AsyncClient, rows: list[dict[str, Any]]
) -> None:
    for row in rows[:120]:
        read = (await client.get(f"/call/{row['id']}")).json()
        read["artifact"] = {k: v for k, v in read["artifact"].items() if not k.startswith("presigned")}
        assert read == row
