"""Presigned addresses: fields of the artifact that are asked of upstream only when they are selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from strawberry.types.field import StrawberryField

from gateway.domain.artifact import Artifact, PresignedUrls
from gateway.domain.attributes import Attribute
from gateway.domain.catalog import Catalog
from gateway.graph.context import Info
from gateway.graph.derive import Deriver


def presigned_fields(catalog: Catalog, deriver: Deriver) -> list[StrawberryField]:
    """A field of the artifact for every presigned address; all that one request selects take one question to upstream."""
    return deriver.record_fields(catalog.records[PresignedUrls.__name__], _resolver)


def _resolver(attribute: Attribute) -> Callable[..., Any]:
    async def resolve(root: Artifact, info: Info) -> Any:
        urls = await info.context.presigned_by_id.load(root.call_id or "")
        return None if urls is None else attribute.of(urls)

    resolve.__annotations__ = {"info": Info}
    return resolve
