"""The outer walls: what every request passes before anybody asks who sent it."""

from __future__ import annotations

from typing import Final

from starlette.middleware import Middleware

from gateway.settings import Settings
from gateway.web.graphiql import GraphiQL
from gateway.web.middleware.cors import Cors
from gateway.web.middleware.cross_origin import CrossOrigin
from gateway.web.middleware.hosts import Hosts, is_loopback
from gateway.web.middleware.security import SecurityHeaders

_HEALTH: Final = ("/livez", "/readyz")
_WEBHOOKS: Final = "/webhooks/vapi"
_GRAPHQL: Final = "/graphql"


def outer(settings: Settings) -> list[Middleware]:
    """What adds to every answer, refusals included."""
    cors = [Middleware(Cors, origins=settings.cors_origins)] if settings.cors_origins else []
    return [Middleware(SecurityHeaders), *cors]


def inner(settings: Settings) -> list[Middleware]:
    """What refuses requests by where they come from and by what name they ask; then the page for browsers."""
    pages = (_GRAPHQL,) if settings.graphiql else ()
    crossing = Middleware(CrossOrigin, origins=settings.cors_origins, pages=pages)
    graphiql = [Middleware(GraphiQL, page=page) for page in pages]
    if not _looks_at_names(settings):
        return [crossing, *graphiql]
    open_to_all = _HEALTH if settings.webhook_anonymous else (*_HEALTH, _WEBHOOKS)
    return [Middleware(Hosts, names=settings.hosts, open_to_all=open_to_all), crossing, *graphiql]


def _looks_at_names(settings: Settings) -> bool:
    """Whether it matters by what name the gateway is asked: where it was stated, or nobody is asked who they are.

    A gateway that anonymous callers reach from beyond this machine cannot know the names that lead to it.
    """
    if "*" in settings.hosts:
        return False
    opens_to_anybody = settings.allow_anonymous or settings.webhook_anonymous
    return bool(settings.hosts) or (opens_to_anybody and is_loopback(settings.host))
