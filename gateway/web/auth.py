"""Authentication: who asks is found out before anything else looks at a request.

Whatever is behind a `Door` knows its caller by `principal`; without a credential that opens it nothing is read of the
body, so that a stranger learns nothing of the schema.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.domain.keys import OF_ADDRESSES, parted
from gateway.domain.principal import ANONYMOUS, Principal
from gateway.domain.principal import Scope as Scopes
from gateway.errors import GatewayError, RateLimited, Unauthenticated
from gateway.web.connections import site
from gateway.web.rates import Rate
from gateway.web.refusals import refused, unavailable

LONGEST: Final = 16_384
"""Characters of the longest credential that is looked at."""
QUERY_KEY: Final = "key"
"""The parameter that a credential can be stated as, where it can be."""
_BASIC: Final = re.compile(rb"basic +([A-Za-z0-9+/]+=*) *", re.IGNORECASE)
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


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """How a credential can be stated beside as a bearer token.

    ``basic``: as a password, as BI tools do; the user's name is nobody's business. ``in_query``: as this parameter,
    for services that can send no header; addresses are written down everywhere, so that is for keys alone that are made
    for it (`Scope.ODATA_URL`).
    """

    basic: bool = False
    in_query: str | None = None


BEARER_ALONE: Final = Ways()


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

    async def admitted(self, scope: Scope, ways: Ways = BEARER_ALONE) -> Principal:
        """Who asks.

        Raises:
            RateLimited: this address, or this caller, asks too often.
            Unauthenticated: there is no credential that opens anything.
            GatewayError: it cannot be found out at present.
        """
        stated = [value for name, value in scope["headers"] if name == b"authorization"]
        in_query = [] if stated else _in_query(scope, ways.in_query)
        if not stated and not in_query and self._anonymous:
            return ANONYMOUS
        await self._addresses.count(_address(scope))  # before any work is done for somebody unknown
        token = _only(in_query) if in_query else _token(stated, basic=ways.basic)
        known = await self._known(token) if token is not None else None
        if in_query and known is not None and not may_stand_in_addresses(known):
            known = None
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
    """In front of an application: it gets the requests of those alone whom the guard lets in.

    ``basic`` and ``in_query`` are those of `Ways`.
    """

    def __init__(self, app: ASGIApp, guard: Guard, *, basic: bool = False, in_query: str | None = None) -> None:
        self._app = app
        self._guard = guard
        self._ways = Ways(basic=basic, in_query=in_query)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            known = await self._guard.admitted(scope, self._ways)
        except GatewayError as error:
            await _turned_away(error, self._ways)(scope, receive, send)
            return
        scope.setdefault("state", {})["principal"] = known
        await self._app(scope, receive, send)


def may_stand_in_addresses(known: Principal) -> bool:
    """Whether a credential was made for addresses, and opens nothing that they must not."""
    return Scopes.ODATA_URL in known.scopes and known.scopes <= OF_ADDRESSES


def _in_query(scope: Scope, name: str | None) -> list[str]:
    """What is stated as the credential in the query."""
    if name is None:
        return []
    query = scope["query_string"].decode("latin-1")
    return [value for key, value in parse_qsl(query, keep_blank_values=True) if key == name]


def _only(stated: Sequence[str]) -> str | None:
    """The key that is stated, if it is one of ours, which can be revoked; clients repeat it where a link has it."""
    return stated[0] if len({*stated}) == 1 and parted(stated[0]) is not None else None


def _token(stated: Sequence[bytes], *, basic: bool) -> str | None:
    """The credential of a request that states one, and only one, of a usable length."""
    if len(stated) != 1 or len(stated[0]) > LONGEST:
        return None
    found = _BEARER.fullmatch(stated[0])
    if found is not None:
        return found[1].decode("ascii")
    return _password(stated[0]) if basic else None


def _password(stated: bytes) -> str | None:
    """The password of a user of any name. https://www.rfc-editor.org/rfc/rfc7617"""
    found = _BASIC.fullmatch(stated)
    try:
        plain = base64.b64decode(found[1], validate=True) if found else b""
        return plain.partition(b":")[2].decode("ascii") or None
    except ValueError:
        return None


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return site(client[0]) if client else "unknown"


def _turned_away(error: GatewayError, ways: Ways) -> Response:
    """The answer to whoever is not let in."""
    if isinstance(error, Unauthenticated):
        asked = 'Basic realm="gateway", Bearer realm="gateway"' if ways.basic else 'Bearer realm="gateway"'
        return refused(HTTPStatus.UNAUTHORIZED, str(error), {"WWW-Authenticate": asked}, code=error.code)
    if isinstance(error, RateLimited):
        after = {"Retry-After": str(error.retry_after)}
        return refused(HTTPStatus.TOO_MANY_REQUESTS, str(error).removesuffix("."), after, code=error.code)
    return unavailable(error.code, "Who you are cannot be found out at present; ask again in a moment.")
