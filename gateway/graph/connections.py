"""Connections: lists in pieces, as Relay's specification has them."""

from __future__ import annotations

from typing import cast

import strawberry

from gateway.graph.types import Call
from gateway.services.calls import CallPage


@strawberry.type(description="Where a piece of a list stands in it.")
class PageInfo:
    """Relay's ``PageInfo``."""

    has_next_page: bool = strawberry.field(description="Whether the list goes on behind this piece.")
    has_previous_page: bool = strawberry.field(description="Whether there is something before this piece.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge: `after` for the next piece.")


@strawberry.type(description="A call in a list.")
class CallEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="The place behind this call; opaque.")
    node: Call = strawberry.field(description="The call.")


@strawberry.type(description="A piece of a list of calls.")
class CallConnection:
    """Relay's connection."""

    edges: list[CallEdge] = strawberry.field(description="The calls with their cursors.")
    nodes: list[Call] = strawberry.field(description="The calls alone.")
    page_info: PageInfo = strawberry.field(description="Where this piece stands in the list.")


def connection(page: CallPage) -> CallConnection:
    """A page as GraphQL shows it."""
    edges = [CallEdge(cursor=edge.cursor, node=cast("Call", edge.answer)) for edge in page.edges]
    return CallConnection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.edges[0].cursor if page.edges else None,
            end_cursor=page.edges[-1].cursor if page.edges else None,
        ),
    )
