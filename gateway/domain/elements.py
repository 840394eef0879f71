"""Elements: the lists of a call as rows: one for each cost, each message, each structured output."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from gateway.domain.attributes import Attribute, Kind, Use, snake
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog, Record
from gateway.domain.clean import CLEAN

POSITION: Final = "position"

Rows: TypeAlias = tuple[dict[str, Any], ...]

_MADE_OF_SEVERAL: Final = (Kind.GROUP, Kind.LIST)


_POSITION: Final = Attribute(
    python=POSITION,
    name=POSITION,
    kind=Kind.INT,
    doc="Its place in the call's list, from 0.",
    flat=POSITION,
    use=Use.EXPORT,
    computed=True,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Elements:
    """A list of a call: the columns of its rows, the position in the list being the first, and how they are read.

    The columns are every single value that any shape of element has; JSON is a text, in ``with_json`` lists alone.
    """

    columns: tuple[Attribute, ...]
    read: Callable[[Call], Rows]


def elements(catalog: Catalog, *path: str, with_json: bool = False) -> Elements:
    """The list that these slots lead to from a call."""
    *groups, slot = path
    record = catalog.call
    for group in groups:
        record = next(_shapes(catalog, _named(record, group)))
    shapes = {shape.type: tuple(_single(shape, with_json)) for shape in _shapes(catalog, _named(record, slot))}
    columns = (_POSITION, *_columns(shapes.values()))
    return Elements(columns, _reader(path, shapes, columns))


def costs(catalog: Catalog) -> Elements:
    """What each component of a call cost. The mirror keeps these rows."""
    return elements(catalog, "costs")


def messages(catalog: Catalog) -> Elements:
    """What was said, turn by turn."""
    return elements(catalog, "artifact", "messages", with_json=True)


def structured_outputs(catalog: Catalog) -> Elements:
    """What was extracted from a call by schemas of the team."""
    return elements(catalog, "artifact", "structured_outputs", with_json=True)


def _named(record: Record, slot: str) -> Attribute:
    return next(attribute for attribute in record.attributes if attribute.python == slot)


def _shapes(catalog: Catalog, attribute: Attribute) -> Iterator[Record]:
    """The records that an attribute leads to."""
    of = attribute.variants
    shapes = (attribute.record,) if of is None else dict.fromkeys((*of.shapes.values(), of.other))
    return (catalog.records[shape.__name__] for shape in shapes if shape is not None)


def _single(record: Record, with_json: bool) -> Iterator[Attribute]:  # noqa: FBT001  # the one thing that differs
    left_out = _MADE_OF_SEVERAL if with_json else (*_MADE_OF_SEVERAL, Kind.JSON)
    for attribute in record.attributes:
        if attribute.kind not in left_out and attribute.exposed:
            yield dataclasses.replace(attribute, flat=snake(attribute.name), use=attribute.use | Use.EXPORT)


def _columns(shapes: Iterable[Sequence[Attribute]]) -> Iterator[Attribute]:
    found: dict[str, Attribute] = {}
    for attributes in shapes:
        for attribute in attributes:
            found.setdefault(attribute.flat, attribute)
    yield from found.values()


def _reader(
    path: Sequence[str], shapes: Mapping[type, Sequence[Attribute]], columns: Sequence[Attribute]
) -> Callable[[Call], Rows]:
    empty = dict.fromkeys(column.flat for column in columns)
    cleaners: Mapping[type, Sequence[tuple[str, str, Callable[[Any], Any]]]] = {
        shape: [(a.flat, a.python, CLEAN.get(a.kind, _as_text)) for a in own] for shape, own in shapes.items()
    }

    def read(call: Call) -> Rows:
        return tuple(row(position, element) for position, element in enumerate(_list_of(call, path)))

    def row(position: int, element: Any) -> dict[str, Any]:
        found: dict[str, Any] = {**empty, POSITION: position}
        for flat, slot, clean in cleaners[type(element)]:
            value = getattr(element, slot)
            found[flat] = None if value is None else clean(value)
        return found

    return read


def _list_of(call: Call, path: Sequence[str]) -> Sequence[Any]:
    found: Any = call
    for slot in path:
        found = getattr(found, slot) if found is not None else None
    return found or ()


def _as_text(value: Any) -> str:
    """JSON as the text that it is."""
    return str(CLEAN[Kind.STRING](json.dumps(value, ensure_ascii=False, separators=(",", ":"))))
