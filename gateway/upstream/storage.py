"""The storage: where Vapi's presigned addresses lead, which open a recording without a key."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Final

import httpx

from gateway.errors import UpstreamError, UpstreamUnavailable
from gateway.ports import Recording
from gateway.upstream import faults
from gateway.upstream.client import user_agent

_SHOWN: Final = "a recording"
"""How errors name it: its address is as good as a key."""
_CROWDED: Final = (
    "All connections to the storage of recordings are in use: allow more of them (GATEWAY_UPSTREAM_CONNECTIONS), or "
    "ask again later."
)


class Storage:
    """Reads recordings at the addresses that it is given. No redirect is followed: it could lead anywhere."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @contextlib.asynccontextmanager
    async def opened(self, url: str, headers: Mapping[str, str]) -> AsyncIterator[Recording]:
        """The recording at this address, or the part of it that the headers ask for.

        Raises the leaves of `gateway.errors.UpstreamError`; outside the handler, since their context would hold the
        address.
        """
        try:
            request = self._http.build_request("GET", url, headers={"Accept-Encoding": "identity", **headers})
            answer: httpx.Response | Exception = await self._http.send(request, stream=True)
        except tuple(faults.EXCEPTIONS) as error:
            answer = error
        if isinstance(answer, Exception):
            raise _failure(answer)
        try:
            yield Recording(answer.status_code, dict(answer.headers), _pieces(answer))
        finally:
            await answer.aclose()


def connect_storage(
    *, timeout: float, connections: int, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """An HTTP client for the storage, which knows no key. ``timeout`` is the seconds for each piece of an answer."""
    return httpx.AsyncClient(
        headers={"User-Agent": user_agent()},
        follow_redirects=False,
        timeout=httpx.Timeout(timeout),
        limits=httpx.Limits(max_connections=connections),
        transport=transport,
    )


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    failed: Exception | None = None
    try:
        async for piece in answer.aiter_raw():
            yield piece
    except tuple(faults.EXCEPTIONS) as error:
        failed = error
    if failed is not None:
        raise _failure(failed)


def _failure(error: Exception) -> UpstreamError:
    """What an exception of httpx means; that there was no room to ask is the storage's business, and not Vapi's."""
    if isinstance(error, httpx.PoolTimeout):
        return UpstreamUnavailable(_CROWDED)
    return faults.failure(error, route=_SHOWN).error
