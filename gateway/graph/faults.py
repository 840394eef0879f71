"""Faults: what goes wrong, as GraphQL errors with a stable ``extensions.code``; what nobody foresaw is masked.

=============================  ===============================================================================
``GRAPHQL_PARSE_FAILED``       the document is no GraphQL
``GRAPHQL_VALIDATION_FAILED``  the document does not fit the schema
``BAD_USER_INPUT``             a variable or an argument cannot be used; ``argument`` and ``value`` where it is one
``UPSTREAM_…``                 a leaf of `gateway.errors.UpstreamError`; ``retryAfter`` (seconds) where Vapi said it
``STORE_…``                    a leaf of `gateway.errors.StoreError`
``INTERNAL_SERVER_ERROR``      everything else; ``requestId`` leads to the log
=============================  ===============================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.errors import BadUserInput, GatewayError, UpstreamRateLimited
from gateway.observe.events import Listener, RequestFailed

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"


def explain(errors: Sequence[GraphQLError], *, validating: bool, request_id: str, listen: Listener) -> None:
    """Give every error its code, and hide what nobody foresaw behind the request's id.

    ``validating`` tells errors of validation from those of coercing variables, which look alike.
    """
    unforeseen = [error for error in errors if _is_unforeseen(error)]
    for error in errors:
        error.extensions = {**(error.extensions or {}), **_extensions(error, validating=validating)}
    for error in unforeseen:
        error.message, error.extensions = masked(request_id)
    if unforeseen:  # one event for a request, however many of its fields failed
        listen(RequestFailed.by(unforeseen[0].original_error or unforeseen[0], request_id))


def masked(request_id: str) -> tuple[str, dict[str, Any]]:
    """The message and extensions that stand for an error that nobody foresaw."""
    message = f"Something went wrong that nobody foresaw; the log has it under request id {request_id}."
    return message, {"code": INTERNAL, "requestId": request_id}


def _is_unforeseen(error: GraphQLError) -> bool:
    """Whether this is the gateway's own failure.

    What has a path was executed, so the request itself was in order. What has neither path nor place in the document
    came from an exception that interrupted the reading of the request.
    """
    if isinstance(error.original_error, GatewayError):
        return False
    return error.path is not None or (error.original_error is not None and not error.nodes)


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
    return {"code": VALIDATION_FAILED if validating else BadUserInput.code}
