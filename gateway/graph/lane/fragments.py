"""Fragments: calls as JSON, encoded once for each reading of a call, selection and policy, and kept.

What depends on the moment (`freshness`) is left out of what is kept, and put into its place in every answer. A fragment
is made of one version of a call (`CallAnswer.version`): when the call is read anew it has another, so that nothing has
to be found and thrown away. What is used least goes first where there are not enough bytes.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import orjson
from graphql import GraphQLObjectType

from gateway.domain.answers import CallAnswer
from gateway.exact_json import dumps
from gateway.graph.lane.projections import Fault, Notes, Project, Selected

_BESIDE: Final = 250
"""What keeping a fragment takes beside its text, in bytes, roughly."""

Key: TypeAlias = tuple[int, int]
"""The number of a selection, and the version of a call."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fragment:
    """A call as JSON: the pieces between which the momentary fields have their places, and what it withholds."""

    pieces: tuple[bytes, ...]
    notes: frozenset[Any]

    @property
    def size(self) -> int:
        """The memory it takes, in bytes, roughly."""
        return sum(map(len, self.pieces)) + _BESIDE


class Fragments:
    """Fragments of at most ``limit`` bytes.

    A page looks a hundred of them up, and `cachetools` takes a microsecond for each: here those that were used lately
    are in one dictionary and the others in an older one, which goes as a whole when the first holds half of the limit.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._numbers = itertools.count()
        self._new: dict[Key, Fragment] = {}
        self._old: dict[Key, Fragment] = {}
        self._size = 0

    def __len__(self) -> int:
        return len(self._new) + len(self._old)

    def get(self, key: Key) -> Fragment | None:
        """The fragment that was kept, if it still is."""
        found = self._new.get(key)
        if found is None and (found := self._old.pop(key, None)) is not None:
            self.put(key, found)
        return found

    def put(self, key: Key, fragment: Fragment) -> None:
        """Keep a fragment, unless it is larger than all that may be kept."""
        size = fragment.size
        if size > self._half:
            return
        if self._size + size > self._half:
            self._old, self._new, self._size = self._new, {}, 0
        self._new[key] = fragment
        self._size += size

    def keeping(self, of: GraphQLObjectType, selected: Selected) -> Project:
        """How a value of a type becomes JSON: a call by way of its fragment, anything else as it is."""
        return Calls(self, next(self._numbers), selected).project if of.name == "Call" else selected.project

    def keeping_all(self, of: GraphQLObjectType, selected: Selected) -> Project | None:
        """How a list of values of a type becomes JSON; None where there is no better way than one by one."""
        return Calls(self, next(self._numbers), selected).project_all if of.name == "Call" else None


class Calls:
    """The calls of one selection."""

    def __init__(self, kept: Fragments, number: int, selected: Selected) -> None:
        self._kept = kept
        self._number = number
        self._parts = tuple(_parts(selected))
        self._momentary = tuple(part[1] for part in self._parts if isinstance(part, tuple))

    def project(self, answer: CallAnswer, notes: Notes) -> orjson.Fragment:
        """The call as JSON. Raises `Fault`."""
        return orjson.Fragment(self._text(answer, notes, {}))

    def project_all(self, answers: Any, notes: Notes) -> orjson.Fragment | None:
        """A list of calls as JSON. Raises `Fault`."""
        if answers is None:
            return None
        if not isinstance(answers, list | tuple):
            raise Fault
        told: dict[int, list[bytes]] = {}  # most calls of a page share what there is to say of the moment
        texts = [self._text(answer, notes, told) for answer in answers]
        return orjson.Fragment(b"[" + b",".join(texts) + b"]")

    def _text(self, answer: CallAnswer, notes: Notes, told: dict[int, list[bytes]]) -> bytes:
        fragment = self._fragment(answer)
        if fragment.notes:
            notes |= fragment.notes
        if not self._momentary:
            return fragment.pieces[0]
        moments = told.get(id(answer.freshness))
        if moments is None:
            moments = told[id(answer.freshness)] = [dumps(project(answer, notes)) for project in self._momentary]
        pieces = fragment.pieces
        if len(moments) == 1:  # as nearly always
            return pieces[0] + moments[0] + pieces[1]
        return pieces[0] + b"".join(m + p for m, p in zip(moments, pieces[1:], strict=True))

    def _fragment(self, answer: CallAnswer) -> Fragment:
        if not isinstance(answer, CallAnswer) or answer.version is None:
            return self._made(answer)
        key = (self._number, answer.version)
        found = self._kept.get(key)
        if found is None:
            found = self._made(answer)
            self._kept.put(key, found)
        return found

    def _made(self, answer: CallAnswer) -> Fragment:
        notes: Notes = set()
        pieces, text = list[bytes](), b"{"
        for part in self._parts:
            comma = b"" if text == b"{" and not pieces else b","
            if isinstance(part, tuple):
                pieces.append(text + comma + dumps(part[0]) + b":")
                text = b""
            else:
                text += comma + dumps({key: project(answer, notes) for key, project in part})[1:-1]
        pieces.append(text + b"}")
        return Fragment(tuple(pieces), frozenset(notes))


_Part: TypeAlias = "list[tuple[str, Project]] | tuple[str, Project]"


def _parts(selected: Selected) -> Iterator[_Part]:
    """What is selected, in its order: a list of fields that stay, or a momentary one."""
    for is_momentary, fields in itertools.groupby(selected.compiled, lambda field: field[0] in selected.momentary):
        if is_momentary:
            yield from fields
        else:
            yield list(fields)
