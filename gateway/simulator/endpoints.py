"""What Vapi's routes do: calls are read, created, renamed and deleted; the organisation is only read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from gateway.simulator import bodies, ids, listing
from gateway.simulator.answers import Json
from gateway.simulator.customers import JsonObject
from gateway.simulator.errors import Refusal
from gateway.simulator.kinds import Channel
from gateway.simulator.organisation import Organisation
from gateway.simulator.plans import Plan
from gateway.simulator.simulator import Simulator

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

NO_NUMBER = "Couldn't Get Phone Number. Need Either `phoneNumberId` Or `phoneNumber`."
NO_UUID = "Validation failed (uuid is expected)"
CONCURRENCY_LIMIT = 10


async def list_calls(request: Request) -> Response:
    """GET /call."""
    return Json(_simulator(request).list(listing.filters(request.query_params)))


async def get_call(request: Request) -> Response:
    """GET /call/{id}: with presigned URLs, new on each read; they lead to this simulator's own storage."""
    return Json(_simulator(request).read(_call(request), f"{request.base_url}storage"))


async def create_call(request: Request) -> Response:
    """POST /call: one call, or one for each of ``customers``."""
    body = await bodies.body(request, bodies.CREATE)
    channel = _channel(body)
    simulator = _simulator(request)
    if "customers" in body:
        return Json(_batch(simulator, body, channel), 201)
    return Json(_new(simulator, body, channel) | _limits(simulator), 201)


async def create_web_call(request: Request) -> Response:
    """POST /call/web: what the web SDK sends."""
    body = await bodies.body(request, bodies.CREATE_WEB)
    simulator = _simulator(request)
    row = _new(simulator, body, Channel.WEB)
    return Json(row | {"artifactPlan": {"videoRecordingEnabled": False}}, 201)


async def update_call(request: Request) -> Response:
    """PATCH /call/{id}: the name and nothing else."""
    plan, simulator = _call(request), _simulator(request)
    body = await bodies.body(request, bodies.UPDATE)
    if "name" in body:
        simulator.world.rename(plan, body["name"], simulator.now)
    return Json(simulator.world.record(plan, simulator.now))


async def delete_call(request: Request) -> Response:
    """DELETE /call/{id}: with ``ids`` in the body, those too; each sends call.deleted. Vapi takes hours for many."""
    plan, simulator = _call(request), _simulator(request)
    body = await bodies.body(request, bodies.DELETE)
    row = simulator.world.record(plan, simulator.now)
    more = (simulator.world.find(str(identifier), simulator.now) for identifier in body.get("ids") or [])
    for found in [plan, *filter(None, more)]:
        simulator.world.delete(found, simulator.now)
    return Json(row)


def lists(table: Callable[[Organisation], list[JsonObject]]) -> Endpoint:
    """GET /assistant and the like: the rows of a small table."""

    async def endpoint(request: Request) -> Response:
        wanted = listing.filters(request.query_params, listing.PARAMETERS)
        return Json(listing.rows(table(_simulator(request).world.organisation), wanted))

    return endpoint


def reads(table: Callable[[Organisation], list[JsonObject]]) -> Endpoint:
    """GET /assistant/{id} and the like."""

    async def endpoint(request: Request) -> Response:
        identifier = _id(request)
        rows = table(_simulator(request).world.organisation)
        row = next((row for row in rows if row["id"] == identifier), None)
        if row is None:
            raise Refusal(404, "Not Found")
        return Json(row)

    return endpoint


def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


def _id(request: Request) -> str:
    identifier: str = request.path_params["id"]
    if ids.version(identifier) is None:
        raise Refusal(400, NO_UUID)
    return identifier.lower()


def _call(request: Request) -> Plan:
    simulator = _simulator(request)
    plan = simulator.world.find(_id(request), simulator.now)
    if plan is None:
        raise Refusal(404, "Not Found")
    return plan


def _channel(body: dict[str, Any]) -> Channel:
    """A call over POST /call needs a number of ours, even with a Daily transport; a websocket does not."""
    transport = body.get("transport")
    if isinstance(transport, dict) and transport.get("provider") == "vapi.websocket":
        return Channel.WEBSOCKET
    if not body.get("phoneNumberId") and not body.get("phoneNumber"):
        raise Refusal(400, NO_NUMBER)
    return Channel.OUTBOUND


def _new(simulator: Simulator, body: dict[str, Any], channel: Channel) -> JsonObject:
    now = simulator.now
    return simulator.world.record(simulator.world.created.add(body, channel, now), now)


def _batch(simulator: Simulator, body: dict[str, Any], channel: Channel) -> JsonObject:
    """A CallBatchResponse; a customer who cannot be reached becomes an error of it."""
    shared = {name: value for name, value in body.items() if name != "customers"}
    reachable = [c for c in body["customers"] if c.get("number") or c.get("sipUri")]
    lost = [c for c in body["customers"] if c not in reachable]
    return {
        "results": [_new(simulator, shared | {"customer": customer}, channel) for customer in reachable],
        "errors": [{"customer": customer, "error": "Customer Has Neither Number Nor SIP URI."} for customer in lost],
        **_limits(simulator),
    }


def _limits(simulator: Simulator) -> JsonObject:
    remaining = max(0, CONCURRENCY_LIMIT - simulator.world.under_way(simulator.now))
    return {
        "subscriptionLimits": {
            "concurrencyBlocked": False,
            "concurrencyLimit": CONCURRENCY_LIMIT,
            "remainingConcurrentCalls": remaining,
        }
    }
