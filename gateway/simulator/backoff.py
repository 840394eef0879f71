"""Whether and when a webhook is sent again: never, unless the server has a backoff plan.

Names and defaults are those of ``BackoffPlan`` in the OpenAPI document of August 2026.
"""

from __future__ import annotations

import dataclasses
from typing import Literal

LIMIT = 10


@dataclasses.dataclass(frozen=True, slots=True)
class BackoffPlan:
    """At most ``max_retries`` more attempts after an answer that is not 2xx, or none at all."""

    type: Literal["fixed", "exponential"] = "fixed"
    max_retries: int = 0
    base_delay_seconds: float = 1.0
    excluded_status_codes: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Raises ValueError beyond Vapi's limits."""
        if not 0 <= self.max_retries <= LIMIT or not 0 <= self.base_delay_seconds <= LIMIT:
            raise ValueError(f"maxRetries and baseDelaySeconds go from 0 to {LIMIT}")

    def delays(self) -> list[float]:
        """The seconds before each further attempt."""
        growth = 2 if self.type == "exponential" else 1
        return [self.base_delay_seconds * growth**attempt for attempt in range(self.max_retries)]

    def retries(self, status: int | None) -> bool:
        """Whether a failed attempt is followed by another; None stands for no answer."""
        return status not in self.excluded_status_codes
