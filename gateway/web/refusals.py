"""Refusals: requests that HTTP itself, or this gateway's use of it, does not allow; always in JSON, with a code."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ExceptionHandler

from gateway.domain.redaction import scrubbed
from gateway.errors import GatewayError
from gateway.graph.faults import extensions_of, masked
from gateway.web.media_types import JSON

BAD_REQUEST: Final = "BAD_REQUEST"
CLOSING: Final = "SERVICE_UNAVAILABLE"
CROSS_ORIGIN: Final = "CROSS_ORIGIN"
HOST_UNKNOWN: Final = "HOST_UNKNOWN"


def refused(
    status: int,
    reason: str,
    headers: Mapping[str, str] | None = None,
    *,
    code: str = BAD_REQUEST,
    media_type: str = JSON,
) -> JSONResponse:
    """A refusal in GraphQL's shape; what kind it is, its status says."""
    return _told(status, f"{reason}.", {"code": code}, headers, media_type)


def explained(status: int, cause: GatewayError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request that met an error of the gateway's own, with what a program can use of it."""
    return _told(status, str(cause), extensions_of(cause), headers)


def failed(request_id: str) -> JSONResponse:
    """The answer to a request that met an error nobody foresaw."""
    return _told(HTTPStatus.INTERNAL_SERVER_ERROR, *masked(request_id))


def closing() -> JSONResponse:
    """The answer to a request that was still under way when the server had to stop."""
    return unavailable(CLOSING, "The gateway is stopping; ask again in a moment.")


def unavailable(code: str, message: str) -> JSONResponse:
    """The answer to a request that is to be sent again in a moment."""
    return _told(HTTPStatus.SERVICE_UNAVAILABLE, message, {"code": code}, {"Retry-After": "5"})


def _told(
    status: int,
    message: str,
    extensions: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    media_type: str = JSON,
) -> JSONResponse:
    error = {"message": scrubbed(message), "extensions": extensions}
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers, media_type=media_type)


def _unrouted(_: Request, error: Exception) -> Response:
    """Starlette's own refusals: there is nothing at this path, or not by this method."""
    if not isinstance(error, HTTPException):
        raise error
    return refused(error.status_code, error.detail, error.headers)


HANDLERS: Final[Mapping[Any, ExceptionHandler]] = {HTTPException: _unrouted}
"""For Starlette: how its exceptions become answers."""
