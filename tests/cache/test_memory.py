"""Memory: bounded by bytes, the least used first to go, each entry for as long as it may serve."""

from __future__ import annotations

import datetime as dt

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gateway.cache.memory import Entry, Memory
from gateway.domain.call import Call
from gateway.domain.stamp import Stamp
from tests.e2e.clocks import Clock


def _entry(clock: Clock, size: int, *, seconds: float = 3600) -> Entry:
    until = clock.now + dt.timedelta(seconds=seconds)
    stamp = Stamp(fetched_at=clock.now, fresh_until=until, stale_until=until)
    return Entry(call=Call(id="x"), stamp=stamp, kept_until=until, size=size)


def test_what_was_put_is_there() -> None:
    """An entry that fits is given back as it is, and nothing is given for other ids."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    entry = _entry(clock, 60)
    memory.put("a", entry)
    assert memory.get("a") is entry
    assert memory.get("b") is None
    assert (memory.size, len(memory)) == (60, 1)


def test_the_least_used_goes_first() -> None:
    """Where a new entry needs room, the one that was asked for longest ago makes it."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    memory.put("a", _entry(clock, 40))
    memory.put("b", _entry(clock, 40))
    memory.get("a")
    memory.put("c", _entry(clock, 40))
    assert memory.get("b") is None
    assert memory.get("a") is not None
    assert memory.get("c") is not None


def test_many_small_ones_make_room_for_a_large_one() -> None:
    """As many entries go as the bytes of the new one need."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    for number in range(10):
        memory.put(str(number), _entry(clock, 10))
    memory.put("large", _entry(clock, 75))
    assert (memory.size, len(memory)) == (95, 3)


def test_an_entry_larger_than_everything() -> None:
    """It is not kept, the older one of its id goes nevertheless, and the others stay."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    memory.put("a", _entry(clock, 40))
    memory.put("b", _entry(clock, 40))
    memory.put("a", _entry(clock, 101))
    assert memory.get("a") is None
    assert memory.get("b") is not None
    assert memory.size == 40


def test_an_entry_that_grows() -> None:
    """The bytes of the one that is replaced do not count, and others make room for what is more."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    memory.put("a", _entry(clock, 40))
    memory.put("b", _entry(clock, 40))
    memory.put("a", _entry(clock, 90))
    assert memory.get("b") is None
    assert memory.size == 90


def test_each_entry_has_its_own_end() -> None:
    """An entry is gone at the very moment at which its time is up, and takes no bytes from then on."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    memory.put("a", _entry(clock, 40, seconds=10))
    memory.put("b", _entry(clock, 40, seconds=20))
    clock.advance(seconds=9.999)
    assert memory.get("a") is not None
    clock.advance(seconds=0.001)
    assert memory.get("a") is None
    assert memory.get("b") is not None
    assert (memory.size, len(memory)) == (40, 1)


def test_an_entry_whose_time_is_up_already() -> None:
    """It is not kept, and neither is the older one of its id."""
    clock = Clock()
    memory = Memory(limit=100, clock=clock)
    memory.put("a", _entry(clock, 40))
    memory.put("a", _entry(clock, 40, seconds=0))
    assert memory.get("a") is None
    assert memory.size == 0


class Bounded(RuleBasedStateMachine):
    """Whatever is put, asked for and waited for: the size is that of what is there, and never above the limit."""

    @initialize(limit=st.integers(1, 300))
    def begin(self, limit: int) -> None:
        self.limit = limit
        self.clock = Clock()
        self.memory = Memory(limit=limit, clock=self.clock)
        self.sizes: dict[str, int] = {}

    @rule(call_id=st.sampled_from("abcdef"), size=st.integers(0, 320), seconds=st.integers(0, 30))
    def put(self, call_id: str, size: int, seconds: int) -> None:
        entry = _entry(self.clock, size, seconds=seconds)
        self.memory.put(call_id, entry)
        self.sizes[call_id] = size
        kept = size <= self.limit and seconds > 0
        assert self.memory.get(call_id) is (entry if kept else None)

    @rule(call_id=st.sampled_from("abcdef"))
    def get(self, call_id: str) -> None:
        entry = self.memory.get(call_id)
        assert entry is None or (entry.size == self.sizes[call_id] and self.clock.now < entry.kept_until)

    @rule(seconds=st.integers(1, 20))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @invariant()
    def within_the_limit(self) -> None:
        if hasattr(self, "memory"):
            there = [entry.size for entry in map(self.memory.get, "abcdef") if entry is not None]
            assert sum(there) == self.memory.size <= self.limit
            assert len(there) == len(self.memory)


TestBounded = Bounded.TestCase
TestBounded.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
