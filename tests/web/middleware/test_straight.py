"""Straight: what has one application for a path is asked by its path, everything else by its routes."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.web.middleware.straight import Straight


class Door:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(f"door {scope['method']}")(scope, receive, send)


async def page(request: Request) -> Response:
    return PlainTextResponse(f"page {request.path_params.get('id', '')}")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/door", 200, "door GET"),
        ("POST", "/door", 200, "door POST"),
        ("GET", "/page/1", 200, "page 1"),
        ("POST", "/page/1", 405, "Method Not Allowed"),
        ("GET", "/door/", 307, ""),
        ("GET", "/nothing", 404, "Not Found"),
    ],
)
async def test_answers_are_those_of_the_router(method: str, path: str, status: int, text: str) -> None:
    routes = [Route("/door", Door()), Route("/page/{id}", page)]
    app = Starlette(routes=routes, middleware=[Middleware(Straight, routes=routes)])
    for served in (app, Starlette(routes=routes)):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served), base_url="http://x") as client:
            answer = await client.request(method, path)
        assert (answer.status_code, answer.text) == (status, text)
