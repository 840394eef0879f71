"""``gateway webhooks list`` and ``replay``."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from gateway import app
from gateway.cli.main import main
from gateway.cli.webhooks import command, revived, table
from gateway.ports import Delivery
from gateway.settings import Settings, load
from tests.domain.saved_webhooks import CALL_ID, body, message
from tests.services.ledgers import MemoryLedger

AT: Final = dt.datetime(2026, 8, 19, 12, 30, 0, 123_000, tzinfo=dt.UTC)


async def ledger(dead: int, waiting: int = 1) -> MemoryLedger:
    """A ledger with so many dead letters, and entries that wait behind them."""
    made = MemoryLedger()
    await made.keep([Delivery(received_at=AT, type="status-update", call_id=None, body=b"{}")] * (dead + waiting))
    for number in range(1, dead + 1):
        await made.bury(number, "status-update without the id of a call")
    return made


@pytest.mark.anyio
async def test_dead_letters_are_shown_in_columns() -> None:
    (dead,) = await (await ledger(1)).dead(10)
    of_a_call = dataclasses.replace(dead, id=100, delivery=dataclasses.replace(dead.delivery, call_id=CALL_ID))
    assert table([dead, of_a_call]) == [
        "ID   TYPE           RECEIVED                   CALL                                  REASON",
        "1    status-update  2026-08-19T12:30:00+00:00  -                                     "
        "status-update without the id of a call",
        "100  status-update  2026-08-19T12:30:00+00:00  019fedaf-549c-7000-8625-582e741edd7f  "
        "status-update without the id of a call",
    ]


def test_where_there_are_none_it_says_so() -> None:
    assert table([]) == ["There are no dead letters."]


@pytest.mark.anyio
async def test_those_that_are_named_wait_again() -> None:
    made = await ledger(3)
    assert await revived(made, [3, 1, 3, 4, 99]) == 2
    assert [entry.id for entry in await made.dead(10)] == [2]


@pytest.mark.anyio
async def test_all_wait_again_however_many_there_are() -> None:
    made = await ledger(1_201)
    assert await revived(made, None) == 1_201
    assert await made.dead(10) == []


def buried(settings: Settings) -> None:
    """Leave a dead letter in the ledger of a gateway with these settings."""

    async def bury() -> None:
        built = app.gateway(settings)
        async with built.opened():
            webhooks = built.webhooks
            await webhooks.receive(body(message("status_update_in_progress", call={})))
            await webhooks.drain()

    asyncio.run(bury())


def test_a_dead_letter_of_the_mirror_is_shown_until_it_is_replayed(tmp_path: Path) -> None:
    buried(load(data_dir=tmp_path, upstream_key=SecretStr("key")))
    runner = CliRunner(env={"GATEWAY_DATA_DIR": str(tmp_path)})
    shown = runner.invoke(main, ["webhooks", "list"]).output.splitlines()
    assert shown[1].startswith("1   status-update")
    assert shown[1].endswith("status-update without the id of a call")
    assert runner.invoke(main, ["webhooks", "replay", "1"]).output == "1 webhook waits to be applied again.\n"
    assert runner.invoke(main, ["webhooks", "list"]).output == "There are no dead letters.\n"
    again = runner.invoke(main, ["webhooks", "replay", "1"])
    assert (again.exit_code, again.stderr) == (1, "Error: 1 of the 1 ids are no dead letters\n")


@pytest.mark.parametrize("arguments", [[], ["--all", "7"]])
def test_either_ids_or_all_must_be_said(arguments: list[str]) -> None:
    result = CliRunner().invoke(command, ["replay", *arguments])
    assert result.exit_code == 2
    assert "Name the ids that `gateway webhooks list` shows, or say --all." in result.output


@pytest.mark.parametrize("identifier", ["0", "-1", "x"])
def test_an_id_is_a_number(identifier: str) -> None:
    assert CliRunner().invoke(command, ["replay", "--", identifier]).exit_code == 2
