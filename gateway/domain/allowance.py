"""Allowance: how often one operation may have upstream asked."""

from __future__ import annotations

from gateway.errors import UpstreamBudgetSpent


class Allowance:
    """Counts the requests that one operation causes; ``limit`` of them are allowed, None is any number."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self.spent = 0

    def spend(self) -> None:
        """Count one more. Raises `UpstreamBudgetSpent` where it is one too many."""
        if self._limit is not None and self.spent >= self._limit:
            raise UpstreamBudgetSpent(
                f"The operation would ask Vapi more often than the {self._limit} times that "
                "GATEWAY_UPSTREAM_BUDGET allows; ask for less at once."
            )
        self.spent += 1
