"""Retries: whether a failed attempt is worth another one, and after how long."""

from __future__ import annotations

import dataclasses

from gateway.upstream.faults import Fault


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How patient a request is: at most ``attempts`` in all, none begun after ``timeout`` seconds.

    The wait before the nth retry is ``wait_initial`` × 2ⁿ⁻¹ plus a random part of ``wait_jitter``, at most
    ``wait_max``; all in seconds. Vapi publishes no rate limits; its own gitops tool retries five times, exponentially
    from 2 s.
    """

    attempts: int
    timeout: float
    wait_initial: float
    wait_max: float
    wait_jitter: float


def backoff(fault: Fault, retries: Retries, *, elapsed: float) -> bool | float:
    """False: give up. True: try again after the usual wait. A number: try again after that many seconds.

    ``elapsed`` is how long the request has been trying, in seconds. A wait that Vapi asks for is honoured in full, or
    not begun where it would outlast the time-out.
    """
    if not fault.passing:
        return False
    if fault.retry_after is None:
        return True
    if fault.retry_after > retries.timeout - elapsed:
        return False
    return max(fault.retry_after, retries.wait_initial)
