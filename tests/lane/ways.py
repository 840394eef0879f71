"""Ways: on which kind of path a gateway has answered, as far as it can tell.

The gateway counts nothing yet that could be read here: whoever makes it count has `taken` return what it counted since
it was opened, by the name of the way, such as ``{"lane": 12, "executor": 3}``.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway import app


def taken(_parts: app.Gateway) -> Mapping[str, int]:
    """How many operations went which way so far; empty where the gateway cannot tell."""
    return {}
