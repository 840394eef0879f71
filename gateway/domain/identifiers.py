"""Identifiers: what an id looks like, and which type it belongs to by its form."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_WITH_TIME: Final = 7
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

EXPECTED: Final = "Vapi's UUID of a call, such as 019fedaf-549c-7000-8625-582e741edd7f"


def call_id(text: str) -> str | None:
    """The id of a call in its one spelling, or None where the text is no such id."""
    lower = text.strip().lower()
    return lower if _UUID.fullmatch(lower) else None


def assistant_id(text: str) -> str | None:
    """The id of an assistant in its one spelling, or None where the text is no such id: it looks as that of a call."""
    return call_id(text)


def created_at(text: str) -> dt.datetime | None:
    """When this id was made, if it is a UUIDv7: its first 48 bits are milliseconds since 1970 (RFC 9562, section 5.7).

    Vapi's call ids are of that kind since about autumn 2025, and the bits equal ``createdAt`` in every id that was
    seen.
    """
    try:
        known = uuid.UUID(text)
        born = _EPOCH + dt.timedelta(milliseconds=known.int >> 80)
    except (ValueError, OverflowError):
        return None
    return born if known.version == _WITH_TIME else None


_CUSTOMER: Final = "customer:"


def customer_node(key: str) -> str:
    """The global id of the customer with this key."""
    return f"{_CUSTOMER}{key}"


def customer_key(node: str) -> str | None:
    """The key of the customer that a global id is of; None where it is not a customer's."""
    return node.removeprefix(_CUSTOMER) if node.startswith(_CUSTOMER) else None
