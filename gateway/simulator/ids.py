"""UUIDs: version 7 carries the moment of creation in its first 48 bits, version 4 carries nothing that one can see.

Vapi gave out version 4 until about autumn 2025 and version 7 since (seen in real rows).
"""

from __future__ import annotations

import uuid

from gateway.simulator.chance import draw

TOP_BITS = 48
TOP = (1 << TOP_BITS) - 1


def v7(moment: int, key: int) -> str:
    """The id of something created at a moment (epoch milliseconds)."""
    return _shaped(7, moment, draw(key, "id middle"), draw(key, "id low"))


def v4(key: int) -> str:
    """An id that looks random."""
    return _shaped(4, draw(key, "id top"), draw(key, "id middle"), draw(key, "id low"))


def sealed(number: int, key: int) -> str:
    """A version 4 id that hides a number, so that a read by id needs no table."""
    low = draw(key, "id low")
    return _shaped(4, number ^ _mask(low), draw(key, "id middle"), low)


def unsealed(text: str) -> int:
    """The number hidden in a sealed id; any other id gives a number that means nothing."""
    value = uuid.UUID(text).int
    return (value >> 80) ^ _mask(value & ((1 << 62) - 1))


def moment(text: str) -> int:
    """The moment in a version 7 id."""
    return uuid.UUID(text).int >> 80


def version(text: str) -> int | None:
    """The version of an id; None when the text is no UUID in its usual spelling."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value.version or 0 if str(value) == text.lower() else None


def _mask(low: int) -> int:
    return draw(low & ((1 << 62) - 1), "seal") & TOP


def _shaped(kind: int, top: int, middle: int, low: int) -> str:
    """48 bits, version, 12 bits, variant, 62 bits."""
    high = (top & TOP) << 80 | kind << 76 | (middle & 0xFFF) << 64
    return str(uuid.UUID(int=high | 0b10 << 62 | low & ((1 << 62) - 1)))
