"""Authentication: who asks is found out before anything else looks at a request.

Whatever is behind a `Door` knows its caller by `principal`; without a credential that opens it nothing is read of the
body, so that a stranger learns nothing of the schema.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.principal import ANONYMOUS, Principal
from gateway.errors import GatewayError, RateLimited, Unauthenticated
from gateway.web.connections import site
from gateway.web.rates import Rate
from gateway.web.refusals import refused, unavailable

LONGEST: Final = 16_384
"""Characters of the longest credential that is looked at."""
_BEARER: Final = re.compile(rb"bearer +([A-Za-z0-9._~+/=-]+) *", re.IGNORECASE)
_UNKNOWN: Final = (
    "The request has no credential, or one that opens nothing: send “Authorization: Bearer …” with an API key or a "
    "token"
)


class Credentials(Protocol):
    """A kind of credential: API keys, or tokens of an issuer."""

    async def known(self, token: str) -> Principal | None:
        """Whose credential this is; None where it opens nothing, for whatever reason.

        Raises `gateway.errors.GatewayError` where that cannot be found out at present.
        """
        ...


def principal(scope: Any) -> Principal:
    """Who makes the request with this scope; every application behind a `Door` can ask."""
    known: Principal = scope["state"]["principal"]
    return known


class Guard:
    """Who is let in, and how often: the same for every door of a gateway.

    ``credentials`` are asked in their order. ``anonymous``: whoever shows no credential is let in as `ANONYMOUS`, and
    is not counted, since that is for one's own machine. ``addresses`` and ``callers`` say how often each may ask.
    """

    def __init__(self, credentials: Sequence[Credentials], *, anonymous: bool, addresses: Rate, callers: Rate) -> None:
        self._credentials = tuple(credentials)
        self._anonymous = anonymous
        self._addresses = addresses
        self._callers = callers

    async def admitted(self, scope: Scope) -> Principal:
        """Who asks.

        Raises:
            RateLimited: this address, or this caller, asks too often.
            Unauthenticated: there is no credential that opens anything.
            GatewayError: it cannot be found out at present.
        """
        stated = [value for name, value in scope["headers"] if name == b"authorization"]
        if not stated and self._anonymous:
            return ANONYMOUS
        await self._addresses.count(_address(scope))  # before any work is done for somebody unknown
        token = _token(stated)
        known = await self._known(token) if token is not None else None
        if known is None:
            raise Unauthenticated(_UNKNOWN)
        await self._callers.count(known.name)
        return known

    async def _known(self, token: str) -> Principal | None:
        for kind in self._credentials:
            found = await kind.known(token)
            if found is not None:
                return found
        return None


class Door:
    """In front of an application: it gets the requests of those alone whom the guard lets in."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            known = await self._guard.admitted(scope)
        except GatewayError as error:
            await _turned_away(error)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = known
        await self._app(scope, receive, send)


def _token(stated: Sequence[bytes]) -> str | None:
    """The bearer token of a request that states one, and only one, of a usable length."""
    if len(stated) != 1 or len(stated[0]) > LONGEST:
        return None
    found = _BEARER.fullmatch(stated[0])
    return found[1].decode("ascii") if found else None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return site(client[0]) if client else "unknown"


def _turned_away(error: GatewayError) -> Response:
    """The answer to whoever is not let in."""
    if isinstance(error, Unauthenticated):
        return refused(
            HTTPStatus.UNAUTHORIZED, str(error), {"WWW-Authenticate": 'Bearer realm="gateway"'}, code=error.code
        )
    if isinstance(error, RateLimited):
        after = {"Retry-After": str(error.retry_after)}
        return refused(HTTPStatus.TOO_MANY_REQUESTS, str(error).removesuffix("."), after, code=error.code)
    return unavailable(error.code, "Who you are cannot be found out at present; ask again in a moment.")
