"""CORS: which other origins' pages may read answers. They bear tokens, never cookies, so credentials are not allowed.

Starlette's middleware, whose refusals of preflights are told in JSON. It stands outside everything that refuses
requests, so that a page can read what it was refused for.
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from gateway.web.refusals import CROSS_ORIGIN, refused

_METHODS: Final = ("GET", "HEAD", "POST")
_EXPOSED: Final = ("X-Request-Id", "Retry-After", "ETag", "WWW-Authenticate", "Content-Range", "Accept-Ranges")


class Cors(CORSMiddleware):
    """Lets pages of these ``origins`` ask with any header and read the answers; ``*`` lets all of them."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=_METHODS,
            allow_headers=("*",),
            allow_private_network="*" not in origins,  # pages that were named may ask a gateway of their own network
            expose_headers=_EXPOSED,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """What a browser is told that asks whether a page may ask."""
        found = super().preflight_response(request_headers)
        headers = {name: value for name, value in found.headers.items() if not name.startswith("content-")}
        if found.status_code == HTTPStatus.OK:
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        reason = "A page of this origin may not ask this (GATEWAY_CORS_ORIGINS)"
        return refused(HTTPStatus.FORBIDDEN, reason, headers, code=CROSS_ORIGIN)
