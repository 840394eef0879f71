"""The long run: episodes one after the other, until so many questions have been compared."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from tests.lane import records
from tests.lane.episodes import SCHEMA, Difference, Episode, Figures, compared, episode
from tests.lane.minimise import minimised
from tests.lane.questions import Question
from tests.lane.sides import Wrap, as_is
from tests.siege.schemathesis_documents import documents

_QUESTIONS: Final = 60
_FOREIGN: Final = 12
"""Each so-manieth episode asks what Schemathesis makes of the schema."""


@dataclasses.dataclass
class Run:
    """What a run has found."""

    figures: Figures
    differences: list[Difference]

    @property
    def table(self) -> str:
        """The figures, for people."""
        figures = self.figures
        rows = {
            "queries": f"{figures.queries}",
            "answers compared": f"{figures.answers}",
            "of them without errors": f"{figures.without_errors / max(figures.answers, 1):.1%}",
            "of them refused before execution": f"{figures.unexecuted / max(figures.answers, 1):.1%}",
            "queries per second": f"{figures.queries / max(figures.seconds, 0.001):.1f}",
            "operations compiled as a whole": f"{figures.shapes}",
            "differences": f"{len(self.differences)}",
        }
        return "\n".join(f"{name:34}{value}" for name, value in rows.items())


async def run(
    queries: int,
    episodes: Iterable[Episode],
    *,
    wrap: Wrap = as_is,
    most: int = 5,
    told: Callable[[str], object] = lambda _: None,
) -> Run:
    """Compare so many questions of these episodes, until there are ``most`` differences.

    Each is ``told`` once it is small.
    """
    found = Run(Figures(), [])
    play = functools.partial(compared, figures=Figures(), wrap=wrap)
    for played in episodes:
        started = time.perf_counter()
        difference = await compared(played, found.figures, wrap)
        found.figures.seconds += time.perf_counter() - started
        if difference is not None:
            small = await minimised(difference, play)
            found.differences.append(small)
            told(str(small))
        if found.figures.queries >= queries or len(found.differences) >= most:
            return found
    return found


def numbered(number: int) -> Episode:
    """The episode of this number."""
    is_foreign = number % _FOREIGN == 0
    return foreign(number, questions=_QUESTIONS) if is_foreign else episode(number, questions=_QUESTIONS)


def endless(seed: int) -> Iterator[Episode]:
    """The episodes of a run, as many as it needs."""
    return map(numbered, itertools.count(seed * 1_000_000 + 1))


def foreign(seed: int, *, questions: int) -> Episode:
    """An episode that asks what Schemathesis makes of the schema; nothing moves meanwhile."""
    ids = [records.call_id(number) for number in range(20)]
    made = documents(SCHEMA, seed=seed, count=questions)
    return Episode(seed, {}, [Question(document=text, sought=ids, anew=True) for text in made])
