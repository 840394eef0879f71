"""Erasure: a person is forgotten everywhere, and stays so, though upstream still has the calls."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from gateway import app
from gateway.domain.allowance import Allowance
from gateway.domain.principal import ANONYMOUS
from gateway.errors import SettingsInvalid
from gateway.graph.context import Context
from gateway.observe.events import silence
from gateway.settings import AttributeSettings, CustomerSettings
from tests.e2e.clocks import Clock
from tests.e2e.gateways import quick_settings

pytestmark = pytest.mark.anyio

IDS: Final = [f"019fedaf-549c-7000-8625-5800000000{n:02}" for n in range(6)]
CANARIES: Final = ("Canary-Name", "canary-mail", "4155550177", "canaryword", "Canary-Plan", "canary-summary")


def call(number: int, customer: str) -> dict[str, Any]:
    """A settled call of a customer, with canaries in every part of it."""
    mine = customer == "42"
    return {
        "id": IDS[number],
        "orgId": "org",
        "type": "webCall",
        "status": "ended",
        "createdAt": f"2026-08-30T10:0{number}:00.000Z",
        "updatedAt": f"2026-08-30T10:0{number}:30.000Z",
        "startedAt": f"2026-08-30T10:0{number}:01.000Z",
        "endedAt": f"2026-08-30T10:0{number}:20.000Z",
        "cost": 0.25,
        "assistantOverrides": {
            "metadata": {
                "customerId": customer,
                "customerName": "Canary-Name" if mine else "Ada",
                "email": "canary-mail@example.com" if mine else "ada@example.com",
                "customerNumber": "+14155550177" if mine else "+14155550100",
                "plan": "Canary-Plan" if mine else "pro",
            }
        },
        "artifact": {"transcript": "AI: canaryword\n" if mine else "AI: hello\n"},
        "analysis": {"summary": "canary-summary" if mine else "They said hello."},
    }


CALLS: Final = {each["id"]: each for each in [call(0, "42"), call(1, "7"), call(2, "42"), call(3, "7")]}


def vapi(request: httpx.Request) -> httpx.Response:
    """An upstream that has all of these calls, and always will."""
    _, _, call_id = request.url.path.partition("/call/")
    if call_id:
        return httpx.Response(200, json=CALLS[call_id])
    rows = sorted(CALLS.values(), key=lambda row: str(row["createdAt"]), reverse=True)
    bounds = (request.url.params.get("createdAtGe", ""), request.url.params.get("createdAtLe", "9"))
    return httpx.Response(200, json=[row for row in rows if bounds[0] <= str(row["createdAt"]) <= bounds[1]])


def found(folder: Path) -> list[str]:
    """The canaries that any file of the mirror still holds."""
    held = b"".join(file.read_bytes() for file in sorted(folder.iterdir()))
    return [canary for canary in CANARIES if canary.encode() in held]


async def asked(built: app.Gateway, query: str) -> Any:
    """The data of the answer to a query."""
    context = Context(
        request_id="test", principal=ANONYMOUS, allowance=Allowance(None), services=built.services, now=built.clock()
    )
    result = await app.schema_of(built.catalog).execute(query, context_value=context)
    assert result.errors is None, result.errors
    return result.data


@pytest.mark.parametrize("said_by", ["backfill", "webhook too"])
async def test_nothing_of_an_erased_person_is_left_and_upstream_does_not_bring_it_back(
    tmp_path: Path, said_by: str
) -> None:
    """Content, documents, search, customer and webhooks are gone from every file; the outlines of the calls stay."""
    clock = Clock(dt.datetime(2026, 8, 30, 12, tzinfo=dt.UTC))
    settings = quick_settings(data_dir=tmp_path)
    built = app.gateway(settings, listen=silence, clock=clock, transport=httpx.MockTransport(vapi))
    async with built.opened():
        await built.keeper.backfilling.step()
        await built.following.step()
        if said_by == "webhook too":
            report = {"type": "end-of-call-report", "call": CALLS[IDS[0]], "analysis": {"summary": "canary-summary"}}
            await built.webhooks.receive(json.dumps({"message": report}).encode())
            await built.webhooks.drain()
        assert (await asked(built, '{ calls(where: {search: "canaryword"}) { totalCount } }'))["calls"][
            "totalCount"
        ] == 2

        other_process = app.maintenance(settings)
        async with other_process.opened():
            erased = await other_process.erase("id:42")
        await built.following.step()

        assert erased == 2
        assert found(tmp_path) == []
        await built.keeper.backfilling.again(clock.now)
        await built.keeper.backfilling.step()
        left = await asked(built, "{ calls { totalCount nodes { id } } customers { nodes { key } } }")
        assert left["calls"]["totalCount"] == 2
        assert [node["key"] for node in left["customers"]["nodes"]] == ["id:7"]
        outline = await asked(
            built, f'{{ call(id: "{IDS[0]}", maxAge: 0) {{ id cost customer {{ name }} freshness {{ state }} }} }}'
        )
        assert outline["call"] == {
            "id": IDS[0],
            "cost": 0.25,
            "customer": {"name": None},
            "freshness": {"state": "DELETED"},
        }
        await built.mirror.database.checkpoint()
    assert found(tmp_path) == []


async def test_who_erases_must_know_all_columns_of_the_mirror(tmp_path: Path) -> None:
    """With other declarations than the gateway that keeps it, something would be left; and nothing of it is changed."""
    built = app.gateway(quick_settings(data_dir=tmp_path), transport=httpx.MockTransport(vapi))
    plan = AttributeSettings(name="plan", type="String", description="The plan.")
    other = app.maintenance(quick_settings(data_dir=tmp_path, customer=CustomerSettings(attributes=(plan,))))
    async with built.opened(), other.opened():
        before = await built.mirror.state.load("reading")
        with pytest.raises(SettingsInvalid, match="other declarations"):
            await other.erase("id:42")
        assert await built.mirror.state.load("reading") == before
