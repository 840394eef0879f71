"""The schema: built at start from a catalog, once for each set of settings."""

from __future__ import annotations

from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from gateway.domain.catalog import Catalog
from gateway.graph import faults
from gateway.graph.context import Context
from gateway.graph.derive import Deriver
from gateway.graph.inputs import Filterable
from gateway.graph.presigned import presigned_fields
from gateway.graph.queries import Query, calls_field
from gateway.graph.scalars import SCALARS
from gateway.graph.types import RECORDS, Artifact
from gateway.observe.events import Listener, silence


class CatalogSchema(strawberry.Schema):
    """A Strawberry schema whose types get their fields from a catalog.

    ``filterable`` says what whoever lists calls can be asked to compare.
    """

    def __init__(self, catalog: Catalog, *, filterable: Filterable, listen: Listener = silence) -> None:
        self.catalog = catalog
        self._listen = listen
        deriver = Deriver(catalog, RECORDS)
        joining = {Query: lambda: [calls_field(catalog, filterable)], Artifact: lambda: presigned_fields(catalog, deriver)}
        self._joining = {cls: cache(made) for cls, made in joining.items()}
        self._derived = cache(deriver.fields)
        super().__init__(query=Query, types=RECORDS, config=StrawberryConfig(scalar_map=SCALARS))

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """A type's own fields, those of the record that it exposes, and those that join it in this schema."""
        origin = type_definition.origin
        joining = self._joining[origin]() if origin in self._joining else []
        return [*type_definition.fields, *self._derived(origin), *joining]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Give errors their codes instead of logging each with its source, which one hostile query can make a flood."""
        context = execution_context.context if execution_context else None
        request_id = context.request_id if isinstance(context, Context) else "none"
        validating = execution_context is not None and execution_context.result is None
        faults.explain(errors, validating=validating, request_id=request_id, listen=self._listen)
