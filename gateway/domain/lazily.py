"""Lazily: calls whose attributes are read out of their document when somebody first asks for them.

A page shows two dozen of a call's hundreds of attributes. A call that comes out of the mirror is made in microseconds
and read as far as it is looked at; what has been read once stays. Of what cannot be read nobody is told: that was done
when the document came from upstream.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.domain.attributes import Document
from gateway.domain.call import Call
from gateway.domain.catalog import Catalog
from gateway.domain.decode import ReadSlot, slot_readers

_FIELDS: Final = tuple(field.name for field in dataclasses.fields(Call))


class LazyCall(Call):
    """A call that is read as far as it is looked at, equal to one that was read at once.

    ``readers`` has a function for each of its attributes, by the name of its slot.
    """

    __slots__ = ("_document", "_readers")

    _document: Document
    _readers: Mapping[str, ReadSlot]

    def __init__(self, document: Document, readers: Mapping[str, ReadSlot]) -> None:
        object.__setattr__(self, "_document", document)
        object.__setattr__(self, "_readers", readers)

    def __getattr__(self, name: str) -> Any:
        """An attribute that has not been read yet: it is, and stays."""
        if name not in _FIELDS:
            raise AttributeError(name)
        value = self._readers[name](self._document)
        object.__setattr__(self, name, value)
        return value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Call):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)

    __hash__ = Call.__hash__


def lazy_decoder(catalog: Catalog, identity_key: bytes) -> Callable[[Document], Call]:
    """The function that makes a lazy call of a document; see `gateway.domain.decode.decoder`."""
    readers = slot_readers(catalog, identity_key)
    return lambda document: LazyCall(document, readers)
