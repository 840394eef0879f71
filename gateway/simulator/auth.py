"""Who may ask: Cloudflare's rule about the User-Agent first, then the kind of key.

The texts are those that users of Vapi report; ``POST /call/web`` wants the public key, everything else the private one.
"""

from __future__ import annotations

import dataclasses

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.simulator.errors import shaped

WRONG_KIND = "Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa."
UNKNOWN = "Unauthorized"
NO_AGENT = "error code: 1010"
OPEN = ("/control", "/storage")


@dataclasses.dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of the organisation."""

    private: str
    public: str


@dataclasses.dataclass(frozen=True, slots=True)
class Door:
    """Lets a request through to ``app`` when its headers are right."""

    app: ASGIApp
    keys: Keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI interface."""
        refusal = None if scope["type"] != "http" else objection(Request(scope), self.keys)
        await (refusal or self.app)(scope, receive, send)


def objection(request: Request, keys: Keys) -> Response | None:
    """The answer to a request that may not enter."""
    if request.url.path.startswith(OPEN):
        return None
    if not request.headers.get("user-agent"):
        return PlainTextResponse(NO_AGENT, 403)
    wanted, other = keys.private, keys.public
    if (request.method, request.url.path) == ("POST", "/call/web"):
        wanted, other = other, wanted
    return _key(request.headers.get("authorization", ""), wanted, other)


def _key(authorization: str, wanted: str, other: str) -> Response | None:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() == "bearer" and key == wanted:
        return None
    return shaped(401, WRONG_KIND if scheme.lower() == "bearer" and key == other else UNKNOWN)
