"""Resolution: finding each attribute of the customer on its own, in the places where calls state it.

Vapi's own fields come first, then every spelling in every object where a team's data is seen, then the declared
fallbacks. The place that won is remembered with the value.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from gateway.domain.attributes import Attribute, Document
from gateway.domain.enums import Origin
from gateway.domain.paths import Find, Path, finder
from gateway.domain.reading import Problem, Problems, finder_for, json_type
from gateway.domain.redaction import REDACTED
from gateway.domain.trust import origin
from gateway.domain.values import READ, stripped

Owner: TypeAlias = tuple[Path, dict[str, Any]]
"""An object in which spellings are tried, and its place."""

Candidate: TypeAlias = tuple[Any, Path]
"""What might be an attribute's value, and its place."""

Finders: TypeAlias = Sequence[tuple[Path, Find]]


@dataclasses.dataclass(frozen=True, slots=True)
class Search:
    """Looking for a customer in one document: the objects in which spellings are tried are found once."""

    document: Document
    owners: Sequence[Owner]
    problems: Problems


def finders(paths: Sequence[Path], find: Callable[[Path], Find] = finder) -> Finders:
    """Paths with the functions that find what stands there."""
    return tuple((path, find(path)) for path in paths)


def owners(places: Finders, document: Document) -> Sequence[Owner]:
    """The objects of a document that stand at these places, in order of trust."""
    return tuple((path, owner) for path, find in places for owner in find(document) if isinstance(owner, dict))


def resolver(attribute: Attribute, name: str) -> Callable[[Search], Candidate | None]:
    """The function that resolves an attribute; blank texts say nothing, and what says nothing readable is a problem."""
    read_value, candidates = stripped(READ[attribute.kind]), _candidates(attribute)

    def resolve(search: Search) -> Candidate | None:
        problem = None
        for value, path in candidates(search):
            try:
                known = read_value(value)
            except ValueError:
                problem = problem or _unless_variable(path, Problem(name, attribute.kind.value, json_type(value)))
                continue
            if known is not None:
                return known, path
        if problem is not None:
            search.problems.append(problem)
        return None

    return resolve


def _candidates(attribute: Attribute) -> Callable[[Search], Iterator[Candidate]]:
    """Whatever might be the attribute, in order of trust."""
    paths, keys, fallback = (
        finders(places, finder_for(attribute)) for places in (attribute.paths, attribute.keys, attribute.fallback)
    )

    joined: dict[tuple[str, str], Path] = {}  # of few places and few spellings; in each call the same ones are found

    def candidates(search: Search) -> Iterator[Candidate]:
        yield from _stated(paths, search.document)
        for place, owner in search.owners:
            for value, key in _stated(keys, owner):
                at = place.text, key.text
                yield value, joined.get(at) or joined.setdefault(at, place / key)
        yield from _stated(fallback, search.document)

    return candidates


def _stated(places: Finders, document: Any) -> Iterator[Candidate]:
    for path, find in places:
        for value in find(document):
            if value != REDACTED:
                yield value, path


def _unless_variable(path: Path, problem: Problem) -> Problem | None:
    """Variable values hold much that is not the customer's: an odd one there is no loss."""
    return None if origin(path) is Origin.VARIABLES else problem
