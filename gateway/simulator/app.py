"""The simulator's ASGI application: its routes as a list, and what stands before them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from gateway.simulator import control, endpoints, storage
from gateway.simulator.auth import OPEN, Door, Keys
from gateway.simulator.errors import Refusal, refused, unrouted
from gateway.simulator.faults import Order, Weather
from gateway.simulator.moments import DAY, milliseconds
from gateway.simulator.organisation import Organisation
from gateway.simulator.sender import Post, sending
from gateway.simulator.simulator import Simulator
from gateway.simulator.timeline import Timeline
from gateway.simulator.webhooks import Webhooks
from gateway.simulator.world import World


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def create(
    *,
    seed: int = 1,
    calls: int = 5000,
    live: int = 5,
    private_key: str = "sim-private-key",
    public_key: str = "sim-public-key",
    clock: Callable[[], datetime] = utc_now,
    anchor: datetime | None = None,
    retention_days: float | None = None,
    webhooks: Webhooks | None = None,
    post: Post | None = None,
    shuffled: bool = False,
) -> Starlette:
    """A simulated Vapi with ``calls`` calls of the past, the newest created at ``anchor`` (now, when not given).

    ``live`` calls are always under way. The Python handle is ``app.state.simulator``. Calls older than
    ``retention_days`` are forgotten (14 on Vapi's pay-as-you-go plan). What becomes due for ``webhooks`` is sent, by
    HTTP unless ``post`` is given, for as long as the lifespan lasts. ``shuffled``: see ``Simulator``.
    """
    newest = milliseconds(anchor or clock())
    retention = None if retention_days is None else int(retention_days * DAY)
    world = World(Timeline(seed, calls, newest), Organisation(seed, newest), live, retention)
    simulator = Simulator(world, clock, webhooks=webhooks, shuffled=shuffled)

    def lifespan(_: Starlette) -> AbstractAsyncContextManager[None]:
        return sending(simulator, post)

    app = Starlette(
        lifespan=lifespan,
        routes=routes(),
        middleware=[
            Middleware(Weather, due=lambda scope: due(simulator, scope)),
            Middleware(Door, keys=Keys(private_key, public_key)),
        ],
        exception_handlers={Refusal: refused, HTTPException: unrouted},
    )
    app.state.simulator = simulator
    return app


def routes() -> list[BaseRoute]:
    """Vapi's routes, then its storage, then the simulator's own."""
    return [
        Route("/call", endpoints.list_calls, methods=["GET"]),
        Route("/call", endpoints.create_call, methods=["POST"]),
        Route("/call/web", endpoints.create_web_call, methods=["POST"]),
        Route("/call/{id}", endpoints.get_call, methods=["GET"]),
        Route("/call/{id}", endpoints.update_call, methods=["PATCH"]),
        Route("/call/{id}", endpoints.delete_call, methods=["DELETE"]),
        Route("/assistant", endpoints.lists(lambda ours: ours.assistants), methods=["GET"]),
        Route("/assistant/{id}", endpoints.reads(lambda ours: ours.assistants), methods=["GET"]),
        Route("/squad", endpoints.lists(lambda ours: ours.squads), methods=["GET"]),
        Route("/squad/{id}", endpoints.reads(lambda ours: ours.squads), methods=["GET"]),
        Route("/phone-number", endpoints.lists(lambda ours: ours.phone_numbers), methods=["GET"]),
        Route("/phone-number/{id}", endpoints.reads(lambda ours: ours.phone_numbers), methods=["GET"]),
        Route(f"{storage.PATH}/{{name}}", storage.get_file, methods=["GET"]),
        Route("/control", control.show, methods=["GET"]),
        Route("/control/faults", control.fail, methods=["POST"]),
        Route("/control/faults", control.clear, methods=["DELETE"]),
        Route("/control/webhooks", control.aim, methods=["POST"]),
        Route("/control/webhooks", control.silence, methods=["DELETE"]),
        Route("/control/reset", control.reset, methods=["POST"]),
    ]


def due(simulator: Simulator, scope: Scope) -> list[Order]:
    """Count a request, and the faults that it meets; its own routes and the storage meet none and are not counted."""
    if scope["path"].startswith(OPEN):
        return []
    simulator.requests[f"{scope['method']} {template(scope)}"] += 1
    return simulator.faults.due(scope["path"])


def template(scope: Scope) -> str:
    """The path of the route that a request takes: ``/call/{id}``."""
    for route in scope["app"].routes:
        if isinstance(route, Route) and route.matches(scope)[0] is Match.FULL:
            return route.path
    return "(no route)"
