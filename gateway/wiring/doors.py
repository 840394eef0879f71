"""Doors: who is let in, as the settings say."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.settings import Settings
from gateway.web.auth import Credentials, Guard
from gateway.web.rates import Rate


def guard(settings: Settings, credentials: Sequence[Credentials]) -> Guard:
    """What asks everybody who they are."""
    return Guard(
        credentials,
        anonymous=settings.allow_anonymous,
        addresses=Rate(
            settings.rate_per_address_per_minute,
            who="One address",
            setting="GATEWAY_RATE_PER_ADDRESS_PER_MINUTE",
        ),
        callers=Rate(settings.rate_per_minute, who="One caller", setting="GATEWAY_RATE_PER_MINUTE"),
    )
