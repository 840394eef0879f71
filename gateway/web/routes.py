"""Routes: what is where."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from gateway.web.auth import QUERY_KEY, Door, Guard
from gateway.web.graphql import GraphQLView
from gateway.web.health import Health, livez
from gateway.web.recordings import RecordingView
from gateway.web.webhooks import WebhookView


def routes(
    guard: Guard,
    graphql: GraphQLView,
    *,
    recordings: RecordingView,
    exports: ASGIApp,
    odata: ASGIApp,
    webhooks: WebhookView,
    health: Health,
) -> list[BaseRoute]:
    """Everything that the gateway answers to; `gateway.web.refusals.HANDLERS` refuses the rest in JSON.

    What tells of calls is behind a `Door`. Webhooks prove by themselves where they come from, and whether the process
    is well tells nobody anything.
    """
    of_odata = Door(odata, guard, basic=True, in_query=QUERY_KEY)
    return [
        Route("/graphql", Door(graphql, guard)),
        Route("/calls/{id}/recording", Door(recordings, guard), methods=["GET"]),
        Route("/export/{file}", Door(exports, guard, basic=True), methods=["GET"]),
        Route("/odata", of_odata, methods=["GET"]),
        Route("/odata/{path:path}", of_odata, methods=["GET"]),
        Route("/webhooks/vapi", webhooks, methods=["POST"]),
        Route("/livez", livez),
        Route("/readyz", health.readyz),
    ]
