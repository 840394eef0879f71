"""A small siege of requests, and whether what it looks for would be found.

`python -m tests.siege.requests` is the same with 20,000 of them, and prints the figures.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

import pytest
from graphql import build_schema, parse, validate

from gateway.simulator.signing import Secret
from tests.siege import requests, watching
from tests.siege.asked import Asked, Place
from tests.siege.documents import Documents
from tests.siege.requests import besieged
from tests.siege.wire import Answer, Request

SCHEMA: Final = build_schema((Path(__file__).parents[2] / "schema.graphql").read_text(encoding="utf-8"))
KNOWN: Final = {"id": ["019fedaf-549c-7000-8625-582e741edd7f"]}
LINE: Final = "2026-11-22 22:35:31,095 ERROR RequestFailed request_id=a"


def test_whatever_is_sent_is_answered_in_order() -> None:
    with besieged(60) as there:
        figures = requests.run(there, requests=400, seed=20260901)
    assert not figures.findings, requests.table(figures)
    assert figures.requests == 400
    assert {"POST /graphql", "GET /graphql", "POST /webhooks/vapi", "any route", "schemathesis"} <= {
        door for door, _ in figures.answers
    }
    assert {200, 400, 401} <= {status for _, status in figures.answers}


def test_the_documents_that_are_changed_were_valid_ones() -> None:
    made = Documents(SCHEMA, KNOWN)
    written = [made.operation(random.Random(number)).query for number in range(200)]
    assert [query for query in written if validate(SCHEMA, parse(query))] == []
    assert len(set(written)) > 190


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(status=500, headers=(("content-type", "application/json"),), body=b"{}"), ["status 500"]),
        (Answer(status=0), ["no answer"]),
        (Answer(status=200, headers=(("content-type", "text/html"),), body=b"{}"), ["no JSON"]),
        (Answer(status=200, headers=(("content-type", "application/json"),), body=b"\xff"), ["no JSON"]),
        (Answer(status=200, headers=(("content-type", "application/json"),), body=b"{}", seconds=9), ["9.0 s"]),
        (Answer(status=400, headers=(("content-type", "application/json; charset=utf-8"),), body=b"{}"), []),
    ],
)
def test_an_answer_that_must_not_be_is_a_finding(answer: Answer, what: list[str]) -> None:
    assert list(requests.of_answer(Request(door="POST /graphql"), answer)) == what


def test_a_second_line_and_an_unforeseen_error_in_the_log_are_findings() -> None:
    told = list(requests.of_log([LINE, "Traceback (most recent call last):"]))
    assert len(told) == 3
    assert (
        list(
            requests.of_log(
                ["2026-11-22 22:35:31,095 WARNING WebhookRefused status=401", LINE[:23] + " INFO SyncBegun"]
            )
        )
        == []
    )


def test_a_secret_in_an_answer_or_in_the_log_is_found(tmp_path: Path) -> None:
    assert watching.secrets_in("a canary", ["canary", "bird"]) == ["canary"]
    log = watching.Log(tmp_path / "log")
    log.file.write_bytes(LINE.encode() + b"\nhalf of a li")
    assert log.new() == [LINE]
    assert log.new() == []
    assert log.kinds == {"RequestFailed": 1}


def test_the_same_seed_and_number_make_the_same_request() -> None:
    place = Place(
        schema=SCHEMA,
        known={**KNOWN, "ids": KNOWN["id"]},
        credentials=(None, "Bearer canary"),
        signers=(Secret("canary"),),
        paths=("/livez", "/calls/{call_id}/recording"),
        host=b"127.0.0.1",
    )
    one, two, other = Asked(1, place), Asked(1, place), Asked(2, place)
    assert [one.request(number).sent for number in range(100)] == [two.request(number).sent for number in range(100)]
    assert one.request(1) != other.request(1)
