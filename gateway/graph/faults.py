"""Faults: what goes wrong, as GraphQL errors with a stable ``extensions.code``; what nobody foresaw is masked.

===============================  =======================================================================================
``GRAPHQL_PARSE_FAILED``         the document is no GraphQL
``GRAPHQL_VALIDATION_FAILED``    the document does not fit the schema
``BAD_USER_INPUT``               a variable or an argument cannot be used; ``argument`` and ``value`` where it is one
``FORBIDDEN``                    whoever asks may not; ``scope`` is what would allow it, null where no scope does
``RATE_LIMITED``                 somebody asks too often; ``retryAfter`` in seconds
``NOT_CONFIGURED``               the gateway was not set up for it
``QUERY_TOO_COMPLEX``            the operation is beyond a limit; ``measure``, ``found`` and ``limit``
``QUERY_TIMEOUT``                the operation took too long and was ended
``UPSTREAM_BUDGET_SPENT``        the operation would ask Vapi too often
``PERSISTED_…``, ``DOCUMENT_…``  a leaf of `gateway.errors.DocumentError`
``UPSTREAM_…``                   a leaf of `gateway.errors.UpstreamError`; ``retryAfter`` (seconds) where Vapi said it
``STORE_…``                      a leaf of `gateway.errors.StoreError`
``INTERNAL_SERVER_ERROR``        everything else; ``requestId`` leads to the log
===============================  =======================================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from graphql import GraphQLError, GraphQLSyntaxError

from gateway.domain.redaction import scrubbed
from gateway.errors import BadUserInput, Forbidden, GatewayError, QueryTooComplex, RateLimited, UpstreamRateLimited
from gateway.observe.events import Listener, RequestFailed

PARSE_FAILED: Final = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
INTERNAL: Final = "INTERNAL_SERVER_ERROR"

_SUGGESTION: Final = re.compile(r"\s*Did you mean .*", re.DOTALL)
"""What graphql-core and Strawberry end a message with that names what the caller may have meant."""


def explain(errors: Sequence[GraphQLError], *, validating: bool, request_id: str, listen: Listener) -> None:
    """Give every error its code, and hide what nobody foresaw behind the request's id.

    ``validating`` tells errors of validation from those of coercing variables, which look alike.
    """
    unforeseen = [error for error in errors if _is_unforeseen(error)]
    for error in errors:
        error.message = scrubbed(error.message)
        error.extensions = {**(error.extensions or {}), **_extensions(error, validating=validating)}
    for error in unforeseen:
        error.message, error.extensions = masked(request_id)
    if unforeseen:  # one event for a request, however many of its fields failed
        listen(RequestFailed.by(unforeseen[0].original_error or unforeseen[0], request_id))


def masked(request_id: str) -> tuple[str, dict[str, Any]]:
    """The message and extensions that stand for an error that nobody foresaw."""
    message = f"Something went wrong that nobody foresaw; the log has it under request id {request_id}."
    return message, {"code": INTERNAL, "requestId": request_id}


def keep_quiet(errors: Sequence[GraphQLError]) -> None:
    """Let errors name nothing of the schema that the caller did not name."""
    for error in errors:
        error.message = _SUGGESTION.sub("", error.message)


def error_of(cause: GatewayError) -> GraphQLError:
    """The error of a request that is refused, or ended, as a whole."""
    return GraphQLError(scrubbed(str(cause)), original_error=cause, extensions=extensions_of(cause))


def extensions_of(cause: GatewayError) -> dict[str, Any]:
    """An error's code, and what else a program can use of it."""
    match cause:
        case BadUserInput():
            beside: dict[str, Any] = {"argument": cause.argument, "value": scrubbed(cause.value)}
        case Forbidden():
            beside = {"scope": cause.scope}
        case QueryTooComplex():
            beside = {"measure": cause.measure, "found": cause.found, "limit": cause.limit}
        case RateLimited() | UpstreamRateLimited() if cause.retry_after is not None:
            beside = {"retryAfter": cause.retry_after}
        case _:
            beside = {}
    return {"code": cause.code, **beside}


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
    if isinstance(cause, GatewayError):
        return extensions_of(cause)
    if isinstance(error, GraphQLSyntaxError):
        return {"code": PARSE_FAILED}
    return {"code": VALIDATION_FAILED if validating else BadUserInput.code}
