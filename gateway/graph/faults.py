"""Faults: what goes wrong, as GraphQL errors with a stable ``extensions.code``; what nobody foresaw is masked."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.errors import BadUserInput, GatewayError, UpstreamRateLimited
from gateway.observe.events import Listener, RequestFailed

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"


def explain(errors: Iterable[GraphQLError], *, validating: bool, request_id: str, listen: Listener) -> None:
    """Give every error its code, and hide what nobody foresaw behind the request's id.

    ``validating`` tells errors of validation from those of coercing variables, which look alike.
    """
    unforeseen = None
    for error in errors:
        error.extensions = {**(error.extensions or {}), **_extensions(error, validating=validating)}
        if error.extensions["code"] == INTERNAL:
            unforeseen = unforeseen or _unforeseen(error, request_id)
            error.message = f"Something went wrong that nobody foresaw; the log has it under request id {request_id}."
            error.extensions["requestId"] = request_id
    if unforeseen is not None:  # one event for a request, however many of its fields failed
        listen(unforeseen)


def _extensions(error: GraphQLError, *, validating: bool) -> dict[str, Any]:
    cause = error.original_error
    if isinstance(cause, BadUserInput):
        return {"code": cause.code, "argument": cause.argument, "value": cause.value}
    if isinstance(cause, UpstreamRateLimited) and cause.retry_after is not None:
        return {"code": cause.code, "retryAfter": cause.retry_after}
    if isinstance(cause, GatewayError):
        return {"code": cause.code}
    if isinstance(error, GraphQLSyntaxError):
        return {"code": PARSE_FAILED}
    if error.path is not None:  # something was being executed, so the request itself was in order
        return {"code": INTERNAL}
    return {"code": VALIDATION_FAILED if validating else BadUserInput.code}


def _unforeseen(error: GraphQLError, request_id: str) -> RequestFailed:
    """The error's type and place in our code; never its message, which may repeat what a person said."""
    cause = error.original_error or error
    frames = traceback.extract_tb(cause.__traceback__)
    where = f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "unknown"
    return RequestFailed(request_id, type(cause).__name__, where)
