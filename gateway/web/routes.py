"""Routes: what is where."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from gateway.web.graphql import GraphQLView
from gateway.web.health import Health, livez
from gateway.web.webhooks import WebhookView


def routes(graphql: GraphQLView, *, webhooks: WebhookView, health: Health) -> list[BaseRoute]:
    """Everything that the gateway answers to; `gateway.web.refusals.HANDLERS` refuses the rest in JSON."""
    return [
        Route("/graphql", graphql),
        Route("/webhooks/vapi", webhooks, methods=["POST"]),
        Route("/livez", livez),
        Route("/readyz", health.readyz),
    ]
