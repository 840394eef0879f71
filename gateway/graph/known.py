"""Known documents: those that have been parsed, judged and validated before, by their text.

Parsing takes longer than all that follows. What is kept of a document knows nothing of who sent it. A document that
cannot be executed is not kept: it is explained anew each time.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from cachetools import LRUCache
from graphql import DocumentNode, NamedTypeNode, NonNullTypeNode, OperationDefinitionNode
from strawberry.extensions import SchemaExtension

_NODES: Final = 70
"""The bytes that the nodes of a document take for each character of its text, roughly."""
LIMIT: Final = 32 * 2**20
"""The memory for known documents, in bytes."""


@dataclasses.dataclass(frozen=True, slots=True)
class Known:
    """A document that can be executed; ``switches`` are its variables that directives can ask for."""

    text: str
    document: DocumentNode
    switches: tuple[str, ...]


def held(text: str) -> int:
    """The bytes that whoever holds on to a node of a document holds on to: each leads to all of them."""
    return len(text) * _NODES


class KnownDocuments:
    """The documents that were used last, in at most ``limit`` bytes, so that a stream of new ones ends somewhere."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._known: LRUCache[str, Known] = LRUCache(limit, getsizeof=lambda known: held(known.text))

    def __len__(self) -> int:
        return len(self._known)

    @property
    def size(self) -> int:
        """The bytes in use, roughly."""
        return int(self._known.currsize)

    def get(self, text: str) -> Known | None:
        """The document with this text."""
        return self._known.get(text)

    def put(self, text: str, document: DocumentNode) -> None:
        """Keep a document, unless it alone is larger than all that may be kept."""
        if held(text) <= self._known.maxsize:
            self._known[text] = Known(text, document, tuple(_switches(document)))


def _switches(document: DocumentNode) -> Iterator[str]:
    operations = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    for definition in (variable for each in operations for variable in each.variable_definitions or ()):
        of = definition.type.type if isinstance(definition.type, NonNullTypeNode) else definition.type
        if isinstance(of, NamedTypeNode) and of.name.value == "Boolean":
            yield definition.variable.name.value


class Knowing(SchemaExtension):
    """Takes documents that are known as they are; those that turn out to be executable are known from then on."""

    def __init__(self, documents: KnownDocuments) -> None:
        super().__init__()
        self._documents = documents
        self._is_known = False

    def on_parse(self) -> Iterator[None]:
        """Nothing is to be parsed, judged or validated of a known document."""
        execution = self.execution_context
        known = self._documents.get(execution.query) if execution.query else None
        if known is not None:
            execution.graphql_document = known.document
            execution.pre_execution_errors = []
            self._is_known = True
        yield

    def on_validate(self) -> Iterator[None]:
        """Keep what could be validated."""
        yield
        execution = self.execution_context
        if not self._is_known and not execution.pre_execution_errors and execution.query and execution.graphql_document:
            self._documents.put(execution.query, execution.graphql_document)
