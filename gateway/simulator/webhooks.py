"""The server URL: where messages are sent, how they are authenticated, and what is wrong with their delivery."""

from __future__ import annotations

import dataclasses

from gateway.simulator.backoff import BackoffPlan
from gateway.simulator.disorder import Disorder
from gateway.simulator.signing import Authentication, Unsigned


@dataclasses.dataclass(frozen=True, slots=True)
class Webhooks:
    """Vapi's ``server`` object. Without ``backoff_plan`` nothing is sent twice.

    ``noisy`` adds the messages of every sentence: speech-update, transcript, conversation-update.
    ``late`` and ``never`` are the shares of end-of-call-reports that come minutes late or not at all.
    """

    url: str
    authentication: Authentication | None = None
    backoff_plan: BackoffPlan | None = None
    noisy: bool = False
    late: float = 0.05
    never: float = 0.02
    disorder: Disorder = dataclasses.field(default_factory=Disorder)

    def __post_init__(self) -> None:
        """Raises ValueError where nothing can be posted to."""
        if not self.url.startswith(("http://", "https://")):
            raise ValueError(f"a server URL begins with http:// or https://, which {self.url!r} does not")

    def headers(self, body: bytes, moment: int, identifier: str) -> dict[str, str]:
        """The headers of a POST that is sent at a moment (epoch milliseconds)."""
        proof = self.authentication.headers(Unsigned(self.url, body, moment, identifier)) if self.authentication else {}
        return {"Content-Type": "application/json"} | proof

    def delays(self) -> list[float]:
        """The seconds before each further attempt: none without a backoff plan."""
        return self.backoff_plan.delays() if self.backoff_plan else []

    def retries(self, status: int | None) -> bool:
        """Whether a failed attempt may be followed by another; None stands for no answer."""
        return self.backoff_plan is not None and self.backoff_plan.retries(status)
