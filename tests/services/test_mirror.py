"""The mirror behind single calls: what reading one from upstream, or not finding it there, means to it."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any, Final

import pytest

from gateway.domain.marks import Mark, Reason
from gateway.domain.mirrored import State
from gateway.domain.retention import RECHECK, Retention
from gateway.ports import Batch, Change
from gateway.services.intake import Intake
from gateway.services.mirror import CallMirror
from tests.contracts.calls import absence, at, call_id, document, erasure, snapshot
from tests.services.mirrors import Mirror

pytestmark = pytest.mark.anyio

LASTS: Final = dt.timedelta(days=14)
SOON: Final = at(60)
LATE: Final = at(0) + LASTS


@dataclasses.dataclass
class Bench:
    """The mirror of single calls with all that it stands on in the test's hand."""

    calls: CallMirror
    held: Mirror
    told: list[Change]
    now: list[dt.datetime]

    @property
    def marks(self) -> list[Mark]:
        """The calls that are to be read again."""
        return list(self.held.state.marks.values())


async def bench(*documents: dict[str, Any]) -> Bench:
    """One that holds these calls, read a minute after noon."""
    held, told, now = Mirror(), list[Change](), [SOON]
    await held.apply(Batch(observations=tuple(snapshot(each, 1) for each in documents)))
    calls = CallMirror(
        store=held,
        recall=held.read,
        state=held.state,
        intake=Intake(held, changed=told.extend),
        prepare=lambda redacted, read_at: snapshot(dict(redacted), (read_at - at(0)) / dt.timedelta(minutes=1)),
        retention=Retention(LASTS),
        clock=lambda: now[0],
    )
    return Bench(calls, held, told, now)


async def test_what_it_holds() -> None:
    """The calls of these ids that it knows."""
    b = await bench(document(1), document(2))
    assert set(await b.calls.known([call_id(1), call_id(3)])) == {call_id(1)}


async def test_what_was_read_is_taken_in_and_told_of() -> None:
    """The number of the change is what readers know the content by."""
    b = await bench()
    number = await b.calls.take(document(1, cost=1), at(2))
    assert [(change.number, change.call_id) for change in b.told] == [(number, call_id(1))]
    assert set(await b.calls.known([call_id(1)])) == {call_id(1)}


async def test_what_was_known_already_changes_nothing() -> None:
    """Reading a call that is as it was has no number."""
    b = await bench(document(1))
    assert await b.calls.take(document(1), at(5)) is None
    assert b.told == []


async def test_an_older_reading_changes_nothing() -> None:
    """A replica of upstream that lags does not undo what is known."""
    b = await bench(document(1, updated=10, cost=2))
    assert await b.calls.take(document(1, updated=5, cost=1), at(20)) is None


async def test_a_call_that_nobody_knows_is_nobodys_loss() -> None:
    """That upstream does not have it says nothing of the mirror."""
    b = await bench()
    assert await b.calls.absent(call_id(1), SOON) is None
    assert (b.marks, b.told) == ([], [])


async def test_a_call_that_upstream_ought_to_have_is_to_be_asked_for_again() -> None:
    """It stays as it is meanwhile: a mistaken answer takes nothing away."""
    b = await bench(document(1))
    assert await b.calls.absent(call_id(1), SOON) is State.PRESENT
    assert b.marks == [Mark(call_id(1), Reason.MISSING, SOON + RECHECK)]
    assert (await b.calls.known([call_id(1)]))[call_id(1)].state is State.PRESENT
    assert b.told == []


async def test_whoever_keeps_asking_does_not_put_the_second_question_off() -> None:
    """One mark for all who miss it until it is due and a while after; what is still missing then is marked anew."""
    b = await bench(document(1))
    for minutes in (0, 1, 1.9, 2, 3.9):
        b.now[0] = SOON + minutes * dt.timedelta(minutes=1)
        await b.calls.absent(call_id(1), b.now[0])
    assert b.marks == [Mark(call_id(1), Reason.MISSING, SOON + RECHECK)]
    b.now[0] = SOON + 2 * RECHECK
    await b.calls.absent(call_id(1), b.now[0])
    assert b.marks == [Mark(call_id(1), Reason.MISSING, SOON + 3 * RECHECK)]


async def test_a_call_past_upstreams_retention_is_forgotten_there_and_stays_here() -> None:
    """There is nothing to ask for again."""
    b = await bench(document(1))
    assert await b.calls.absent(call_id(1), LATE) is State.FORGOTTEN
    assert (await b.calls.known([call_id(1)]))[call_id(1)].state is State.FORGOTTEN
    assert b.marks == []
    assert [change.state for change in b.told] == [State.FORGOTTEN]


@pytest.mark.parametrize(
    ("gone", "state"),
    [
        (absence(noticed=2, deleted=True), State.DELETED),
        (absence(noticed=2, deleted=False), State.FORGOTTEN),
        (erasure(), State.ERASED),
    ],
)
async def test_a_call_that_is_gone_already_stays_what_it_is(gone: Any, state: State) -> None:
    """However often upstream is asked for it."""
    b = await bench(document(1))
    await b.held.apply(Batch(observations=(gone,)))
    for moment in (SOON, LATE):
        assert await b.calls.absent(call_id(1), moment) is state
    assert (b.marks, b.told) == ([], [])
