"""Logs: each event on one line, those that come with every call tenfold more seldom, and no value of a call ever."""

from __future__ import annotations

import contextlib
import json
import logging
from typing import Any, Final

import httpx
import pytest

from gateway.errors import GatewayError
from gateway.observe import events, logs
from gateway.observe.events import AttributeUnreadable, Event, RequestFailed, RowDropped, UpstreamAnswered
from gateway.observe.logs import line, log_listener
from tests.graph.asking import KEY, WEB_CALL, running
from tests.observe.test_events import EVENTS

CANARY: Final = "canary-of-ada"


def written(*told: Event) -> list[tuple[int, str]]:
    """The lines that a listener writes for these events."""
    lines: list[tuple[int, str]] = []
    listen = log_listener(lambda level, text: lines.append((level, text)))
    for event in told:
        listen(event)
    return lines


def test_every_event_has_its_level() -> None:
    assert set(logs._LEVELS) == set(EVENTS)


def test_an_event_is_one_line_of_its_name_and_its_values() -> None:
    assert line(events.RefreshFailed(WEB_CALL, "UPSTREAM_UNAVAILABLE")) == (
        f"RefreshFailed call_id={WEB_CALL} code=UPSTREAM_UNAVAILABLE"
    )


def test_what_comes_with_every_call_is_written_once_and_then_every_tenfold() -> None:
    event = AttributeUnreadable("Call.cost", "Float", "object")
    lines = written(*[event] * 1_234)
    text = "AttributeUnreadable attribute=Call.cost expected=Float found=object"
    assert lines == [(logging.WARNING, f"{text} count={count}") for count in (1, 10, 100, 1_000)]


def test_each_kind_is_counted_by_itself() -> None:
    lines = written(
        AttributeUnreadable("Call.cost", "Float", "object"), AttributeUnreadable("Call.name", "String", "array")
    )
    assert len(lines) == 2
    assert len(written(RowDropped("empty"), RowDropped("empty"), RowDropped("without an id"))) == 2


def test_two_listeners_count_apart() -> None:
    event = RowDropped("empty")
    assert written(event) == written(event)


def test_every_failed_request_is_written() -> None:
    event = RequestFailed("r", "ValueError", "services/calls.py:1")
    assert written(event, event) == [(logging.ERROR, line(event))] * 2


def test_without_a_writer_the_log_of_the_gateway_is_written(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="gateway"):
        log_listener()(UpstreamAnswered("GET", "/call", "200", 0.25))
    assert caplog.record_tuples == [
        ("gateway", logging.DEBUG, "UpstreamAnswered method=GET route=/call outcome=200 seconds=0.25")
    ]


def everywhere(depth: int = 0) -> dict[str, Any]:
    """A call that says the canary wherever it says anything, and wherever it should say something else."""
    places = ("cost", "createdAt", "type", "status", "name", "transcript", "endedReason", "summary", "customerId")
    people = dict.fromkeys(("customerName", "email", "plan", "phone", "apiKey"), CANARY)
    nested: Any = everywhere(depth + 1) if depth < 2 else CANARY
    return {
        **dict.fromkeys(places, CANARY),
        "customer": {"name": CANARY, "number": CANARY, "email": [CANARY]},
        "metadata": people,
        "assistantOverrides": {"metadata": people, "variableValues": people},
        "artifact": {
            "messages": [{"role": CANARY, "message": CANARY, "time": CANARY}, CANARY],
            "structuredOutputs": CANARY,
        },
        "costs": [{"type": CANARY, "cost": CANARY}, {"type": "model", "promptTokens": CANARY}],
        CANARY: nested,
    }


@pytest.mark.anyio
@pytest.mark.parametrize("answer", ["call", "list", "garbage", "refusal", "failure", "exception"])
async def test_no_line_holds_a_value_of_a_call_or_the_key(answer: str) -> None:
    def upstream(request: httpx.Request) -> httpx.Response:
        if answer == "exception":
            raise ZeroDivisionError(CANARY)
        call = {**everywhere(), "id": WEB_CALL}
        body: dict[str, Any] = {"call": call, "list": [call, CANARY, {"x": CANARY}, {**call, "id": 7}]}
        status = {"refusal": 403, "failure": 503}.get(answer, 200)
        return httpx.Response(
            status, content=json.dumps(body.get(answer, CANARY)).encode() + b"}" * (answer == "garbage")
        )

    lines: list[str] = []
    query = """query ($id: ID!) {
      call(id: $id) { id cost artifact { messages { time } } costs { cost } customer { name plan } }
      calls { nodes { id cost createdAt customer { key } } }
    }"""
    listen = log_listener(lambda _, text: lines.append(text))
    async with running(upstream, listen=listen, upstream_attempts=2, filled=False) as there:
        await there.client.post("/graphql", json={"query": query, "variables": {"id": WEB_CALL}})
        with contextlib.suppress(GatewayError, ZeroDivisionError):
            await there.parts.keeper.backfilling.step()
        await there.client.post("/graphql", json={"query": query, "variables": {"id": WEB_CALL}})
    assert lines
    assert [text for text in lines if CANARY in text or KEY in text] == []
    assert [text for text in lines if "\n" in text] == []
