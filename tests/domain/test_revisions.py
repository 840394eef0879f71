"""Which of two snapshots of a call wins."""

from __future__ import annotations

import datetime as dt
import itertools

from gateway.domain.revisions import revision

NOON = dt.datetime(2026, 8, 19, 12, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def test_the_later_change_wins_whenever_it_was_read() -> None:
    assert revision(NOON + SECOND, NOON) > revision(NOON, NOON + 60 * SECOND)


def test_of_one_change_the_later_reading_wins() -> None:
    assert revision(NOON, NOON + SECOND) > revision(NOON, NOON)


def test_a_row_without_a_time_of_change_loses() -> None:
    assert revision(None, NOON + SECOND) < revision(NOON, NOON)


def test_the_winner_does_not_depend_on_the_order_of_arrival() -> None:
    known = [revision(NOON + a * SECOND, NOON + b * SECOND) for a, b in itertools.product(range(2), range(2))]
    assert len({max(order) for order in itertools.permutations(known)}) == 1
