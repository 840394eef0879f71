"""Queries: what can be asked for."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Annotated, Any, Final, cast

import strawberry
from strawberry.types.field import StrawberryField

from gateway.domain import paging
from gateway.domain.catalog import Catalog
from gateway.errors import BadUserInput
from gateway.graph import inputs
from gateway.graph.connections import CallConnection, connection
from gateway.graph.context import Info
from gateway.graph.types import Call, Node
from gateway.services.calls import PageRequest

_LARGEST_AGE: Final = 10 * 365 * 24 * 3600
_MOST_NODES: Final = 100
_PAGE: Final = 20


async def call(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="Vapi's UUID of the call.")],  # noqa: A002  # GraphQL's word
    max_age: Annotated[
        int | None,
        strawberry.argument(
            description="How old the answer may be, in seconds; 0 asks Vapi in any case. Without it, as old as is "
            "usual for a call in its state. Where Vapi cannot be asked, what is known is answered and marked "
            "ERROR_STALE."
        ),
    ] = strawberry.UNSET,
) -> Call | None:
    """Resolve one call; None where Vapi has none of this id."""
    answer = await info.context.call_by_id.load((id, _age(max_age), "id"))
    return cast("Call | None", answer)


async def node(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The id of a call.")],  # noqa: A002  # GraphQL's word
) -> Node | None:
    """Resolve anything by its global id."""
    return cast("Node | None", await info.context.call_by_id.load((id, None, "id")))


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {_MOST_NODES} ids.")],
) -> list[Node | None]:
    """Resolve several things by their global ids, in the order of the ids."""
    if len(ids) > _MOST_NODES:
        raise BadUserInput("ids", f"{len(ids)} ids", f"at most {_MOST_NODES} can be asked for at once")
    load = info.context.call_by_id.load
    # An error is an answer here: GraphQL puts it at its place in the list and the others beside it.
    answers = await asyncio.gather(*(load((id_, None, "ids")) for id_ in ids), return_exceptions=True)
    return cast("list[Node | None]", answers)


@strawberry.type(description="What can be asked for.")
class Query:
    """The root type; `calls_field` joins it when a schema is built, since its filter follows from the catalog."""

    call: Call | None = strawberry.field(
        resolver=call, description="One call by its id; null where Vapi has none of this id."
    )
    node: Node | None = strawberry.field(
        resolver=node, description="Anything by its global id; null where there is nothing of this id."
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=nodes, description="Several things by their global ids, in the order of the ids."
    )


def calls_field(catalog: Catalog, filterable: inputs.Filterable) -> StrawberryField:
    """The field ``calls`` of a schema."""

    async def calls(
        info: Info,
        where: object = strawberry.UNSET,
        first: Annotated[
            int | None,
            strawberry.argument(
                description="How many calls at most: from 1 to the gateway's largest page, which is usually 100."
            ),
        ] = _PAGE,
        after: Annotated[
            str | None, strawberry.argument(description="The cursor of the call that the piece follows.")
        ] = strawberry.UNSET,
    ) -> CallConnection | None:
        stated = inputs.stated(where, catalog)
        request = PageRequest(
            predicate=inputs.predicate(stated, info.context.now),
            stated=paging.digest([[condition.argument, condition.operand] for condition in stated]),
            first=_PAGE if first is None else first,
            after=after or None,
        )
        return connection(await info.context.calls.page(info.context.principal, request))

    call_filter: Any = inputs.call_filter(catalog, filterable)
    described = strawberry.argument(description="Which calls; all, if left out.")
    calls.__annotations__["where"] = Annotated[call_filter | None, described]  # a type of this schema alone
    field: Any = strawberry.field(
        name="calls", resolver=calls, description="Calls, newest first; calls of one millisecond by descending id."
    )
    return cast("StrawberryField", field)


def _age(seconds: int | None) -> dt.timedelta | None:
    if seconds is None or seconds is strawberry.UNSET:
        return None
    if not 0 <= seconds <= _LARGEST_AGE:
        raise BadUserInput("maxAge", seconds, f"it must be from 0 to {_LARGEST_AGE} seconds")
    return dt.timedelta(seconds=seconds)
