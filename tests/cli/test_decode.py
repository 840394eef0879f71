"""``gateway decode`` shows what the gateway reads in a saved call or webhook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main

WEB_CALL = {
    "id": "019fedaf-549c-7000-8625-582e741edd7f",
    "type": "webCall",
    "status": "ended",
    "endedReason": "customer-ended-call",
    "startedAt": "2026-08-10T21:58:38.944Z",
    "endedAt": "2026-08-10T21:58:49.798Z",
    "monitor": {"listenUrl": "wss://canary.invalid/listen"},
    "assistantOverrides": {"metadata": {"customerId": 42, "customerName": "Ada Example", "token": "canary"}},
}


def decode(tmp_path: Path, saved: Any) -> Result:
    """The command's answer to a file that holds this."""
    path = tmp_path / "saved.json"
    path.write_text(saved if isinstance(saved, str) else json.dumps(saved), encoding="utf-8")
    return CliRunner(env={"GATEWAY_IDENTITY_KEY": "sixteen letters!"}).invoke(main, ["decode", str(path)])


def test_a_saved_call_is_shown_by_the_names_of_the_schema(tmp_path: Path) -> None:
    shown = json.loads(decode(tmp_path, WEB_CALL).stdout)
    assert shown["durationSeconds"] == 10.854
    assert shown["endedReasonCategory"] == "CUSTOMER_ENDED"
    assert shown["customer"] == {
        "key": "id:42",
        "customerId": "42",
        "name": "Ada Example",
        "keyTrust": "CLIENT",
        "provenance": {
            "customerId": "assistantOverrides.metadata.customerId (METADATA, CLIENT)",
            "name": "assistantOverrides.metadata.customerName (METADATA, CLIENT)",
        },
    }


def test_a_saved_webhook_is_shown_with_what_its_message_says(tmp_path: Path) -> None:
    snapshot = {**WEB_CALL, "status": "queued", "endedReason": None}
    message = {"type": "end-of-call-report", "call": snapshot, "endedReason": "silence-timed-out", "cost": 0.5}
    shown = json.loads(decode(tmp_path, {"message": message}).stdout)
    assert (shown["status"], shown["endedReason"], shown["cost"]) == ("ENDED", "silence-timed-out", 0.5)


def test_each_call_of_a_saved_list_is_shown(tmp_path: Path) -> None:
    out = decode(tmp_path, [WEB_CALL, {**WEB_CALL, "id": "second"}]).stdout
    assert out.count('"id":') == 2


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    assert "canary" not in decode(tmp_path, WEB_CALL).output


def test_what_cannot_be_read_is_told_beside(tmp_path: Path) -> None:
    result = decode(tmp_path, {**WEB_CALL, "cost": {"usd": 1}})
    assert "Call.cost is object, not Float" in result.stderr
    assert json.loads(result.stdout)["status"] == "ENDED"


@pytest.mark.parametrize("saved", ["", "{", '{"id": ', "[" * 5000])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, saved: str) -> None:
    result = decode(tmp_path, saved)
    assert result.exit_code == 1
    assert "saved.json holds no JSON that can be read" in result.stderr


def test_a_text_outside_a_closed_set_is_shown_as_graphql_answers_it(tmp_path: Path) -> None:
    shown = json.loads(decode(tmp_path, {**WEB_CALL, "status": "on-hold"}).stdout)
    assert (shown["status"], shown["statusRaw"]) == ("UNKNOWN", "on-hold")


@pytest.mark.parametrize("saved", [None, [], {}, 7])
def test_a_file_that_holds_no_call_is_named(tmp_path: Path, saved: Any) -> None:
    result = decode(tmp_path, saved)
    assert result.exit_code == 1
    assert "saved.json holds no call" in result.stderr


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    assert decode(tmp_path, "\ufeff" + json.dumps(WEB_CALL)).exit_code == 0


def test_decoding_leaves_no_identity_key_behind(tmp_path: Path) -> None:
    path = tmp_path / "call.json"
    path.write_text(json.dumps({**WEB_CALL, "customer": {"number": "+14155550100"}}), encoding="utf-8")
    about = {"GATEWAY_DATA_DIR": str(tmp_path / "data"), "GATEWAY_IDENTITY_KEY": None}
    assert CliRunner(env=about).invoke(main, ["decode", str(path)]).exit_code == 0
    assert not (tmp_path / "data").exists()
