"""Episodes: a world, and what is asked and what happens in it; the same for the same seed."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway import app
from tests.e2e.gateways import quick_settings
from tests.lane import moves, principals, records
from tests.lane.documents import Documents, Written
from tests.lane.moves import Changed, Gone, Move, Told
from tests.lane.questions import GRAPHQL, Answer, Question
from tests.lane.sides import USUAL, Pair, Wrap, as_is, pair
from tests.lane.upstream import Upstream

Step: TypeAlias = Question | Move

SCHEMA: Final = app.schema_of(app.catalog_of(quick_settings(**USUAL)))._schema
"""GraphQL's own form of the schema that both sides have."""

_CALLS: Final = 9
_LATER: Final = 2
"""Calls that are created during the episode."""
_NUMBERS: Final = range(_CALLS + _LATER)
_VARIANTS: Final[Sequence[Mapping[str, Any]]] = (
    *({}, {}, {}, {}, {"document_max_age_seconds": 60}, {"keep_documents_days": 1}, {"keep_content_days": 1}),
    *({"suggestions": False, "introspection": False}, {"upstream_budget": 2}, {"page_size_limit": 3}),
)
_REFRESHING: Final = {"live_stale_seconds": 60, "ended_stale_seconds": 300, "settled_stale_seconds": 18 * 3600}
_CURSOR: Final = re.compile(rb'"endCursor": ?"([^"]+)"')


@dataclasses.dataclass(frozen=True, slots=True)
class Episode:
    """A world by its seed, settings, and steps."""

    seed: int
    stated: Mapping[str, Any]
    steps: Sequence[Step]


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """What was not the same, in the answer to the last of these steps."""

    episode: Episode
    told: str

    def __str__(self) -> str:
        """All that it takes to see it again."""
        steps = "\n".join(f"{number}. {each}" for number, each in enumerate(self.episode.steps, 1))
        return f"episode {self.episode.seed}, settings {dict(self.episode.stated)}\n{steps}\n  {self.told}\n"


@dataclasses.dataclass
class Figures:
    """What was compared; ``shapes`` is how many operations the compiled gateways have compiled as a whole."""

    queries: int = 0
    answers: int = 0
    without_errors: int = 0
    unexecuted: int = 0
    seconds: float = 0.0
    shapes: int = 0

    def count(self, answer: Answer) -> None:
        """One more answer, which was compared with its other."""
        self.answers += 1
        self.without_errors += answer.is_without_errors
        self.unexecuted += b'"data"' not in answer.body


def episode(seed: int, *, questions: int) -> Episode:
    """The episode with this seed, of about so many questions."""
    chance = random.Random(seed)
    documents = Documents(SCHEMA, [records.call_id(number) for number in _NUMBERS])
    asked: list[Question] = []
    steps: list[Step] = []
    while len(asked) < questions:
        if steps and chance.random() < 0.35:
            moved = moves.moves(chance, _NUMBERS)
            steps += moved
            if chance.random() < 0.7:
                asked.append(_looked(chance, moved))
                steps.append(asked[-1])
        for _ in range(chance.randint(1, 3)):
            asked.append(_question(chance, documents, asked))
            steps.append(asked[-1])
    return Episode(seed, chance.choice(_VARIANTS), steps)


def refreshed(played: Episode) -> Episode:
    """The same with settings that let stale calls be served while they are refreshed.

    Left of it are the questions that could not meet such a refresh a second time.
    """
    steps = [step for step in played.steps if not isinstance(step, Question) or _reads_once(step)]
    return dataclasses.replace(played, steps=steps, stated={**played.stated, **_REFRESHING})


def _reads_once(question: Question) -> bool:
    return not (question.settled or "profile" in question.document or "presigned" in question.document)


def _question(chance: random.Random, documents: Documents, asked: Sequence[Question]) -> Question:
    """A new question, or one that was asked before: of the changed world, or by somebody else."""
    if asked and chance.random() < 0.45:
        again = chance.choice(asked[-12:])
        principal = again.principal if chance.random() < 0.4 else _principal(chance)
        return dataclasses.replace(again, principal=principal, method=chance.choice([again.method, "POST"]))
    return _asked(chance, documents.document(chance))


def _looked(chance: random.Random, moved: Sequence[Move]) -> Question:
    """A new question for a call that has just moved, before anything has settled."""
    numbers = [each.number for each in moved if isinstance(each, Changed | Gone | Told)]
    documents = Documents(SCHEMA, [records.call_id(chance.choice(numbers or _NUMBERS))])
    made = [documents.document(chance) for _ in range(8)]
    found = next((each for each in made if each.is_plain and each.sought), made[0])
    return _asked(chance, found)


def _asked(chance: random.Random, written: Written) -> Question:
    return Question(
        document=written.text,
        variables=written.variables,
        operation=written.operation,
        method=chance.choice(["POST", "POST", "GET"]),
        accept=chance.choice([None, None, GRAPHQL, "application/json"]),
        principal=_principal(chance),
        sought=written.sought,
        settled=not written.is_plain,
        anew=written.is_anew,
        by_hash=chance.random() < 0.06,
        times=chance.choice([1, 2, 3]),
    )


def _principal(chance: random.Random) -> str:
    if chance.random() < 0.55:
        return principals.ANONYMOUS
    return chance.choice(principals.NAMES[:-1]) if chance.random() < 0.98 else principals.STRANGER


async def compared(played: Episode, figures: Figures, wrap: Wrap = as_is) -> Difference | None:
    """Play an episode on two new gateways, until they differ."""
    upstream = Upstream(records.calls(random.Random(played.seed), _CALLS))
    async with pair(upstream, wrap=wrap, **played.stated) as both:
        for number, step in enumerate(played.steps, 1):
            told = await _done(both, step, figures)
            if told is not None:
                return Difference(dataclasses.replace(played, steps=played.steps[:number]), told)
        figures.shapes += 0 if both.compiled.lane is None else len(both.compiled.lane)
    return None


async def _done(both: Pair, step: Step, figures: Figures) -> str | None:
    """Do a step; what differs in the answers, if it is a question."""
    if not isinstance(step, Question):
        await step.happen(both)
        both.unsettle()
        return None
    figures.queries += 1
    if step.settled:
        await both.settle(step.sought, anew=step.anew)
    else:
        both.unsettle()
    if step.by_hash and step.method == "GET":
        await both.ask(dataclasses.replace(step, method="POST"))
    for _ in range(step.times):
        answer, told = await both.ask(step)
        figures.count(answer)
        if told is not None:
            return told
        step = _onward(step, answer)
    return None


def _onward(step: Question, answer: Answer) -> Question:
    """The same question, of the next page where it asks for pages."""
    cursor = _CURSOR.search(answer.body)
    if cursor is None or "$after" not in step.document:
        return step
    return dataclasses.replace(step, variables={**(step.variables or {}), "after": cursor[1].decode()})
