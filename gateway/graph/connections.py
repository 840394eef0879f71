"""Connections: lists in pieces, as Relay's specification has them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, cast

import strawberry
from graphql import FieldNode

from gateway.domain.filters import AllOf, Predicate, Search
from gateway.domain.words import Highlight as FoundWords
from gateway.domain.words import highlights
from gateway.graph.context import Info
from gateway.graph.types import Call, Customer
from gateway.services.calls import CallPage, Edge
from gateway.services.customers import CustomerPage

_AROUND: Final = 80
_MOST_HIGHLIGHTS: Final = 5


@strawberry.type(description="Where a piece of a list stands in it.")
class PageInfo:
    """Relay's ``PageInfo``."""

    has_next_page: bool = strawberry.field(description="Whether the list goes on behind this piece.")
    has_previous_page: bool = strawberry.field(description="Whether there is something before this piece.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge: `after` for the next piece.")


@strawberry.type(description="Where a word that was searched for stands in a piece of text.")
class TextRange:
    """A stretch of a text."""

    start: int = strawberry.field(description="The first character of it, counted from 0.")
    end: int = strawberry.field(description="The character behind it.")


@strawberry.type(description="A piece of a call's text with words that were searched for.")
class Highlight:
    """The GraphQL type of `gateway.domain.words.Highlight`."""

    field: str = strawberry.field(description="Where it stands: `transcript` or `summary`.")
    text: str = strawberry.field(description="The piece of the text.")
    found: list[TextRange] = strawberry.field(description="Where the words stand in the piece.")


def _highlights(root: CallEdge) -> list[Highlight]:
    call = root.source.answer.call
    texts = {
        "summary": call.analysis and call.analysis.summary,
        "transcript": call.artifact and call.artifact.transcript,
    }
    pieces = ((name, text) for name, text in texts.items() if text and root.words)
    return [
        _highlight(name, piece)
        for name, text in pieces
        for piece in highlights(text, root.words, around=_AROUND, most=_MOST_HIGHLIGHTS)
    ]


def _highlight(name: str, piece: FoundWords) -> Highlight:
    return Highlight(field=name, text=piece.text, found=[TextRange(start=start, end=end) for start, end in piece.found])


@strawberry.type(description="A call in a list.")
class CallEdge:
    """Relay's edge."""

    source: strawberry.Private[Edge]
    words: strawberry.Private[frozenset[str]]
    cursor: str = strawberry.field(description="The place behind this call; opaque.")
    node: Call = strawberry.field(description="The call.")
    highlights: list[Highlight] = strawberry.field(
        resolver=_highlights,
        description="Where the words of `search` stand in the call's text; empty without `search`.",
    )


Count = Callable[[], Awaitable[int]]


async def _total(root: CallConnection | CustomerConnection) -> int:
    return await root.count()


@strawberry.type(description="A piece of a list of calls.")
class CallConnection:
    """Relay's connection; ``count`` is done only where the total is selected."""

    count: strawberry.Private[Count]
    edges: list[CallEdge] = strawberry.field(description="The calls with their cursors.")
    nodes: list[Call] = strawberry.field(description="The calls alone.")
    page_info: PageInfo = strawberry.field(description="Where this piece stands in the list.")
    total_count: int = strawberry.field(
        resolver=_total, description="How many calls the whole list has; counted only where it is selected."
    )


@strawberry.type(description="A customer in a list.")
class CustomerEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="The place behind this customer; opaque.")
    node: Customer = strawberry.field(description="The customer.")


@strawberry.type(description="A piece of a list of customers.")
class CustomerConnection:
    """Relay's connection; ``count`` is done only where the total is selected."""

    count: strawberry.Private[Count]
    edges: list[CustomerEdge] = strawberry.field(description="The customers with their cursors.")
    nodes: list[Customer] = strawberry.field(description="The customers alone.")
    page_info: PageInfo = strawberry.field(description="Where this piece stands in the list.")
    total_count: int = strawberry.field(
        resolver=_total, description="How many customers the whole list has; counted only where it is selected."
    )


def of_calls(page: CallPage | None, count: Count) -> CallConnection:
    """A page as GraphQL shows it; without one, only the total was asked for."""
    wanted = frozenset(searched(page.predicate)) if page else frozenset()
    found = page.edges if page else ()
    edges = [CallEdge(source=e, words=wanted, cursor=e.cursor, node=cast("Call", e.answer)) for e in found]
    return CallConnection(count=count, edges=edges, nodes=[e.node for e in edges], page_info=_page_info(page))


def of_customers(page: CustomerPage | None, count: Count) -> CustomerConnection:
    """A page as GraphQL shows it; without one, only the total was asked for."""
    found = page.edges if page else ()
    edges = [CustomerEdge(cursor=e.cursor, node=cast("Customer", e.customer)) for e in found]
    return CustomerConnection(count=count, edges=edges, nodes=[e.node for e in edges], page_info=_page_info(page))


def only_total(info: Info) -> bool:
    """Whether nothing but the total is selected of a connection; where a fragment might select more, it is not."""
    selected = [n for node in info._raw_info.field_nodes if node.selection_set for n in node.selection_set.selections]  # noqa: SLF001  # Strawberry's own selected_fields converts the whole tree
    return all(isinstance(each, FieldNode) and each.name.value in ("totalCount", "__typename") for each in selected)


def searched(predicate: Predicate) -> set[str]:
    """The words that every call of a list has: what is not searched for everywhere is not highlighted."""
    match predicate:
        case Search(words):
            return set(words)
        case AllOf(of):
            return set().union(*map(searched, of))
        case _:
            return set()


def _page_info(page: CallPage | CustomerPage | None) -> PageInfo:
    edges = page.edges if page else ()
    return PageInfo(
        has_next_page=bool(page and page.has_next),
        has_previous_page=bool(page and page.has_previous),
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
