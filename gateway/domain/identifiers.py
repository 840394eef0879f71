"""Identifiers: what an id looks like, and which type it belongs to by its form."""

from __future__ import annotations

import re
from typing import Final

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

EXPECTED: Final = "Vapi's UUID of a call, such as 019fedaf-549c-7000-8625-582e741edd7f"


def call_id(text: str) -> str | None:
    """The id of a call in its one spelling, or None where the text is no such id."""
    lower = text.strip().lower()
    return lower if _UUID.fullmatch(lower) else None
