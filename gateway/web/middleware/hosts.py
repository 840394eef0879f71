"""Hosts: the names by which the gateway lets itself be asked.

A page can let its own name lead to 127.0.0.1 as soon as a browser has loaded it; from then on a gateway on that machine
is of its origin. The name is still in the ``Host`` header, so a gateway that asks nobody who they are looks at it.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Collection, Sequence
from http import HTTPStatus
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.web.headers import every
from gateway.web.refusals import HOST_UNKNOWN, refused

_HOST: Final = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?")


class Hosts:
    """Refuses requests to names that are neither this machine's own nor among ``names``.

    What is at the paths ``open_to_all`` is answered by any name, as it says nothing, or asks everybody who they are.
    """

    def __init__(self, app: ASGIApp, *, names: Collection[str], open_to_all: Collection[str] = ()) -> None:
        self._app = app
        self._names = {name.lower() for name in names}
        self._open_to_all = open_to_all

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._open_to_all or self._knows(scope):
            await self._app(scope, receive, send)
            return
        reason = "The gateway is not asked by this name; GATEWAY_HOSTS says by which it is"
        await refused(HTTPStatus.MISDIRECTED_REQUEST, reason, code=HOST_UNKNOWN)(scope, receive, send)

    def _knows(self, scope: Scope) -> bool:
        name = name_of(every(scope, b"host"))
        return name is not None and (name in self._names or is_loopback(name))


def name_of(stated: Sequence[str]) -> str | None:
    """The name or address in a ``Host`` header, in lower case; None where it is not stated once, and well."""
    return _name_in(stated[0]) if len(stated) == 1 else None


@functools.lru_cache(1_000)  # every request asks these two of its host
def _name_in(stated: str) -> str | None:
    found = _HOST.fullmatch(stated)
    return found["name"].strip("[]").lower() if found else None


@functools.lru_cache(1_000)
def is_loopback(name: str) -> bool:
    """Whether a name or an address is this machine's own, whoever asks for it."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
