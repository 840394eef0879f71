"""Cores: servers on one, the load on another, where the system lets a process choose."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Final

SERVING: Final = 0
LOADING: Final = 1
_USABLE: Final = tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()
"""The cores that this process may be on, as it was started."""
ARE_CHOSEN: Final = len(_USABLE) > LOADING


def stay(core: int) -> None:
    """Stay on a core, where there are several."""
    if ARE_CHOSEN:
        os.sched_setaffinity(0, {_USABLE[core]})


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Be on a core for as long as it takes to start something there, which inherits that; then where the load is."""
    stay(core)
    try:
        yield
    finally:
        stay(LOADING)


def described() -> str:
    """Where what runs."""
    if not ARE_CHOSEN:
        return "servers and load share the cores: the system has one, or does not let a process choose"
    return f"every server on core {_USABLE[SERVING]}, the load (and the simulated Vapi) on core {_USABLE[LOADING]}"
