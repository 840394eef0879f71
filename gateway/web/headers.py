"""Headers: those of a request as the server hands them over, pairs of bytes with names in lower case.

Starlette's `Headers` reads all of them anew for each that is looked for, and every request passes several walls.
"""

from __future__ import annotations

from typing import Any


def every(scope: Any, name: bytes) -> list[str]:
    """What each header of this name says."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def first(scope: Any, name: bytes) -> str | None:
    """What the first header of this name says; None where there is none."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None
