"""Operations: which of a document's operations is meant."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import OperationDefinitionNode
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError


class OneOperation(SchemaExtension):
    """Refuses a document of several operations where none is named; Strawberry would run the first.

    https://spec.graphql.org/draft/#GetOperation()
    """

    def on_parse(self) -> Iterator[None]:
        """Count the operations once there is a document."""
        yield
        named = self.execution_context._provided_operation_name is not None  # noqa: SLF001  # the public name hides this
        document = self.execution_context.graphql_document
        operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)] if document else []
        if len(operations) > 1 and not named:
            raise CannotGetOperationTypeError(None)
