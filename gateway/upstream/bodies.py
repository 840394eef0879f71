"""Bodies: what Vapi answered, as JSON that can be relied on.

An error never repeats a body, and none of them has a cause or context: `json.JSONDecodeError` keeps the whole text.
"""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import orjson

from gateway.errors import UpstreamMalformed
from gateway.exact_json import is_plain
from gateway.ports import Document


def document(body: bytes, *, route: str) -> Document:
    """The JSON object in this body. Raises `UpstreamMalformed`."""
    value = parsed(body, route=route)
    if isinstance(value, dict):
        return value
    raise UpstreamMalformed(f"Vapi answered {route} with {_kind(value)} where its API promises an object.")


def rows(body: bytes, *, route: str) -> list[Any]:
    """The elements of the JSON array in this body, whatever they are. Raises `UpstreamMalformed`."""
    value = parsed(body, route=route)
    if isinstance(value, list):
        return value
    raise UpstreamMalformed(f"Vapi answered {route} with {_kind(value)} where its API promises an array.")


def parsed(body: bytes, *, route: str) -> Any:
    """Any JSON value. NaN and numbers beyond a double become None: no JSON that we write could hold them.

    Raises `UpstreamMalformed`, also for what Python refuses to read: very deep nesting and integers of more than 4,300
    digits.
    """
    if is_plain(body):
        with contextlib.suppress(ValueError):
            return orjson.loads(body)  # the same value as json's, in half the time
    return _leniently(body, route=route)


def _leniently(body: bytes, *, route: str) -> Any:
    try:
        return json.loads(body, parse_float=_finite, parse_constant=_nothing)
    except (ValueError, RecursionError) as error:
        reason = type(error).__name__
    raise UpstreamMalformed(
        f"Vapi answered {route} with {len(body)} bytes that cannot be read as JSON ({reason}); "
        "GATEWAY_UPSTREAM_URL may lead to something that is not Vapi."
    )


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _nothing(_constant: str) -> None:
    return None


def _kind(value: object) -> str:
    return {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )
