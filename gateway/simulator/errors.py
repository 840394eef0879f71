"""Refusals in the shape that Vapi's framework (NestJS) gives them: ``{"message", "error", "statusCode"}``."""

from __future__ import annotations

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class Refusal(Exception):
    """A request that Vapi answers with an error; ``message`` is a list when several properties are wrong."""

    def __init__(self, status: int, message: str | list[str]) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


def shaped(status: int, message: str | list[str], headers: dict[str, str] | None = None) -> JSONResponse:
    """{"message": "Not Found", "error": "Not Found", "statusCode": 404}."""
    phrase = HTTPStatus(status).phrase
    body = {"message": message, "error": phrase, "statusCode": status}
    if message == phrase:
        del body["error"]
    return JSONResponse(body, status, headers)


async def refused(_: Request, error: Exception) -> Response:
    """The answer to a refusal."""
    if not isinstance(error, Refusal):
        raise error
    return shaped(error.status, error.message)


async def unrouted(request: Request, error: Exception) -> Response:
    """A path or method that is not there: NestJS knows no 405."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status in {404, 405}:
        return shaped(404, f"Cannot {request.method} {request.url.path}")
    return shaped(status, HTTPStatus(status).phrase)
