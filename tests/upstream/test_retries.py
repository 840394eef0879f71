"""Retries: whether and when to try again."""

from __future__ import annotations

from gateway.errors import UpstreamRejected, UpstreamUnavailable
from gateway.upstream.faults import Fault
from gateway.upstream.retries import Retries, backoff

RETRIES = Retries(attempts=5, timeout=45.0, wait_initial=2.0, wait_max=10.0, wait_jitter=1.0)


def passing(retry_after: float | None) -> Fault:
    return Fault(UpstreamUnavailable("503"), passing=True, retry_after=retry_after)


def test_what_does_not_pass_is_not_tried_again() -> None:
    assert backoff(Fault(UpstreamRejected("400"), passing=False), RETRIES, elapsed=0.0) is False


def test_without_a_wish_of_vapis_the_usual_wait_is_taken() -> None:
    assert backoff(passing(None), RETRIES, elapsed=0.0) is True


def test_a_wish_of_vapis_is_honoured_beyond_the_usual_longest_wait() -> None:
    assert backoff(passing(30.0), RETRIES, elapsed=10.0) == 30.0


def test_a_wait_that_outlasts_the_time_out_is_not_begun() -> None:
    assert backoff(passing(30.0), RETRIES, elapsed=20.0) is False


def test_a_wish_for_no_wait_at_all_does_not_make_us_hammer() -> None:
    assert backoff(passing(0.0), RETRIES, elapsed=0.0) == 2.0
