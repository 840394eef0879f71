"""GraphiQL: the page that a browser gets who opens ``/graphql``, for trying out queries by hand.

All that it needs comes from this server: ``.ci/graphiql`` makes one script and one style sheet, which are kept under
``assets`` with the licences of what is in them. The page itself tells nothing of the schema; its script asks for that
as every client does, with the headers that somebody writes into its header editor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.web.media_types import prefers_html

ASSETS: Final = Path(__file__).parent / "assets"
FILES: Final = ("graphiql.js", "graphiql.css", "LICENSES.txt")
"""What is answered below ``/graphiql/``."""
_FOLDER: Final = "/graphiql/"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
"""What the page may load: its script and its style from here, and it may ask nobody else."""


class GraphiQL:
    """Before everything that asks who somebody is: the page for browsers that open ``page``, and what it is made of.

    There is nothing of anybody in it. Everything else, and whoever asks for data, goes on to ``app``.
    """

    def __init__(self, app: ASGIApp, *, page: str) -> None:
        self._app = app
        self._page = page
        self._files = StaticFiles(directory=ASSETS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
        elif scope["path"] == self._page and prefers_html(Headers(scope=scope).get("accept")):
            await _page()(scope, receive, send)
        elif (name := scope["path"].removeprefix(_FOLDER)) in FILES:
            response = await self._files.get_response(name, scope)  # 304 where the browser has it
            response.headers["Cache-Control"] = "no-cache"
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _page() -> FileResponse:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "Vary": "Accept"}
    return FileResponse(ASSETS / "page.html", headers=headers, media_type="text/html")
