"""Straight: requests to a path that leads to one application whatever their method, handed to it at once.

Starlette's router tries its routes one after the other, with a pattern each, and wraps what it finds in handlers for
exceptions that such an application answers itself: a third of what a call from memory costs.
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send


class Straight:
    """Asks these routes first by their path alone; ``app`` has them too, and all others."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._by_path = {
            r.path: r.app for r in routes if isinstance(r, Route) and not r.methods and not r.param_convertors
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._by_path.get(scope["path"]) if scope["type"] == "http" else None
        await (found or self._app)(scope, receive, send)
