"""Minimising: the fewest steps and the shortest last question with which two gateways still differ."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from tests.lane.episodes import Difference, Episode, Step
from tests.lane.questions import Question

Play = Callable[[Episode], Awaitable[Difference | None]]

_LESS: Final = (ArgumentNode, DirectiveNode, FieldNode, FragmentSpreadNode, InlineFragmentNode, ObjectFieldNode)
"""What can be taken out of a document."""


async def minimised(found: Difference, play: Play, *, seconds: float = 60) -> Difference:
    """A smaller difference of the same episode; ``play`` tells whether there is one, on new gateways."""
    deadline = time.monotonic() + seconds
    found = await _with_fewer_steps(found, play, deadline)
    return await _with_less_asked(found, play, deadline)


async def _with_fewer_steps(found: Difference, play: Play, deadline: float) -> Difference:
    """Take steps before the last one away, many at once as long as that works."""
    size = max(len(found.episode.steps) - 1, 1)
    while size:
        at = 0
        while at < len(found.episode.steps) - 1 and time.monotonic() < deadline:
            steps = found.episode.steps
            fewer = [*steps[:at], *steps[min(at + size, len(steps) - 1) :]]
            smaller = await play(dataclasses.replace(found.episode, steps=fewer))
            found, at = (smaller, at) if smaller is not None else (found, at + size)
        size //= 2
    return found


async def _with_less_asked(found: Difference, play: Play, deadline: float) -> Difference:
    """Take out of the last question what can be taken, from its beginning on."""
    at = 0
    while time.monotonic() < deadline:
        *before, last = found.episode.steps
        shorter = _without(last, at) if isinstance(last, Question) else None
        if shorter is None:
            return found
        smaller = await play(dataclasses.replace(found.episode, steps=[*_as_short(before, last, shorter), shorter]))
        found, at = (smaller, at) if smaller is not None else (found, at + 1)
    return found


def _as_short(steps: Sequence[Step], last: Step, shorter: Question) -> Iterator[Step]:
    """The steps before, of which those that ask the same document ask the shorter one, too."""
    for step in steps:
        if isinstance(step, Question) and isinstance(last, Question) and step.document == last.document:
            yield dataclasses.replace(step, document=shorter.document)
        else:
            yield step


def _without(question: Question, at: int) -> Question | None:
    """The question without the so-manieth part of its document; None where there is none, or no document."""
    try:
        document = parse(question.document)
    except GraphQLError:
        return None
    dropping = _Dropping(at)
    dropped = visit(document, dropping)
    if not dropping.has_dropped:
        return None
    return dataclasses.replace(question, document=print_ast(_tidy(dropped)))


class _Dropping(Visitor):
    """Takes the so-manieth part out."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.has_dropped = False
        self._left = at

    def enter(self, node: Node, *_args: Any) -> Any:
        """Count the parts, and remove the one."""
        if not isinstance(node, _LESS) or self.has_dropped:
            return None
        self._left -= 1
        self.has_dropped = self._left < 0
        return REMOVE if self.has_dropped else None


def _tidy(document: DocumentNode) -> DocumentNode:
    """The document without fragments that nothing spreads and variables that nothing uses."""
    used = _Used()
    visit(document, used)
    tidied: DocumentNode = visit(document, _Tidying(used.names))
    return tidied if len(tidied.definitions) == len(document.definitions) else _tidy(tidied)


class _Used(Visitor):
    """The names of what is spread, and of variables where they are used."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_args: Any) -> None:
        """Note a fragment."""
        self.names.add(f"...{node.name.value}")

    def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_args: Any) -> None:
        """Note a variable, but where it is declared."""
        if not isinstance(parent, VariableDefinitionNode):
            self.names.add(f"${node.name.value}")


class _Tidying(Visitor):
    """Removes what is not used."""

    def __init__(self, used: set[str]) -> None:
        super().__init__()
        self._used = used

    def enter(self, node: Node, *_args: Any) -> Any:
        """Remove a definition that is of no use."""
        match node:
            case FragmentDefinitionNode() if f"...{node.name.value}" not in self._used:
                return REMOVE
            case VariableDefinitionNode() if f"${node.variable.name.value}" not in self._used:
                return REMOVE
            case OperationDefinitionNode() | _:
                return None
