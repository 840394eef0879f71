"""Paths: how a declaration says where in an upstream document a value stands.

Steps are joined by dots; each may be followed by selectors in brackets:

    customer.number                                     keys of objects
    artifact.structuredOutputs[name=booked].result      elements of a list or values of a map whose ``name`` is “booked”
    squad.members[].assistant.metadata                  every element in turn
    artifact.nodes[0].nodeName                          one element by its position
    metadata["account.no"]                              a key that holds a dot or a bracket
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

_STEP = re.compile(
    r"""(?:(?P<key>[^.\[\]"\s][^.\[\]"]*)
        |\["(?P<quoted>[^"]+)"\]
        |\[(?P<index>\d{1,6})\]
        |\[(?P<name>[^=\[\]"]+)=(?P<text>[^\[\]"]*)\]
        |(?P<each>\[\]))""",
    re.VERBOSE,
)


class PathInvalid(ValueError):
    """A text that is no path; the message says where it stops being one."""


@dataclasses.dataclass(frozen=True, slots=True)
class Key:
    """The value under this key of an object."""

    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class Index:
    """The element at this position of a list."""

    position: int


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """The elements (of a list) or values (of a map) that are objects with this text under this key."""

    name: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Each:
    """Every element of a list, or every value of a map."""


Step: TypeAlias = Key | Index | Where | Each


@dataclasses.dataclass(frozen=True, slots=True)
class Path:
    """A parsed path; ``text`` is how it was written, and how provenance shows it."""

    text: str
    steps: tuple[Step, ...]
    plain: bool = False
    """Whether it is keys all the way, and so leads to one place at most."""
    keys: tuple[str, ...] = dataclasses.field(init=False, repr=False, compare=False)
    """The keys on the way, without selectors."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(step.name for step in self.steps if isinstance(step, Key)))

    def __truediv__(self, below: Path) -> Path:
        """The path that goes on where this one ends."""
        joint = "" if below.text.startswith("[") else "."
        return Path(f"{self.text}{joint}{below.text}", self.steps + below.steps, self.plain and below.plain)


def parse(text: str) -> Path:
    """Read a path; raises `PathInvalid`."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        position = _after_dot(text, position, first=not steps)
        match = _STEP.match(text, position)
        if match is None:
            raise PathInvalid(f"“{text}” is no path: it cannot be read from character {position + 1} on")
        steps.append(_step(match))
        position = match.end()
    if not steps:
        raise PathInvalid("an empty text is no path")
    return Path(text, tuple(steps), all(isinstance(step, Key) for step in steps))


def _after_dot(text: str, position: int, *, first: bool) -> int:
    if first or text[position] == "[":
        return position
    if text[position] != ".":
        raise PathInvalid(f"“{text}” is no path: a dot is missing before character {position + 1}")
    return position + 1


def _step(match: re.Match[str]) -> Step:
    if match["each"] is not None:
        return Each()
    if match["index"] is not None:
        return Index(int(match["index"]))
    if match["name"] is not None:
        return Where(match["name"].strip(), match["text"].strip())
    return Key(match["quoted"] if match["quoted"] is not None else match["key"].strip())


Look: TypeAlias = Callable[[Any], Any]
"""What gives the value at a plain path of a document, or None."""

Find: TypeAlias = Callable[[Any], Iterable[Any]]
"""What gives everything that stands at a path of a document, nulls left out; mostly nothing or one value."""


def look(path: Path) -> Look:
    """The function that looks at a plain path. Looked for in a list or a text, there is nothing."""
    keys = path.keys
    if len(keys) == 1:
        (only,) = keys
        return lambda document: document.get(only) if isinstance(document, dict) else None

    def read(document: Any) -> Any:
        for key in keys:
            if not isinstance(document, dict):
                return None
            document = document.get(key)
        return document

    return read


def finder(path: Path) -> Find:
    """The function that finds all that stands at a path."""
    if not path.plain:
        return lambda document: _walk(path.steps, 0, document)
    read = look(path)

    def find_one(document: Any) -> Iterable[Any]:
        value = read(document)
        return () if value is None else (value,)

    return find_one


def gatherer(path: Path) -> Find:
    """The function that finds all that stands at a path together, as one list: for an attribute of several texts."""
    find = finder(path)
    if path.plain:
        return find

    def find_together(document: Any) -> Iterable[Any]:
        found = [value if isinstance(value, list) else [value] for value in find(document)]
        return ([element for listed in found for element in listed],) if found else ()

    return find_together


def _walk(steps: Sequence[Step], at: int, value: Any) -> Iterator[Any]:
    if at == len(steps):
        if value is not None:
            yield value
        return
    for selected in _selected(steps[at], value):
        yield from _walk(steps, at + 1, selected)


def _selected(step: Step, value: Any) -> Iterator[Any]:
    if isinstance(step, Key):
        if isinstance(value, dict) and step.name in value:
            yield value[step.name]
    elif isinstance(step, Index):
        if isinstance(value, list) and step.position < len(value):
            yield value[step.position]
    else:
        yield from (element for element in _elements(value) if _meant(step, element))


def _elements(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _meant(step: Where | Each, element: Any) -> bool:
    return isinstance(step, Each) or (isinstance(element, dict) and element.get(step.name) == step.text)
