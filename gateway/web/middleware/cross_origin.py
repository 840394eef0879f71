"""Cross-origin requests: what a page of another origin makes a browser send, without being allowed to by CORS.

A browser sends simple requests of any page and only keeps the answer from it: by then a gateway that asks nobody who
they are would have done the work. The rules, in this order:

==================================================  ================================================================
``Sec-Fetch-Site: same-origin`` or ``none``         taken: our own page, or somebody who typed the address
a navigation to a page of ours                      taken: a link leads here
``Origin``                                          taken if it is our own, or allowed by CORS; refused otherwise
``Sec-Fetch-Site: cross-site``                      refused: an image, a frame or a script of another site
neither                                             taken: no browser, or one that follows a link
==================================================  ================================================================

No page can set or take away these headers; whoever is no browser can, and has nothing to gain by it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.web.refusals import CROSS_ORIGIN, refused

_READ: Final = {
    name.encode(): name for name in ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest", "origin", "host")
}
_PORTS: Final[Mapping[str, int]] = {"http": 80, "https": 443}


class CrossOrigin:
    """Refuses them; ``pages`` are the paths of pages that other sites may lead to."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str], pages: Collection[str] = ()) -> None:
        self._app = app
        self._origins = origins
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_taken(scope):
            await self._app(scope, receive, send)
            return
        reason = "The request comes from a page of another origin, which is not allowed to ask (GATEWAY_CORS_ORIGINS)"
        await refused(HTTPStatus.FORBIDDEN, reason, code=CROSS_ORIGIN)(scope, receive, send)

    def _is_taken(self, scope: Scope) -> bool:
        headers = {_READ[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _READ}
        if is_navigation(headers) and scope["method"] in ("GET", "HEAD") and scope["path"] in self._pages:
            return True
        return is_allowed(headers, lambda origin: "*" in self._origins or origin in self._origins)


def is_allowed(headers: Mapping[str, str], is_named: Callable[[str], bool]) -> bool:
    """Whether a request with these headers is taken; ``is_named`` tells the origins that CORS allows."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site in ("same-origin", "none"):
        return True
    if origin is not None:
        return is_named(origin) or is_own(origin, headers.get("host", ""))
    return site != "cross-site"


def is_navigation(headers: Mapping[str, str]) -> bool:
    """Whether somebody goes to an address, in a window and not in a frame."""
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == ("navigate", "document")


def is_own(origin: str, host: str) -> bool:
    """Whether an origin is the one that was asked, whatever the scheme: a proxy may have taken off TLS."""
    scheme, _, _ = origin.partition("://")
    if not host or scheme not in _PORTS:
        return False
    return _authority(origin, scheme) == _authority(f"{scheme}://{host}", scheme)


def _authority(url: str, scheme: str) -> tuple[str, int] | None:
    try:
        parts = urlsplit(url)
        return (parts.hostname or "").lower(), parts.port or _PORTS[scheme]
    except ValueError:
        return None
