"""JSON, fast and exact: orjson where it says the same as json, and what it refuses piece by piece.

orjson has whole numbers of 64 bits only: it reads longer ones as fractions and writes none, and it takes no half of a
surrogate pair. Metadata may hold both. What is written for a value never depends on where it stands, so that a piece
that was written earlier fits into any whole.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, Final

import orjson

_ALIKE: Final = bytes.maketrans(b"123456789:,[-\t\r\n", b"000000000       ")
_LONG_NUMBER: Final = b" " + b"0" * 19


def is_plain(body: bytes) -> bool:
    """Whether no whole number in it is too long for orjson, which would read it as a fraction.

    All digits are taken for zeros and all that a value can follow for blanks: that takes a tenth of the time of a
    pattern, and an answer of Vapi's can have 14 MB.
    """
    return _LONG_NUMBER not in body.translate(_ALIKE)


def loads(body: bytes) -> Any:
    """The value in JSON that somebody sent. NaN and Infinity are no JSON.

    Raises:
        ValueError: it is no JSON.
        RecursionError: it is nested too deeply.
    """
    if is_plain(body):
        with contextlib.suppress(ValueError):
            return orjson.loads(body)
    return json.loads(body, parse_constant=_no_json)


def dumps(value: Any) -> bytes:
    """A value as JSON in UTF-8; dicts have texts for keys, and `orjson.Fragment` is JSON already."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _piecewise(value)


def _piecewise(value: Any) -> bytes:
    """What orjson refuses as a whole, because of a piece of it or because it is nested too deeply for it."""
    match value:
        case dict():
            members = []
            for key, each in value.items():  # no comprehension: in a deep value every frame counts
                members.append(dumps(key) + b":" + dumps(each))
            return b"{" + b",".join(members) + b"}"
        case list() | tuple():
            items = []
            for each in value:
                items.append(dumps(each))
            return b"[" + b",".join(items) + b"]"
        case _:
            return json.dumps(value).encode("ascii")  # a long number, or a text with half a character


def _no_json(constant: str) -> None:
    raise ValueError(constant)
