"""Settings with the defaults but for what a test states."""

from __future__ import annotations

from typing import Any

from gateway.settings import Settings
from tests.e2e.gateways import StatedSettings


def settings(**stated: Any) -> Settings:
    """Settings with these values and the defaults, whatever the environment says."""
    return StatedSettings().model_copy(update=stated)
