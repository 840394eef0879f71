"""The simulator's own routes: counters, faults, webhooks and reset. They need no key and are not counted."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.simulator.bodies import body
from gateway.simulator.errors import Refusal
from gateway.simulator.faults import Fault
from gateway.simulator.simulator import Simulator
from gateway.simulator.targets import TARGET, described, target

ORDER = frozenset({"fault", "times", "seconds", "status", "path"})
ERRORS = frozenset(status.value for status in HTTPStatus if status >= HTTPStatus.BAD_REQUEST)
TYPES: dict[str, tuple[type, ...]] = {
    "times": (int, type(None)),
    "seconds": (int, float, type(None)),
    "status": (int,),
    "path": (str, type(None)),
}


async def show(request: Request) -> Response:
    """GET /control."""
    return JSONResponse(_shown(request.app.state.simulator))


async def fail(request: Request) -> Response:
    """POST /control/faults."""
    order = await body(request, ORDER)
    refused = _objections(order)
    if refused:
        raise Refusal(400, refused)
    request.app.state.simulator.fail(order.pop("fault"), **order)
    return JSONResponse(_shown(request.app.state.simulator), 201)


async def clear(request: Request) -> Response:
    """DELETE /control/faults."""
    request.app.state.simulator.clear()
    return JSONResponse(_shown(request.app.state.simulator))


async def aim(request: Request) -> Response:
    """POST /control/webhooks: set the server URL."""
    simulator: Simulator = request.app.state.simulator
    simulator.webhooks = target(await body(request, TARGET))
    return JSONResponse(_shown(simulator), 201)


async def silence(request: Request) -> Response:
    """DELETE /control/webhooks: send nothing from now on."""
    simulator: Simulator = request.app.state.simulator
    simulator.webhooks = None
    return JSONResponse(_shown(simulator))


async def reset(request: Request) -> Response:
    """POST /control/reset."""
    request.app.state.simulator.reset()
    return JSONResponse(_shown(request.app.state.simulator))


def _shown(simulator: Simulator) -> dict[str, Any]:
    return {
        "requests": {**simulator.requests, "total": simulator.requests.total()},
        "faults": simulator.faults.described(),
        "webhooks": {
            "target": described(simulator.webhooks),
            **{name: simulator.deliveries[name] for name in ("sent", "failed", "retried")},
        },
        "calls": simulator.world.count(simulator.now),
        "samples": simulator.samples(),
    }


def _objections(order: dict[str, Any]) -> list[str]:
    wrong = [name for name, types in TYPES.items() if name in order and not isinstance(order[name], types)]
    refused = [f"{name} has the wrong type" for name in wrong]
    if order.get("fault") not in list(Fault):
        refused.append(f"fault must be one of {', '.join(Fault)}")
    if "status" not in wrong and order.get("status", 500) not in ERRORS:
        refused.append("status must be an error of HTTP, from 400 on")
    refused += [f"{name} must not be negative" for name in ("times", "seconds") if _is_negative(order.get(name))]
    return refused


def _is_negative(value: Any) -> bool:
    return isinstance(value, int | float) and value < 0
