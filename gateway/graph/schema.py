"""The schema: built at start from a catalog, once for each set of settings."""

from __future__ import annotations

import inspect
from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from gateway.domain.catalog import Catalog
from gateway.graph import faults, types
from gateway.graph.context import Context
from gateway.graph.derive import Deriver, exposed
from gateway.graph.lists import Lists
from gateway.graph.notices import CoverageNotice
from gateway.graph.operations import OneOperation
from gateway.graph.presigned import presigned_fields
from gateway.graph.queries import Query
from gateway.graph.scalars import SCALARS
from gateway.observe.events import Listener, silence

RECORDS: Final = tuple(cls for _, cls in inspect.getmembers(types, inspect.isclass) if exposed(cls))
"""Every class that exposes a record."""


class CatalogSchema(strawberry.Schema):
    """A Strawberry schema whose types get their fields from a catalog."""

    def __init__(self, catalog: Catalog, *, listen: Listener = silence) -> None:
        self.catalog = catalog
        self._listen = listen
        self._deriver = Deriver(catalog, RECORDS)
        self._lists = Lists(catalog, self._deriver)
        self._derived: dict[type, list[StrawberryField]] = {}
        super().__init__(
            query=Query,
            types=RECORDS,
            extensions=[OneOperation, CoverageNotice],
            config=StrawberryConfig(scalar_map=SCALARS),
        )

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """A type's own fields, and those that follow from the catalog."""
        origin = type_definition.origin
        if origin not in self._derived:  # asked for more than once, and a field must stay the same
            self._derived[origin] = self._derive(origin)
        return [*type_definition.fields, *self._derived[origin]]

    def _derive(self, cls: type) -> list[StrawberryField]:
        if cls is Query:
            return [self._lists.calls(), self._lists.customers()]
        return [*self._deriver.fields(cls), *self._joining(cls)]

    def _joining(self, cls: type) -> list[StrawberryField]:
        """The fields of a type that are made for one schema."""
        if cls is types.Artifact:
            return presigned_fields(self.catalog, self._deriver)
        return [self._lists.calls_of_customer()] if cls is types.Customer else []

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give errors their codes instead of logging each with its source, which one hostile query can make a flood."""
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else "none"
        validating = execution_context is not None and execution_context.result is None
        faults.explain(errors, validating=validating, request_id=request_id, listen=self._listen)
