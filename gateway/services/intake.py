"""Intake: the one way into the mirror, for whatever is learned of calls and from whatever side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from gateway.domain.marks import Mark
from gateway.domain.observations import Observation, Snapshot
from gateway.ports import Batch, CallStore, Change

MOST_ROWS: Final = 100
MOST_BYTES: Final = 4 * 2**20
"""How much one transaction takes: others wait for it, and a reader of changes gets it as a whole."""


class Intake:
    """Applies what was learned and tells what changed by it.

    ``changed`` is told the changes of each transaction, once it is durable. Raises the leaves of
    `gateway.errors.StoreError`.
    """

    def __init__(self, store: CallStore, *, changed: Callable[[Sequence[Change]], None]) -> None:
        self._store = store
        self._changed = changed

    async def take(
        self, observations: Iterable[Observation], *, marks: Sequence[Mark] = (), settled: Sequence[int] = ()
    ) -> Sequence[Change]:
        """Put all of it into the mirror; the changes, in order.

        ``marks`` and ``settled`` (entries of the ledger) go into the last transaction: after a kill they are there only
        if all of the rest is.
        """
        changes: list[Change] = []
        for batch in batches(tuple(observations), marks=tuple(marks), settled=tuple(settled)):
            found = await self._store.apply(batch)
            changes += found
            if found:
                self._changed(found)
        return changes


def batches(
    observations: Sequence[Observation],
    *,
    marks: tuple[Mark, ...] = (),
    settled: tuple[int, ...] = (),
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Batch]:
    """What goes into one transaction each: in order, at most so many rows and bytes, but for a single row."""
    taken: list[Observation] = []
    size = 0
    for observation in observations:
        more = _size(observation)
        if taken and (len(taken) == most_rows or size + more > most_bytes):
            yield Batch(observations=tuple(taken))
            taken, size = [], 0
        taken.append(observation)
        size += more
    if taken or marks or settled:
        yield Batch(observations=tuple(taken), marks=marks, settled=settled)


def _size(observation: Observation) -> int:
    return len(observation.body) if isinstance(observation, Snapshot) else 0
