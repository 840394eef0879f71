"""Lines of a TOML file: where a key stands, for errors that name the line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any


def line_of(text: str, keys: Sequence[str | int]) -> int | None:
    """The line (from 1) that brings a key, or as much of it as is there; None where nothing of it is.

    The parser keeps no positions, so it is asked: the line is the first that makes the key known to a parser that has
    read so far. This takes a moment for every line, which an error that ends the process may.
    """
    for known in range(len(keys), 0, -1):
        found = _first_line(text.splitlines(), keys[:known])
        if found is not None:
            return found
    return None


def _first_line(lines: list[str], keys: Sequence[str | int]) -> int | None:
    return next((at for at in range(1, len(lines) + 1) if _has("\n".join(lines[:at]), keys)), None)


def _has(text: str, keys: Sequence[str | int]) -> bool:
    try:
        value: Any = tomllib.loads(text)
        for key in keys:
            value = value[key]
    except (tomllib.TOMLDecodeError, KeyError, IndexError, TypeError):
        return False
    return True
