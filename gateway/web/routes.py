"""Routes: what is where."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute, Mount, Route

from gateway.web.graphql import GraphQLView
from gateway.web.health import livez, readyz
from gateway.web.refusals import HANDLERS


def routes(graphql: GraphQLView) -> list[BaseRoute]:
    """Everything that the gateway answers to; whatever else is asked for is refused in JSON."""
    answered = [
        Route("/graphql", graphql),
        Route("/livez", livez),
        Route("/readyz", readyz),
    ]
    return [Mount("/", routes=answered, middleware=[Middleware(ExceptionMiddleware, handlers=HANDLERS)])]
