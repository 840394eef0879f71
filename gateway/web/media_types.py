"""Media types: what a client sends, and which of our two it would rather have."""

from __future__ import annotations

import functools
from email.message import Message
from typing import Final

GRAPHQL: Final = "application/graphql-response+json"
JSON: Final = "application/json"


@functools.lru_cache(1_000)  # clients say the same in every request
def accepted(accept: str | None) -> str | None:
    """The media type to answer with; None where the client would take neither.

    GraphQL's own is used only where it is named with at least the weight of JSON: wildcards are what old clients send.
    """
    if not accept or not accept.strip():
        return JSON
    weights = dict(_weighed(part) for part in accept.split(","))
    wildcard = max(weights.get("*/*", 0.0), weights.get("application/*", 0.0))
    graphql, plain = weights.get(GRAPHQL, 0.0), weights.get(JSON, wildcard)
    if graphql > 0 and graphql >= plain:
        return GRAPHQL
    return JSON if plain > 0 else None


def prefers_html(accept: str | None) -> bool:
    """Whether a page is wanted rather than data, as browsers say that open an address."""
    weights = dict(_weighed(part) for part in (accept or "").split(","))
    return weights.get("text/html", 0.0) > max(weights.get(GRAPHQL, 0.0), weights.get(JSON, 0.0))


@functools.lru_cache(1_000)
def is_json(content_type: str | None) -> bool:
    """Whether a body is said to be JSON, in an encoding that JSON may have."""
    message = Message()
    message["content-type"] = content_type or ""
    charset = message.get_content_charset("utf-8")
    return message.get_content_type() == JSON and charset in ("utf-8", "utf8")


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((value for key, _, value in (p.partition("=") for p in parameters) if key.strip() == "q"), "1")
    try:
        return name, float(quality)
    except ValueError:
        return name, 0.0
