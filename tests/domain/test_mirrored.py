"""What each observation makes of what the mirror knows of a call."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.mirrored import (
    Course,
    Mirrored,
    State,
    after,
    course,
    facts_of_json,
    facts_to_json,
    overlaid,
)
from gateway.domain.observations import Absence, Erasure, Fact, Notice, Observation, Projection, Snapshot
from gateway.domain.revisions import Revision

ID = "019fedaf-549c-7000-8625-582e741edd7f"
NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def at(minute: float) -> dt.datetime:
    return NOON + minute * dt.timedelta(minutes=1)


def read(minute: float, *, updated: float = 0, content: str = "a") -> Snapshot:
    """A reading of this content."""
    return Snapshot(
        call_id=ID,
        revision=Revision(at(updated), at(minute)),
        digest=content.encode(),
        body=content.encode(),
        projection=Projection(values={}),
    )


def told(minute: float, *, sent: float | None = None, **facts: Any) -> Notice:
    """What a webhook says."""
    when = at(minute if sent is None else sent)
    return Notice(call_id=ID, facts={name: Fact(when, at(minute), value) for name, value in facts.items()})


def gone(minute: float, *, deleted: bool = True) -> Absence:
    return Absence(call_id=ID, noticed_at=at(minute), deleted=deleted)


def known(*observations: Observation) -> Mirrored | None:
    """What is known after these."""
    made = course(None, observations)
    return made.mirrored if made else None


def content(*observations: Observation) -> str | None:
    """Which content is held after these."""
    found = known(*observations)
    return found.digest.decode() if found and found.digest else None


def facts(*observations: Observation) -> dict[str, Any]:
    found = known(*observations)
    return {name: fact.value for name, fact in found.facts.items()} if found else {}


def test_the_reading_with_the_later_change_wins_however_late_the_other_was_read() -> None:
    assert content(read(1, updated=2, content="new"), read(5, updated=1, content="old")) == "new"


def test_of_readings_of_one_change_the_later_wins_if_it_differs() -> None:
    assert content(read(1, content="a"), read(2, content="b")) == "b"
    assert content(read(2, content="b"), read(1, content="a")) == "b"


def test_two_readings_of_one_moment_are_told_apart_by_what_they_say_in_any_order() -> None:
    one, other = read(1, content="a"), read(1, content="b")
    assert content(one, other) == content(other, one) == "b"


def test_the_same_content_read_later_is_remembered_but_not_visible() -> None:
    before = known(read(1))
    outcome = after(before, read(4))
    assert outcome is not None
    assert (outcome.visible, outcome.takes) == (False, None)
    assert (outcome.mirrored.revision, outcome.mirrored.asked_at) == (Revision(at(0), at(4)), at(4))


def test_the_same_reading_again_leaves_nothing_to_remember() -> None:
    assert after(known(read(3)), read(3)) is None
    assert after(known(read(3)), read(2)) is None


def test_content_that_came_back_is_not_replaced_by_the_one_in_between_when_that_comes_late() -> None:
    assert content(read(1, content="a"), read(3, content="a"), read(2, content="b")) == "a"


def test_what_a_webhook_says_holds_until_upstream_is_read_whatever_that_brings() -> None:
    assert facts(read(1), told(2, status="ended")) == {"status": "ended"}
    assert facts(read(1, updated=5), told(2, status="ended"), read(3, updated=1)) == {}
    assert facts(told(2, status="ended"), read(1)) == {"status": "ended"}
    assert facts(read(2), told(2, status="ended")) == {}


def test_of_two_webhooks_the_one_that_was_sent_later_wins_whichever_comes_first() -> None:
    early, late = told(4, sent=1, status="ringing"), told(3, sent=2, status="ended")
    assert facts(early, late) == facts(late, early) == {"status": "ended"}


def test_two_webhooks_of_one_moment_are_told_apart_by_what_they_say_in_any_order() -> None:
    one, other = told(1, cost={"a": 1}), told(1, cost={"a": 2})
    assert facts(one, other) == facts(other, one)


def test_a_webhook_that_says_nothing_new_leaves_nothing_to_remember() -> None:
    assert after(known(told(1, status="ended")), told(1, status="ended")) is None
    assert after(None, Notice(call_id=ID, facts={})) is None


def test_a_call_of_which_only_webhooks_told_is_not_visible() -> None:
    outcome = after(None, told(1, status="ringing"))
    assert outcome is not None
    assert (outcome.mirrored.state, outcome.visible) == (State.UNREAD, False)


def test_a_deleted_call_keeps_nothing_and_listens_to_no_webhook() -> None:
    deleted = known(read(1), told(2, status="ended"), gone(3))
    assert deleted == Mirrored(call_id=ID, state=State.DELETED, absent_since=at(3))
    assert after(deleted, told(4, status="ringing")) is None


def test_an_absence_holds_until_upstream_shows_the_call_again() -> None:
    assert after(known(read(1), gone(3)), read(3)) is None
    assert content(read(1), gone(3), read(4, content="back")) == "back"


def test_an_absence_that_upstream_has_contradicted_since_says_nothing() -> None:
    assert after(known(read(4)), gone(3)) is None
    assert after(known(read(4)), gone(3, deleted=False)) is None


def test_a_forgotten_call_keeps_everything() -> None:
    forgotten = known(read(1), told(2, cost=1), gone(3, deleted=False))
    assert forgotten is not None
    assert (forgotten.state, forgotten.digest, set(forgotten.facts)) == (State.FORGOTTEN, b"a", {"cost"})


def test_a_forgotten_call_takes_what_was_read_before_and_comes_late_and_stays_forgotten() -> None:
    late = known(read(1), gone(5, deleted=False), read(3, updated=2, content="b"))
    assert late is not None
    assert (late.state, late.digest, late.absent_since) == (State.FORGOTTEN, b"b", at(5))


def test_what_was_never_read_cannot_be_forgotten() -> None:
    assert after(None, gone(1, deleted=False)) is None
    assert known(told(1, cost=1), gone(2, deleted=False)) == known(told(1, cost=1))


def test_a_call_that_was_forgotten_can_still_turn_out_to_be_deleted_but_not_the_other_way_round() -> None:
    one, other = gone(3), gone(4, deleted=False)
    assert known(read(1), one, other) == known(read(1), other, one)
    assert known(read(1), one, other) == Mirrored(call_id=ID, state=State.DELETED, absent_since=at(4))


@pytest.mark.parametrize("seen", [(), (read(1),), (read(1), gone(2)), (told(1, cost=1),)])
def test_what_was_erased_here_stays_so(seen: tuple[Observation, ...]) -> None:
    erased = known(*seen, Erasure(ID))
    assert erased == Mirrored(call_id=ID, state=State.ERASED)
    for later in (read(9), told(9, cost=1), gone(9), Erasure(ID)):
        assert after(erased, later) is None


def test_several_observations_come_to_their_last_reading_and_to_what_was_last_shown() -> None:
    made = course(known(read(1)), [read(2, updated=1, content="b"), told(3, cost=1), gone(4)])
    assert made is not None
    assert made.mirrored.state is State.DELETED
    assert made.takes == read(2, updated=1, content="b")
    assert made.shown is not None
    assert (made.shown.digest, set(made.shown.facts)) == (b"b", {"cost"})


def test_observations_that_say_nothing_come_to_nothing() -> None:
    assert course(known(read(3)), [read(2), gone(1)]) is None
    assert course(None, [gone(1, deleted=False)]) is None


def test_a_call_that_stands_in_no_list_and_did_not_meanwhile_was_not_shown() -> None:
    unread = known(told(1, cost=1))
    assert course(unread, [gone(2)]) == Course(
        mirrored=Mirrored(call_id=ID, state=State.DELETED, absent_since=at(2)), visible=True
    )


MINUTES = st.integers(0, 4)
READS = st.builds(read, MINUTES, updated=MINUTES, content=st.sampled_from("abc"))
ANYTHING = st.lists(
    READS
    | st.builds(told, MINUTES, sent=MINUTES, cost=st.integers(0, 2))
    | st.builds(gone, MINUTES, deleted=st.booleans()),
    max_size=5,
)


@given(st.lists(READS, max_size=4), st.data())
def test_readings_come_to_the_same_in_any_order_and_any_number(reads: list[Snapshot], data: st.DataObject) -> None:
    again = data.draw(st.permutations([*reads, *data.draw(st.lists(st.sampled_from(reads)) if reads else st.just([]))]))
    assert known(*again) == known(*reads)


@given(ANYTHING)
def test_a_last_reading_settles_whatever_was_observed_before(seen: list[Observation]) -> None:
    last = read(9, updated=9, content="last")
    assert known(*seen, last) == known(last)


@given(ANYTHING)
def test_a_deletion_noticed_last_settles_whatever_was_observed_before(seen: list[Observation]) -> None:
    assert known(*seen, gone(9)) == known(gone(9))


@given(ANYTHING)
def test_what_was_decided_once_stays_decided(seen: list[Observation]) -> None:
    """Observing the last thing twice is observing it once."""
    for observation in seen[-1:]:
        before = known(*seen)
        outcome = after(before, observation)
        assert outcome is None or outcome.mirrored == before


@given(ANYTHING)
def test_applying_one_by_one_or_together_is_the_same(seen: list[Observation]) -> None:
    one_by_one: Mirrored | None = None
    for observation in seen:
        outcome = after(one_by_one, observation)
        one_by_one = outcome.mirrored if outcome else one_by_one
    assert known(*seen) == one_by_one


def test_facts_lie_over_the_top_of_the_document() -> None:
    laid = Fact(at(1), at(1), {"summary": "new"})
    assert overlaid({"id": ID, "analysis": {"summary": "old", "x": 1}}, {"analysis": laid}) == {
        "id": ID,
        "analysis": {"summary": "new"},
    }
    untouched = {"id": ID}
    assert overlaid(untouched, {}) is untouched


@given(
    st.dictionaries(st.text(max_size=5), st.tuples(MINUTES, MINUTES, st.integers() | st.text(max_size=5)), max_size=3)
)
def test_facts_are_the_same_after_they_were_written_down(given_facts: dict[str, tuple[int, int, Any]]) -> None:
    stated = {name: Fact(at(sent), at(received), value) for name, (sent, received, value) in given_facts.items()}
    assert facts_of_json(facts_to_json(stated)) == stated


def test_no_observation_shows_what_it_says_in_its_repr() -> None:
    shown = repr([read(1, content="secret"), told(1, note="secret")])
    assert "body" not in shown
    assert "value=" not in shown


def test_every_pair_of_observations_can_follow_each_other() -> None:
    """Nothing in the rules depends on what cannot happen."""
    read_twice: list[Observation] = [read(1), read(2, updated=1, content="b")]
    for seen in itertools.permutations([*read_twice, told(1, cost=1), gone(1), gone(2, deleted=False), Erasure(ID)], 4):
        known(*seen)
