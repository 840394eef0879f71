"""Masking: what is left of a text about a person where it may not be shown, to tell one from another at a glance.

``+14155550134`` is ``+1415•••••34``, ``ann@example.com`` is ``a•••@example.com``, ``sip:ann@host`` is
``sip:a•••@host``, and ``Ann Example`` is ``A•••``. How long the hidden part is shows of numbers alone, whose length is
known anyhow.
"""

from __future__ import annotations

import re
from typing import Any, Final

HIDDEN: Final = "•"
_NUMBER: Final = re.compile(r"(?:tel:)?\+?[\d\s().\-/]{7,}")
_SHOWN_FIRST, _SHOWN_LAST = 5, 2
_SCHEME: Final = re.compile(r"(?:sips?|mailto|tel):", re.IGNORECASE)


def masked(value: Any) -> Any:
    """A text, or each of several, masked; of anything else nothing is left."""
    if isinstance(value, str):
        return _masked(value) if value else value
    if isinstance(value, tuple | list):
        return tuple(masked(each) for each in value)
    return None


def _masked(value: str) -> str:
    if "@" in value:
        scheme = _SCHEME.match(value)
        start = scheme.end() if scheme else 0
        return f"{value[:start]}{_first(value[start:])}@{value.rpartition('@')[2]}"
    return _number(value) if _NUMBER.fullmatch(value) else _first(value)


def _first(value: str) -> str:
    return f"{value[:1]}{HIDDEN * 3}"


def _number(value: str) -> str:
    """A number by how it begins and its last two digits, but never by more than half of it."""
    plain = "".join(letter for letter in value if letter == "+" or letter.isdecimal())
    first = min(_SHOWN_FIRST, len(plain) // 2 - _SHOWN_LAST + 1)
    hidden = len(plain) - first - _SHOWN_LAST
    return f"{plain[:first]}{HIDDEN * hidden}{plain[-_SHOWN_LAST:]}"
