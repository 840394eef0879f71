"""Connections: lists in pieces, as Relay's specification has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final, NamedTuple, cast

import strawberry
from graphql import FieldNode

from gateway.domain import customers as domain
from gateway.domain.answers import CallAnswer
from gateway.domain.filters import AllOf, Predicate, Search
from gateway.domain.words import Highlight as FoundWords
from gateway.domain.words import highlights
from gateway.graph.context import Info
from gateway.graph.types import Call, Customer
from gateway.services.calls import CallPage, Edge
from gateway.services.customers import CustomerEdge, CustomerPage

_AROUND: Final = 80
_MOST_HIGHLIGHTS: Final = 5


@strawberry.type(description="Where a piece of a list stands in it.")
class PageInfo:
    """Relay's ``PageInfo``: the GraphQL type of `Ends`."""

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


def _highlights(root: strawberry.Parent[Found]) -> list[Highlight]:
    call = root.node.call
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
    """Relay's edge: the GraphQL type of `Found`."""

    cursor: str = strawberry.field(description="The place behind this call; opaque.")
    node: Call = strawberry.field(description="The call.")
    highlights: list[Highlight] = strawberry.field(
        resolver=_highlights,
        description="Where the words of `search` stand in the call's text; empty without `search`.",
    )


Count = Callable[[], Awaitable[int]]


class Found(NamedTuple):
    """A call in a list, and the words that were searched for."""

    edge: Edge
    words: frozenset[str]

    @property
    def cursor(self) -> str:
        """The place behind the call."""
        return self.edge.cursor

    @property
    def node(self) -> CallAnswer:
        """The call."""
        return self.edge.answer


@dataclasses.dataclass(frozen=True, slots=True)
class Ends:
    """Where a piece of a list begins and ends; nowhere, where none was read."""

    page: CallPage | CustomerPage | None

    @property
    def has_next_page(self) -> bool:
        """Whether the list goes on."""
        return self.page is not None and self.page.has_next

    @property
    def has_previous_page(self) -> bool:
        """Whether there is something before it."""
        return self.page is not None and self.page.has_previous

    @property
    def start_cursor(self) -> str | None:
        """The cursor of the first edge."""
        return self.page.cursor(0) if self.page else None

    @property
    def end_cursor(self) -> str | None:
        """The cursor of the last edge."""
        return self.page.cursor(-1) if self.page else None


@dataclasses.dataclass(frozen=True, slots=True)
class CallPiece:
    """A piece of a list of calls, of which nothing is made that is not selected; without a page, only the total."""

    page: CallPage | None
    count: Count

    @property
    def edges(self) -> list[Found]:
        """The calls with their cursors."""
        if self.page is None:
            return []
        wanted = frozenset(searched(self.page.predicate))
        return [Found(edge, wanted) for edge in self.page.edges]

    @property
    def nodes(self) -> Sequence[CallAnswer]:
        """The calls alone."""
        return self.page.answers if self.page else []

    @property
    def page_info(self) -> Ends:
        """Where this piece stands in the list."""
        return Ends(self.page)


@dataclasses.dataclass(frozen=True, slots=True)
class _CustomerFound:
    edge: CustomerEdge

    @property
    def cursor(self) -> str:
        return self.edge.cursor

    @property
    def node(self) -> domain.Customer:
        return self.edge.customer


@dataclasses.dataclass(frozen=True, slots=True)
class CustomerPiece:
    """A piece of a list of customers, like `CallPiece`."""

    page: CustomerPage | None
    count: Count

    @property
    def edges(self) -> list[_CustomerFound]:
        """The customers with their cursors."""
        return [_CustomerFound(edge) for edge in self.page.edges] if self.page else []

    @property
    def nodes(self) -> list[domain.Customer]:
        """The customers alone."""
        return [edge.customer for edge in self.page.edges] if self.page else []

    @property
    def page_info(self) -> Ends:
        """Where this piece stands in the list."""
        return Ends(self.page)


async def _total_of_calls(root: strawberry.Parent[CallPiece]) -> int:
    return await root.count()


async def _total_of_customers(root: strawberry.Parent[CustomerPiece]) -> int:
    return await root.count()


@strawberry.type(description="A piece of a list of calls.")
class CallConnection:
    """Relay's connection: the GraphQL type of `CallPiece`."""

    edges: list[CallEdge] = strawberry.field(description="The calls with their cursors.")
    nodes: list[Call] = strawberry.field(description="The calls alone.")
    page_info: PageInfo = strawberry.field(description="Where this piece stands in the list.")
    total_count: int = strawberry.field(
        resolver=_total_of_calls, description="How many calls the whole list has; counted only where it is selected."
    )


@strawberry.type(name="CustomerEdge", description="A customer in a list.")
class CustomerListEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="The place behind this customer; opaque.")
    node: Customer = strawberry.field(description="The customer.")


@strawberry.type(description="A piece of a list of customers.")
class CustomerConnection:
    """Relay's connection: the GraphQL type of `CustomerPiece`."""

    edges: list[CustomerListEdge] = strawberry.field(description="The customers with their cursors.")
    nodes: list[Customer] = strawberry.field(description="The customers alone.")
    page_info: PageInfo = strawberry.field(description="Where this piece stands in the list.")
    total_count: int = strawberry.field(
        resolver=_total_of_customers,
        description="How many customers the whole list has; counted only where it is selected.",
    )


def of_calls(page: CallPage | None, count: Count) -> CallConnection:
    """A page as GraphQL shows it; without one, only the total was asked for."""
    return cast("CallConnection", CallPiece(page, count))


def of_customers(page: CustomerPage | None, count: Count) -> CustomerConnection:
    """A page as GraphQL shows it; without one, only the total was asked for."""
    return cast("CustomerConnection", CustomerPiece(page, count))


def only_total(info: Info) -> bool:
    """Whether nothing but the total is selected of a connection; where a fragment might select more, it is not."""
    return asks_only_total(info._raw_info.field_nodes)  # noqa: SLF001  # Strawberry's own selected_fields converts the whole tree


def asks_only_total(nodes: Iterable[FieldNode]) -> bool:
    """The same of the nodes of a field."""
    selected = [each for node in nodes if node.selection_set for each in node.selection_set.selections]
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
