"""Fragments: calls as JSON, encoded once for each reading of a call, selection and policy, and kept.

What depends on the moment (`freshness`) is left out of what is kept, and put into its place in every answer. A fragment
is made of one version of a call (`CallAnswer.version`): when the call is read anew it has another, so that nothing has
to be found and thrown away. What is used least goes first where there are not enough bytes.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias, cast

import orjson
from graphql import GraphQLObjectType

from gateway.domain.answers import Answers, CallAnswer, Row
from gateway.exact_json import dumps
from gateway.graph.lane.projections import Fault, Notes, Project, Selected

_BESIDE: Final = 250
"""What keeping a fragment takes beside its text, in bytes, roughly."""


@dataclasses.dataclass(slots=True, eq=False)
class Fragment:
    """A call as JSON: the pieces between which the momentary fields have their places, and what it withholds.

    Nobody changes it; frozen, or compared by what it holds, it would be slower to look at.
    """

    pieces: tuple[bytes, ...]
    notes: frozenset[Any]
    before: bytes = dataclasses.field(init=False, repr=False)
    after: bytes = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.before, self.after = self.pieces[0], self.pieces[-1]

    @property
    def size(self) -> int:
        """The memory it takes, in bytes, roughly."""
        return sum(map(len, self.pieces)) + _BESIDE

    def around(self, moments: Sequence[bytes]) -> bytes:
        """The whole call as JSON."""
        return self.pieces[0] + b"".join(m + p for m, p in zip(moments, self.pieces[1:], strict=True))


class Fragments:
    """Fragments of at most ``limit`` bytes, by the number of their selection and the version of their call.

    A page looks a hundred of them up, and `cachetools` takes a microsecond for each: here those that were used lately
    are in one dictionary and the others in an older one, which goes as a whole when the first holds half of the limit.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._numbers = itertools.count()
        self._new: dict[int, dict[int, Fragment]] = {}
        self._old: dict[int, dict[int, Fragment]] = {}
        self._size = 0

    def __len__(self) -> int:
        return sum(len(each) for kept in (self._new, self._old) for each in kept.values())

    def lately(self, number: int) -> Mapping[int, Fragment]:
        """Those of a selection that were used lately, for whoever looks for many; the others are found by `get`."""
        return self._new.get(number, {})

    def get(self, number: int, version: int) -> Fragment | None:
        """The fragment that was kept, if it still is."""
        found = self._new.get(number, {}).get(version)
        if found is None and (found := self._old.get(number, {}).pop(version, None)) is not None:
            self.put(number, version, found)
        return found

    def put(self, number: int, version: int, fragment: Fragment) -> None:
        """Keep a fragment, unless it is larger than all that may be kept."""
        size = fragment.size
        if size > self._half:
            return
        if self._size + size > self._half:
            self._old, self._new, self._size = self._new, {}, 0
        self._new.setdefault(number, {})[version] = fragment
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
        return orjson.Fragment(self._text(answer, notes))

    def project_all(self, answers: Any, notes: Notes) -> orjson.Fragment | None:
        """A list of calls as JSON. Raises `Fault`."""
        if answers is None:
            return None
        if isinstance(answers, Answers) and len(self._momentary) == 1 and not answers.has_gaps:  # as nearly always
            return orjson.Fragment(self._listed(answers, notes))
        if not isinstance(answers, Sequence):
            raise Fault
        return orjson.Fragment(b"[" + b",".join(self._text(answer, notes) for answer in answers) + b"]")

    def _listed(self, answers: Answers, notes: Notes) -> bytes:
        """A list of calls as JSON. Nothing is done for each of them but to look it up, and pieces are joined once."""
        rows = cast("Sequence[Row]", answers.rows)
        lately = self._kept.lately(self._number)
        found = [lately.get(version) for _, version, _ in rows]  # type: ignore[arg-type]  # of None there is none
        if None in found:
            found = [each or self._fragment(answer) for each, answer in zip(found, answers, strict=True)]
        fragments = cast("list[Fragment]", found)
        for withheld in {fragment.notes for fragment in fragments}:
            notes |= withheld
        moments = [self._moments(CallAnswer(rows[0][0], told), notes)[0] for told in answers.told]
        texts = [b"["]
        for fragment, row in zip(fragments, rows, strict=True):
            texts += (fragment.before, moments[row[2]], fragment.after, b",")
        return b"".join((*texts[:-1], b"]") if rows else (b"[]",))

    def _text(self, answer: CallAnswer, notes: Notes) -> bytes:
        fragment = self._fragment(answer)
        notes |= fragment.notes
        return fragment.around(self._moments(answer, notes))

    def _moments(self, answer: CallAnswer, notes: Notes) -> list[bytes]:
        """The momentary fields of a call as JSON."""
        return [dumps(project(answer, notes)) for project in self._momentary]

    def _fragment(self, answer: CallAnswer | None) -> Fragment:
        if answer is None:
            raise Fault
        if not isinstance(answer, CallAnswer) or answer.version is None:
            return self._made(answer)
        found = self._kept.get(self._number, answer.version)
        if found is None:
            found = self._made(answer)
            self._kept.put(self._number, answer.version, found)
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
