"""GraphQL: its schema, its documents and its endpoint, as the settings say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from graphql import GraphQLError

from gateway.domain.catalog import Catalog
from gateway.errors import QueryTooComplex, SettingsInvalid
from gateway.graph.context import Services
from gateway.graph.documents import Documents, manifest
from gateway.graph.limits import Limits
from gateway.graph.schema import CatalogSchema
from gateway.observe.events import Listener
from gateway.settings import Settings
from gateway.web.graphql import GraphQLView, Rules


def view(
    settings: Settings,
    made: CatalogSchema,
    *,
    services: Services,
    clock: Callable[[], dt.datetime],
) -> GraphQLView:
    """The endpoint over a schema. Raises `SettingsInvalid` where the manifest of documents cannot be used."""
    rules = Rules(
        body_bytes=settings.body_bytes,
        body_seconds=settings.body_seconds,
        seconds=settings.query_seconds,
        upstream_budget=settings.upstream_budget or None,
        max_age=settings.document_max_age_seconds,
    )
    return GraphQLView(made, services=services, documents=documents(settings, made), rules=rules, clock=clock)


def schema(settings: Settings, catalog: Catalog, *, listen: Listener) -> CatalogSchema:
    """The schema, with what operations on it are held to."""
    return CatalogSchema(
        catalog,
        limits=limits(settings),
        introspection=settings.introspection,
        suggestions=settings.suggestions,
        compiled_bytes=settings.compiled_bytes if settings.compiled else None,
        listen=listen,
    )


def limits(settings: Settings) -> Limits:
    """How large an operation may be."""
    return Limits(
        tokens=settings.query_tokens,
        depth=settings.query_depth,
        aliases=settings.query_aliases,
        directives=settings.query_directives,
        root_fields=settings.query_root_fields,
        selections=settings.query_selections,
        comparisons=settings.query_comparisons,
        cost=settings.query_cost,
        page_size=settings.page_size_limit,
    )


def documents(settings: Settings, made: CatalogSchema) -> Documents:
    """The documents that can be named; those of the manifest fit the schema. Raises `SettingsInvalid`."""
    path = settings.documents_file
    if settings.documents_only and path is None:
        raise SettingsInvalid("GATEWAY_DOCUMENTS_ONLY=1 would accept no document at all: set GATEWAY_DOCUMENTS_FILE")
    trusted = {} if path is None else _read(path)
    for name, text in trusted.items():
        try:
            made.judge(text)
        except (GraphQLError, QueryTooComplex) as error:
            message = error.message if isinstance(error, GraphQLError) else str(error)
            raise SettingsInvalid(f"GATEWAY_DOCUMENTS_FILE: {path}: document “{name}”: {message}") from None
    kept = settings.persisted_query_bytes if settings.persisted_queries else None
    return Documents(trusted, only=settings.documents_only, bytes_kept=kept)


def _read(path: Path) -> dict[str, str]:
    try:
        return manifest(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SettingsInvalid(f"GATEWAY_DOCUMENTS_FILE: {path}: {error}") from None
