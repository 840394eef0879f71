"""Content: what was said in a call and what was made of it, told from what merely says that there was one.

Whatever the catalog declares as content can be taken out of a document, wherever it stands there: the artifact, the
analysis, the copies of both that older rows have at their top, and what a team declared as content of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Document, Kind, Sensitivity
from gateway.domain.catalog import Catalog, Record
from gateway.domain.paths import Each, Index, Key, Path, Step, Where

Strip: TypeAlias = Callable[[Document], dict[str, Any]]


_CONTENT: Final = frozenset({Sensitivity.CONTENT, Sensitivity.RECORDING})
"""What was said, as text and as sound."""


def content_columns(catalog: Catalog) -> frozenset[str]:
    """The flat names of the mirrored attributes that are content."""
    return frozenset(a.flat for a in catalog.mirrored() if a.sensitivity in _CONTENT)


def without_content(catalog: Catalog) -> Strip:
    """The function that gives a document without content; what it was given is left alone.

    In a list nothing moves up: null stands where an element was, so that taking content out twice is the same as once.
    """
    paths = tuple(_paths(catalog))
    tops = {path.steps[0].name for path in paths if len(path.steps) == 1 and isinstance(path.steps[0], Key)}
    deeper = tuple(dict.fromkeys(path.steps for path in paths if path.steps[0] not in {Key(top) for top in tops}))

    def strip(document: Document) -> dict[str, Any]:
        left: dict[str, Any] = {key: value for key, value in document.items() if key not in tops}
        for steps in deeper:
            left = _without(left, steps)
        return left

    return strip


def _paths(catalog: Catalog) -> Iterator[Path]:
    """Where content stands."""
    for attribute in _attributes(catalog.records, catalog.call):
        if attribute.sensitivity in _CONTENT:
            yield from (*attribute.paths, *attribute.fallback)
            yield from (place / key for place in catalog.places for key in attribute.keys)


def _attributes(records: Mapping[str, Record], record: Record) -> Iterator[Attribute]:
    """The attributes of a record and of its groups; elements of a list go with the list."""
    for attribute in record.attributes:
        yield attribute
        if attribute.kind is Kind.GROUP and attribute.record is not None:
            yield from _attributes(records, records[attribute.record.__name__])


def _without(value: Any, steps: Sequence[Step]) -> Any:
    """A value without what stands at a path below it."""
    step, rest = steps[0], steps[1:]
    if isinstance(value, dict):
        kept = ((key, inner, _is_meant(step, key, inner)) for key, inner in value.items())
        return {key: _without(inner, rest) if meant else inner for key, inner, meant in kept if rest or not meant}
    if isinstance(value, list):
        return [_emptied(inner, rest) if _is_meant(step, at, inner) else inner for at, inner in enumerate(value)]
    return value


def _emptied(element: Any, rest: Sequence[Step]) -> Any:
    return _without(element, rest) if rest else None


def _is_meant(step: Step, at: str | int, element: Any) -> bool:
    match step:
        case Key(name):
            return at == name
        case Index(position):
            return at == position
        case Where(name, text):
            return isinstance(element, dict) and element.get(name) == text
        case Each():
            return True
