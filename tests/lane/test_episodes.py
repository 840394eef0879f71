"""Whatever is asked and whatever happens in between: a compiled gateway answers as a plain one does, to the byte."""

from __future__ import annotations

import asyncio
import functools
from typing import Final

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.lane.episodes import Difference, Episode, Figures, compared, episode, refreshed
from tests.lane.minimise import minimised
from tests.lane.run import foreign

_FEW: Final = max(settings().max_examples // 16, 1)
"""Examples of an episode, each of which has dozens of questions."""


def _small(played: Episode) -> Difference | None:
    """What differs in an episode, made small; None where nothing does."""
    return asyncio.run(_found(played))


async def _found(played: Episode) -> Difference | None:
    figures = Figures()
    play = functools.partial(compared, figures=figures)
    found = await play(played)
    return None if found is None else await minimised(found, play)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=_FEW, phases=[Phase.explicit, Phase.generate])
def test_two_gateways_cannot_be_told_apart(seed: int) -> None:
    """The same steps, the same world: no question gets another answer, nor asks upstream for something else."""
    assert (found := _small(episode(seed, questions=25))) is None, str(found)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=max(_FEW // 3, 1), phases=[Phase.explicit, Phase.generate])
def test_two_gateways_that_refresh_beside_cannot_be_told_apart(seed: int) -> None:
    """The same where what is stale is served while it is refreshed, of questions that read one thing each."""
    assert (found := _small(refreshed(episode(seed, questions=40)))) is None, str(found)


def test_the_compiled_gateway_is_one() -> None:
    """Two plain ones could not be told apart either."""
    figures = Figures()
    assert asyncio.run(compared(episode(1, questions=25), figures)) is None
    assert figures.shapes > 3


def test_what_schemathesis_asks_is_answered_alike() -> None:
    """Documents that fit the schema's types, and such that do not, as another tool makes them."""
    assert (found := _small(foreign(1, questions=40))) is None, str(found)
