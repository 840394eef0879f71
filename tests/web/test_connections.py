"""Connections: who has to go where there are too many, and who has taken too long."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.connections import Connections, Limits, Stage, room, site, within

A, B = "192.0.2.1", "192.0.2.2"


def connections(*, of_all: int = 10, of_one_address: int = 5) -> Connections[str]:
    """None yet; a client may take 10 seconds for headers and 60 for anything else."""
    return Connections(Limits(connections=of_all, of_one_address=of_one_address, headers=10, bodies=60))


def test_where_there_is_room_nobody_goes() -> None:
    there = connections()
    assert [there.opened(f"{number}", A, number) for number in range(5)] == [None] * 5
    assert (len(there), there.of(A)) == (5, 5)


def test_an_address_with_too_many_loses_the_one_that_has_said_nothing_for_longest() -> None:
    there = connections(of_one_address=2)
    there.opened("first", B, 0)
    there.opened("second", A, 1)
    there.opened("third", A, 2)
    assert there.opened("fourth", A, 3) == "second"
    assert (there.of(A), there.of(B)) == (2, 1)


def test_where_all_are_too_many_the_one_that_has_said_nothing_for_longest_goes_whoever_it_is() -> None:
    there = connections(of_all=2)
    there.opened("first", B, 0)
    there.opened("second", A, 1)
    assert there.opened("third", A, 2) == "first"
    assert len(there) == 2


def test_after_its_answer_a_connection_is_as_young_as_a_new_one() -> None:
    there = connections(of_all=2)
    there.opened("first", A, 0)
    there.opened("second", A, 1)
    there.moved("first", Stage.ANSWERED, 2)
    there.moved("first", Stage.ASKING, 3)
    assert there.opened("third", A, 4) == "second"


def test_those_who_ask_go_before_those_who_send_and_those_before_who_take() -> None:
    there = connections(of_all=3)
    for number, stage in enumerate((Stage.TAKING, Stage.SENDING, Stage.ASKING)):
        there.opened(stage.value, A, number)
        there.moved(stage.value, stage, number)
    gone = []
    for number in range(3):
        gone.append(there.opened(f"new {number}", B, 9))
        there.moved(f"new {number}", Stage.ANSWERED, 9)
    assert gone == ["asking", "sending", "taking"]


@pytest.mark.parametrize("limits", [(2, 9), (9, 2)])
def test_who_is_being_answered_never_goes_and_a_newcomer_is_refused_instead(limits: tuple[int, int]) -> None:
    there = connections(of_all=limits[0], of_one_address=limits[1])
    for name in ("first", "second"):
        there.opened(name, A, 0)
        there.moved(name, Stage.ANSWERED, 0)
    assert there.opened("third", A, 1) == "third"
    assert len(there) == 2


def test_a_proxy_speaks_for_many_and_may_have_any_number() -> None:
    limits = Limits(connections=100, of_one_address=1, headers=10, bodies=60)
    there: Connections[int] = Connections(limits, is_proxy=A.__eq__)
    assert [there.opened(number, A, 0) for number in range(50)] == [None] * 50
    assert [there.opened(number, B, 0) for number in (51, 52)] == [None, 51]


def test_proxies_are_known_by_their_address_or_their_network() -> None:
    known = within(["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"])
    assert all(map(known, ["192.0.2.1", "10.1.2.3", "2001:db8::1"]))
    assert not any(map(known, ["192.0.2.2", "11.0.0.1", "2001:db9::1", "unix", ""]))


def test_who_has_taken_longer_than_they_may_is_late() -> None:
    there = connections()
    there.opened("asking", A, 0)
    there.opened("sending", A, 0)
    there.opened("answered", A, 0)
    there.moved("sending", Stage.SENDING, 0)
    there.moved("answered", Stage.ANSWERED, 0)
    assert there.late(9.9) == []
    assert there.late(10) == [("asking", Stage.ASKING)]
    assert there.late(60) == [("asking", Stage.ASKING), ("sending", Stage.SENDING)]


def test_one_that_had_to_go_is_not_counted_and_what_it_does_changes_nothing() -> None:
    there = connections(of_all=1)
    there.opened("first", A, 0)
    assert there.opened("second", B, 1) == "first"
    there.moved("first", Stage.ANSWERED, 2)
    there.closed("first")
    assert (len(there), there.of(A), there.of(B)) == (1, 0, 1)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (A, A, True),
        (A, B, False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", A, True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("not: an address", "not: an address", True),
        ("testclient", "unix", False),
    ],
)
def test_an_ipv6_address_counts_as_the_network_of_its_site(one: str, other: str, same: bool) -> None:  # noqa: FBT001  # of the table
    assert (site(one) == site(other)) is same


@pytest.mark.parametrize(
    ("descriptors", "connections"), [(1, 1), (64, 32), (256, 128), (1024, 856), (20_000, 10_000), (2**63, 10_000)]
)
def test_a_process_keeps_descriptors_back_for_what_it_does_itself(descriptors: int, connections: int) -> None:
    assert room(descriptors, outgoing=20) == connections


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from([A, B, "2001:db8::1"]), st.sampled_from([*Stage, None])),
        max_size=80,
    ),
    st.integers(1, 8),
    st.integers(1, 8),
)
def test_whatever_happens_the_limits_hold_and_nobody_goes_in_the_middle_of_an_answer(
    happened: list[tuple[int, str, Stage | None]], of_all: int, of_one_address: int
) -> None:
    there = connections(of_all=of_all, of_one_address=of_one_address)
    open_ones: dict[str, tuple[str, Stage]] = {}
    ids = itertools.count()
    for now, (which, address, stage) in enumerate(happened):
        name = sorted(open_ones)[which % len(open_ones)] if open_ones else ""
        if stage is None and name:
            there.closed(name)
            del open_ones[name]
        elif stage is not None and name and which % 2:
            there.moved(name, stage, now)
            open_ones[name] = (open_ones[name][0], stage)
        else:
            newcomer = f"{next(ids):03}"
            open_ones[newcomer] = (address, Stage.ASKING)
            leaving = there.opened(newcomer, address, now)
            if leaving is not None:
                assert open_ones.pop(leaving)[1] is not Stage.ANSWERED
        assert len(there) == len(open_ones) <= of_all
        for place in (A, B, "2001:db8::1"):
            assert there.of(place) == sum(of == place for of, _ in open_ones.values()) <= of_one_address
