"""What is known of customers, every attribute by the newest call that states it."""

from __future__ import annotations

from typing import Any

from gateway.store.contributions import Contribution
from gateway.store.stated import Numbered, Profile, moved, source
from tests.contracts.calls import at


def call(number: int, *, created: float = 0, key: str = "k", **stated: Any) -> Contribution:
    """What a call adds."""
    return Contribution(
        key=key, call_id=str(number), created_at=at(created), assistant="", nano=0, milliseconds=0, stated=stated
    )


def profile(*moves: tuple[Contribution | None, Contribution | None], key: str = "k") -> Profile:
    """A customer after calls moved, one change each."""
    profiles: dict[str, Profile] = {}
    numbered: list[Numbered] = [(before, now, number) for number, (before, now) in enumerate(moves, 1)]
    moved(profiles, numbered)
    return profiles[key]


def test_the_newest_call_that_states_something_is_believed_in_whichever_order_they_come() -> None:
    old, new = call(1, created=1, name="Ada", plan="free"), call(2, created=2, plan="pro")
    for moves in ([(None, old), (None, new)], [(None, new), (None, old)]):
        known = profile(*moves)
        assert known.values == {"name": "Ada", "plan": "pro"}
        assert known.sources == {"name": source(old), "plan": source(new)}
        assert not known.lost


def test_of_calls_of_one_moment_the_greater_id_is_the_newer() -> None:
    assert profile((None, call(2, plan="pro")), (None, call(1, plan="free"))).values == {"plan": "pro"}


def test_a_call_that_says_something_else_now_is_still_believed() -> None:
    before, now = call(1, plan="free"), call(1, plan="pro")
    known = profile((None, before), (before, now))
    assert (known.values, known.lost) == ({"plan": "pro"}, set())


def test_where_the_source_no_longer_states_it_the_next_newest_must_be_looked_up() -> None:
    before = call(1, plan="free", name="Ada")
    known = profile((None, before), (before, call(1, name="Ada")))
    assert known.lost == {"plan"}
    assert "plan" not in known.sources


def test_a_call_that_leaves_takes_along_only_what_it_was_the_source_of() -> None:
    old, new = call(1, created=1, plan="free", name="Ada"), call(2, created=2, plan="pro")
    assert profile((None, old), (None, new), (old, None)).lost == {"name"}


def test_a_call_that_is_another_customer_s_now_leaves_the_one_and_joins_the_other() -> None:
    before, now = call(1, plan="free"), call(1, key="other", plan="free")
    assert profile((None, before), (before, now)).lost == {"plan"}
    assert profile((None, before), (before, now), key="other").values == {"plan": "free"}


def test_a_source_that_turns_out_to_be_older_is_not_believed_without_looking() -> None:
    before, now = call(1, created=5, plan="free"), call(1, created=1, plan="free")
    assert profile((None, before), (before, now)).lost == {"plan"}


def test_a_customer_s_change_is_the_last_one_of_its_calls() -> None:
    one = call(1)
    assert profile((None, one), (None, call(2)), (one, None)).change == 3
