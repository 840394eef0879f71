"""Routes: what is where."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from gateway.web.graphql import GraphQLView
from gateway.web.health import livez, readyz


def routes(graphql: GraphQLView) -> list[BaseRoute]:
    """Everything that the gateway answers to; `gateway.web.refusals.HANDLERS` refuses the rest in JSON."""
    return [
        Route("/graphql", graphql),
        Route("/livez", livez),
        Route("/readyz", readyz),
    ]
