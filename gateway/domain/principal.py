"""The principal: on whose behalf something is done. Every service method takes one."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True, slots=True)
class Principal:
    """Whoever asks. At present everybody who reaches the gateway may see everything."""

    name: str


ANONYMOUS = Principal("anonymous")
"""Somebody who was not asked who they are."""
