"""Server messages: what Vapi would post to the server URL, and when."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from gateway.simulator.app import create
from gateway.simulator.outbox import Message
from gateway.simulator.simulator import Simulator
from gateway.simulator.webhooks import Webhooks
from tests.simulator.conftest import ANCHOR, Clock

pytestmark = pytest.mark.anyio

URL = "https://gateway.example.invalid/webhooks/vapi"
YESTERDAY = ANCHOR - timedelta(days=1)
TELEPHONE = ["queued", "ringing", "in-progress", "ended"]


@pytest.fixture
def app(clock: Clock) -> Starlette:
    return create(seed=7, calls=1200, live=2, clock=clock, anchor=ANCHOR, webhooks=Webhooks(URL))


def content(message: Message) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(message.body)["message"]
    return found


def of_type(messages: Iterable[Message], wanted: str) -> list[dict[str, Any]]:
    return [content(message) for message in messages if message.type == wanted]


@pytest.fixture
def sent(simulator: Simulator) -> list[Message]:
    """A day of messages."""
    return list(simulator.messages(YESTERDAY, ANCHOR))


def test_messages_come_in_the_order_of_sending_within_the_stretch(sent: list[Message]) -> None:
    assert len(sent) > 1000
    assert all(earlier.moment <= later.moment for earlier, later in pairwise(sent))
    assert all(YESTERDAY < message.sent_at <= ANCHOR for message in sent)


def test_a_call_that_is_answered_tells_each_status_then_the_report_then_the_upload(
    simulator: Simulator, sent: list[Message]
) -> None:
    told = defaultdict(list)
    for message in sent:
        told[message.call].append(content(message).get("status") or message.type)
    rest = ["end-of-call-report", "call.artifact.upload"]
    assert [*TELEPHONE, *rest] in told.values()
    assert [*TELEPHONE[2:], *rest] in told.values()
    assert ["queued", "ringing", "ended", "end-of-call-report"] in told.values()
    assert [*TELEPHONE[:3], "forwarding", "ended", *rest] in told.values()


def test_the_nested_call_is_the_snapshot_of_its_creation_however_late_it_is_sent(sent: list[Message]) -> None:
    for message in map(content, sent):
        assert message["call"]["status"] in {"queued", "ringing"}
        assert message["call"]["updatedAt"] == message["call"]["createdAt"]
        later = ("startedAt", "endedAt", "endedReason", "cost", "costs", "analysis", "transcript")
        assert not any(message["call"].get(name) for name in later)


def test_a_report_carries_beside_the_stale_call_what_rest_shows_once_the_call_has_settled(
    simulator: Simulator, sent: list[Message], clock: Clock
) -> None:
    names = (
        "endedReason",
        "endedAt",
        "startedAt",
        "cost",
        "costs",
        "analysis",
        "transcript",
        "summary",
        "recordingUrl",
    )
    compared = 0
    for report in of_type(sent, "end-of-call-report")[-100:]:
        plan = simulator.world.find(report["call"]["id"], simulator.now)
        assert plan is not None
        row = simulator.world.record(plan, simulator.now)
        if isinstance(report["timestamp"], str) or "startedAt" not in row:
            continue
        compared += 1
        assert {name: report[name] for name in names} == {name: row[name] for name in names}
        assert report["artifact"] == row["artifact"]
        lasted = datetime.fromisoformat(row["endedAt"]) - datetime.fromisoformat(row["startedAt"])
        assert report["durationSeconds"] == lasted.total_seconds()
        assert report["durationMs"] == lasted / timedelta(milliseconds=1)
    assert compared > 50


def test_web_calls_carry_neither_customer_nor_phone_number_and_telephone_calls_both(sent: list[Message]) -> None:
    for message in map(content, sent):
        web = message["call"]["type"] in {"webCall", "vapi.websocketCall"}
        assert message.keys() & {"customer", "phoneNumber"} == (set() if web else {"customer", "phoneNumber"})


def test_metadata_of_a_web_call_is_in_its_snapshot_and_merged_into_the_assistant(sent: list[Message]) -> None:
    own: dict[str, Any] = {}
    for message in map(content, sent):
        metadata = (message["call"].get("assistantOverrides") or {}).get("metadata")
        if isinstance(metadata, dict) and "assistant" in message:
            own |= metadata
            assert message["assistant"]["metadata"].items() >= metadata.items()
            assert message["assistant"]["id"] == message["call"]["assistantId"]
    assert "customerId" in own


def test_only_the_status_ended_names_a_reason(sent: list[Message]) -> None:
    for update in of_type(sent, "status-update"):
        assert ("endedReason" in update) == (update["status"] == "ended")


def test_the_timestamp_is_a_number_of_milliseconds_and_a_text_in_rows_of_2024(sent: list[Message]) -> None:
    kinds = {type(content(message)["timestamp"]): message for message in sent}
    assert set(kinds) == {int, str}
    assert content(kinds[int])["timestamp"] == kinds[int].moment
    assert datetime.fromisoformat(content(kinds[str])["timestamp"]) == kinds[str].sent_at


def test_a_report_comes_about_five_seconds_after_the_end_and_some_before_rest_has_settled(
    simulator: Simulator, sent: list[Message]
) -> None:
    early = punctual = late = 0
    for message in sent:
        plan = simulator.world.find(message.call, simulator.now)
        if plan is None or message.type != "end-of-call-report":
            continue
        early += message.moment < plan.life.settled
        punctual += 2_000 < message.moment - plan.life.ended < 8_000
        late += message.moment - plan.life.ended > 30_000
    assert early > 0
    assert late > 0
    assert punctual > 0.9 * (punctual + late)


def test_some_reports_never_come(simulator: Simulator) -> None:
    shares = {}
    for never in (0.0, 0.5, 1.0):
        simulator.webhooks = Webhooks(URL, never=never)
        shares[never] = len(of_type(simulator.messages(ANCHOR - timedelta(hours=3), ANCHOR), "end-of-call-report"))
    assert shares[0.0] > shares[0.5] > shares[1.0] == 0


def test_noise_repeats_the_conversation_as_it_grows(simulator: Simulator) -> None:
    simulator.webhooks = Webhooks(URL, noisy=True)
    noisy = list(simulator.messages(ANCHOR - timedelta(hours=1), ANCHOR))
    assert {m.type for m in noisy} >= {"speech-update", "transcript", "conversation-update"}
    by_call = defaultdict(list)
    for update in of_type(noisy, "conversation-update"):
        assert update["conversation"] == update["messagesOpenAIFormatted"]
        assert update["messages"] == update["artifact"]["messages"]
        by_call[update["call"]["id"]].append(len(update["messages"]))
    assert all(counts == sorted(counts) for counts in by_call.values())
    for transcript in of_type(noisy, "transcript"):
        assert (transcript["transcriptType"], transcript["role"] in {"user", "assistant"}) == ("final", True)


def test_nobody_is_told_without_a_server_url(simulator: Simulator) -> None:
    simulator.webhooks = None
    assert list(simulator.messages(YESTERDAY, ANCHOR)) == []


async def test_a_created_call_tells_of_its_life(client: httpx.AsyncClient, simulator: Simulator, clock: Clock) -> None:
    began = clock.now
    body = {"assistantId": "asst-1", "phoneNumberId": "p", "customer": {"number": "+15550100001"}}
    identifier = (await client.post("/call", json=body)).json()["id"]
    clock.advance(3600)
    told = [content(m) for m in simulator.messages(began, clock.now) if m.call == identifier]
    assert [m["status"] for m in told if "status" in m] == TELEPHONE
    assert {m["customer"]["number"] for m in told} == {"+15550100001"}


async def test_deleted_calls_are_told_and_send_nothing_more(
    client: httpx.AsyncClient, simulator: Simulator, clock: Clock
) -> None:
    first, second, live = *simulator.ids(500, 502), simulator.sample("talking")
    await client.request("DELETE", f"/call/{first}", json={"ids": [second, live]})
    deleted_at = clock.now
    clock.advance(3600)
    told = [m for m in simulator.messages(deleted_at, clock.now) if m.call in {first, second, live}]
    assert sorted(m.call for m in told) == sorted([first, second, live])
    assert {m.type for m in told} == {"call.deleted"}
    assert {content(m)["call"]["status"] for m in told} <= {"queued", "ringing"}


def test_a_call_can_be_deleted_without_a_word(simulator: Simulator, clock: Clock) -> None:
    live, deleted_at = simulator.sample("talking"), clock.now
    simulator.delete(live, announced=False)
    clock.advance(3600)
    assert live not in {m.call for m in simulator.messages(deleted_at, clock.now)}


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 3600), max_size=6))
def test_however_time_is_cut_every_message_is_sent_once(cuts: list[int]) -> None:
    simulator: Simulator = create(
        seed=7, calls=300, live=2, anchor=ANCHOR, clock=lambda: ANCHOR, webhooks=Webhooks(URL)
    ).state.simulator
    since = ANCHOR - timedelta(hours=1)
    moments = [since, *(since + timedelta(seconds=cut) for cut in sorted(cuts)), ANCHOR]
    pieces = [m for low, high in pairwise(moments) for m in simulator.messages(low, high)]
    whole = list(simulator.messages(since, ANCHOR))
    assert sorted(pieces, key=lambda m: (m.moment, m.id)) == sorted(whole, key=lambda m: (m.moment, m.id))
    assert len({m.id for m in whole}) == len(whole) > 0
