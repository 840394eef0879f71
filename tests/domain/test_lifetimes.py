"""How long what is known of a call may be served."""

from __future__ import annotations

import datetime as dt

import pytest

from gateway.domain.call import Call
from gateway.domain.lifetimes import Lifetimes, Verdict, is_over, verdict
from gateway.domain.stamp import Stamp

NOW = dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC)
USUAL = Lifetimes()


def ago(**span: float) -> dt.datetime:
    return NOW - dt.timedelta(**span)


def fresh_for(call: Call | None) -> dt.timedelta:
    return USUAL.stamp(call, NOW).fresh_until - NOW


@pytest.mark.parametrize("status", ["queued", "ringing", "in-progress", "forwarding", "scheduled", "on-hold"])
def test_a_call_that_is_not_over_is_fresh_for_seconds(status: str) -> None:
    assert fresh_for(Call(id="1", status=status)) == USUAL.live.fresh


def test_a_call_that_has_just_ended_still_changes() -> None:
    assert fresh_for(Call(id="1", status="ended", ended_at=ago(minutes=2))) == USUAL.ended.fresh


def test_a_call_that_was_changed_a_moment_ago_has_not_settled_however_long_ago_it_ended() -> None:
    call = Call(id="1", status="ended", ended_at=ago(days=9), updated_at=ago(minutes=1))
    assert fresh_for(call) == USUAL.ended.fresh


def test_a_settled_call_is_fresh_for_long() -> None:
    call = Call(id="1", status="ended", ended_at=ago(hours=1), updated_at=ago(minutes=59))
    assert fresh_for(call) == USUAL.settled.fresh
    assert fresh_for(Call(id="1", status="ended")) == USUAL.settled.fresh


def test_that_there_is_no_such_call_is_believed_briefly() -> None:
    assert fresh_for(None) == USUAL.missing.fresh


def test_rows_without_a_status_tell_by_their_end() -> None:
    assert is_over(Call(id="1", ended_reason="voicemail"))
    assert is_over(Call(id="1", ended_at=NOW))
    assert not is_over(Call(id="1"))


STAMP = Stamp(
    fetched_at=ago(seconds=10), fresh_until=NOW + dt.timedelta(seconds=5), stale_until=NOW + dt.timedelta(seconds=60)
)


@pytest.mark.parametrize(
    ("later", "max_age", "decision"),
    [
        (0, None, Verdict.SERVE),
        (4.9, None, Verdict.SERVE),
        (5, None, Verdict.SERVE_AND_REFRESH),
        (59.9, None, Verdict.SERVE_AND_REFRESH),
        (60, None, Verdict.FETCH),
        (0, 10, Verdict.SERVE),
        (0, 9.9, Verdict.FETCH),
        (0, 0, Verdict.FETCH),
        (30, 3600, Verdict.SERVE_AND_REFRESH),
    ],
)
def test_what_to_do_follows_from_the_stamp_and_the_callers_bound(
    later: float, max_age: float | None, decision: Verdict
) -> None:
    bound = None if max_age is None else dt.timedelta(seconds=max_age)
    assert verdict(STAMP, NOW + dt.timedelta(seconds=later), bound) is decision
