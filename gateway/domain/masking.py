"""Masking: what is left of a text about a person where it may not be shown, to tell one from another at a glance.

``+14155550134`` is ``+1415•••••34``, ``ann@example.com`` is ``a•••@example.com``, ``sip:ann@host;transport=tcp`` is
``sip:a•••@host``, and ``Ann Example`` is ``A•••``, as is whatever else has an ``@`` in it. How long the hidden part is
shows of numbers alone, whose length is known anyhow.
"""

from __future__ import annotations

import re
from typing import Any, Final

HIDDEN: Final = "•"
_NUMBER: Final = re.compile(r"(?:tel:)?\+?[\d\s().\-/]{7,}")
_SHOWN_FIRST, _SHOWN_LAST = 5, 2
_SCHEME: Final = re.compile(r"(?:sips?|mailto|tel):", re.IGNORECASE)
_PARAMETERS: Final = re.compile(r"[;?>]")
"""Where the address of a telephone or a letter ends, and what is said beside it begins."""
_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_IPV4: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?")
_LIKE_A_NUMBER: Final = re.compile(r"(?:[0-9][.:-]?){7}")


def masked(value: Any) -> Any:
    """A text, or each of several, masked; of anything else nothing is left."""
    if isinstance(value, str):
        return _masked(value) if value else value
    if isinstance(value, tuple | list):
        return tuple(masked(each) for each in value)
    return None


def _masked(value: str) -> str:
    if _NUMBER.fullmatch(value):
        return _number(value)
    who, _, host = _PARAMETERS.split(value, maxsplit=1)[0].rpartition("@")
    if not _is_host(host) or not who:
        return _first(value)
    scheme = _SCHEME.match(who)
    start = scheme.end() if scheme else 0
    return f"{who[:start]}{_first(who[start:])}@{host}"


def _is_host(text: str) -> bool:
    """Whether this says where somebody is, and not who: a host in whose name no number hides."""
    if _IPV4.fullmatch(text):
        return True
    return _HOST.fullmatch(text) is not None and not _LIKE_A_NUMBER.search(text)


def _first(value: str) -> str:
    return f"{value[:1]}{HIDDEN * 3}"


def _number(value: str) -> str:
    """A number by how it begins and its last two digits, but never by more than half of it."""
    plain = "".join(letter for letter in value if letter == "+" or letter.isdecimal())
    first = min(_SHOWN_FIRST, len(plain) // 2 - _SHOWN_LAST + 1)
    hidden = len(plain) - first - _SHOWN_LAST
    return f"{plain[:first]}{HIDDEN * hidden}{plain[-_SHOWN_LAST:]}"
