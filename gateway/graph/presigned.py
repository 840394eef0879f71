"""Presigned addresses: fields of the artifact that are asked of upstream only when they are selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.domain.principal import Scope
from gateway.graph.context import Info
from gateway.graph.derive import Deriver


def presigned_fields(catalog: Catalog, deriver: Deriver) -> list[StrawberryField]:
    """A field of the artifact for every presigned address; however many are selected, upstream is asked once a call."""
    return [
        strawberry.field(
            name=attribute.name,
            graphql_type=deriver.type_of(attribute),
            resolver=_resolver(attribute),
            description=attribute.description,
        )
        for attribute in catalog.records[PresignedUrls.__name__].attributes
    ]


def _resolver(attribute: Attribute) -> Callable[..., Any]:
    async def resolve(root: Any, info: Info) -> Any:
        if Scope.RECORDINGS_READ not in info.context.principal.scopes:
            return info.context.withhold(Scope.RECORDINGS_READ, f"Artifact.{attribute.name}")
        urls = await info.context.presigned_by_id.load(root.call_id or "")
        return None if urls is None else attribute.of(urls)

    return resolve
