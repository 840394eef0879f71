"""Webhooks that are lost, doubled and late."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.simulator.app import create
from gateway.simulator.disorder import Disorder
from gateway.simulator.outbox import Message
from gateway.simulator.simulator import Simulator
from gateway.simulator.webhooks import Webhooks
from tests.simulator.conftest import ANCHOR

SINCE, UNTIL = ANCHOR - timedelta(hours=9), ANCHOR - timedelta(hours=1)


def simulator(disorder: Disorder) -> Simulator:
    webhooks = Webhooks("http://gateway.example.invalid/", disorder=disorder)
    found: Simulator = create(
        seed=7, calls=1200, live=0, anchor=ANCHOR, clock=lambda: ANCHOR, webhooks=webhooks
    ).state.simulator
    return found


def sent(disorder: Disorder) -> list[Message]:
    return list(simulator(disorder).messages(SINCE, UNTIL))


def test_a_share_is_dropped_and_the_rest_is_what_it_was() -> None:
    all_of_them, some = sent(Disorder()), sent(Disorder(dropped=0.1))
    assert 0.8 < len(some) / len(all_of_them) < 0.97
    assert {m.id: m.body for m in some}.items() <= {m.id: m.body for m in all_of_them}.items()


def test_a_share_is_sent_twice_with_the_same_id_and_body() -> None:
    some = sent(Disorder(duplicated=0.1))
    times = Counter(m.id for m in some)
    assert 0.03 < sum(count == 2 for count in times.values()) / len(times) < 0.2
    assert len({(m.id, m.body) for m in some}) == len(times)


def test_a_share_is_late_and_so_overtaken() -> None:
    times = [m.moment for m in sent(Disorder())]
    late = sent(Disorder(shuffled=0.2, seconds=600))
    written = [int(m.body[24:37]) for m in late if m.body[24:37].isdigit()]
    assert times == sorted(times)
    assert [m.moment for m in late] == sorted(m.moment for m in late)
    assert any(earlier > later for earlier, later in pairwise(written))


def test_another_seed_hits_other_messages() -> None:
    assert sent(Disorder(dropped=0.5)) == sent(Disorder(dropped=0.5))
    assert sent(Disorder(dropped=0.5)) != sent(Disorder(dropped=0.5, seed=1))


shares = st.floats(0, 1)


@settings(max_examples=12, deadline=None)
@given(st.builds(Disorder, shares, shares, shares, st.floats(0, 3600), st.integers()), st.integers(0, 3600))
def test_however_time_is_cut_the_disorder_is_the_same(disorder: Disorder, cut: int) -> None:
    between, playing = SINCE + timedelta(seconds=cut), simulator(disorder)
    end = SINCE + timedelta(hours=1)
    pieces = [*playing.messages(SINCE, between), *playing.messages(between, end)]
    assert pieces == list(playing.messages(SINCE, end))
