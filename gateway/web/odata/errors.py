"""Errors as OData tells them (OData JSON Format 4.0, 19): one object with a code, a message and what they are about."""

from __future__ import annotations

import orjson

from gateway.domain.redaction import scrubbed
from gateway.errors import BadUserInput, GatewayError, Unimplemented
from gateway.graph.faults import masked


def body(code: str, message: str, target: str | None = None) -> bytes:
    """The body of an answer that is an error; ``target`` is the query option or the function that it is about."""
    told = {"code": code, "message": scrubbed(message)}
    return orjson.dumps({"error": told if target is None else {**told, "target": scrubbed(target)}})


def explained(cause: GatewayError) -> bytes:
    """The body of the answer to a request that met an error of the gateway's own."""
    match cause:
        case BadUserInput():
            return body(cause.code, str(cause), cause.argument)
        case Unimplemented():
            return body(cause.code, str(cause), cause.what)
        case _:
            return body(cause.code, str(cause))


def failed(request_id: str) -> bytes:
    """The body of the answer to a request that met an error nobody foresaw."""
    message, extensions = masked(request_id)
    return body(str(extensions["code"]), message)
