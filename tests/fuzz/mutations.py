"""Mutations: one value of a document replaced by one of another JSON type, somewhere at random."""

from __future__ import annotations

import random
from typing import Any, Final, TypeAlias

Where: TypeAlias = tuple[str | int, ...]
"""The keys and positions that lead to the value that was replaced."""

_WRONG: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -7, 3.25, 10**30, float("inf"), "", "text", "null", "\ud800", "2026-13-45"),
    *([], [None], ["text"], [[{}]], [1, "two", {"three": 3}], {}, {"name": 7}, {"id": {"id": []}}),
)
_GOES_DEEPER: Final = 0.75


def mutated(document: dict[str, Any], chance: random.Random) -> tuple[dict[str, Any], Where]:
    """A copy with one value replaced by one of another type, and where that was. The document must not be empty."""
    where = _somewhere(document, chance)
    old = _at(document, where)
    new = chance.choice([value for value in _WRONG if _json_type(value) != _json_type(old)])
    return _replaced(document, where, new), where


def _somewhere(document: Any, chance: random.Random) -> Where:
    where: Where = ()
    value = document
    while value and isinstance(value, dict | list) and (not where or chance.random() < _GOES_DEEPER):
        step = chance.choice(list(value)) if isinstance(value, dict) else chance.randrange(len(value))
        where, value = (*where, step), value[step]
    return where


def _at(value: Any, where: Where) -> Any:
    for step in where:
        value = value[step]
    return value


def _replaced(value: Any, where: Where, new: Any) -> Any:
    """A copy in which only what is on the way was copied."""
    if not where:
        return new
    copy = value.copy()
    copy[where[0]] = _replaced(value[where[0]], where[1:], new)
    return copy


def _json_type(value: Any) -> str:
    kind = type(value).__name__
    return "number" if kind in ("int", "float") else kind
