"""Queries: what can be asked for."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, cast

import strawberry

from gateway.domain import identifiers
from gateway.domain.answers import CallAnswer
from gateway.errors import BadUserInput
from gateway.graph.context import Context, Info
from gateway.graph.mirror import Mirror, mirror
from gateway.graph.types import Call, Customer, Node

_LARGEST_AGE: Final = 10 * 365 * 24 * 3600
_MOST_NODES: Final = 100


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
    answer = await info.context.call_by_id.load((id, _age(max_age)))
    return cast("Call | None", answer)


def prepared_call(given: Mapping[str, Any]) -> Callable[[Context, str], Awaitable[CallAnswer | None]]:
    """``Query.call`` with these arguments, for an operation that asks for nothing else. Raises `BadUserInput`."""
    call_id, age = given["id"], _age(given.get("max_age"))
    return lambda context, _path: context.services.calls.get(context.principal, context.allowance, call_id, age)


def prepared_customer(given: Mapping[str, Any]) -> Callable[[Context, str], Awaitable[object]]:
    """``Query.customer`` likewise."""
    return lambda context, _path: context.customer_by_key.load(given["key"])


async def customer(
    info: Info,
    key: Annotated[strawberry.ID, strawberry.argument(description="The customer's key, as `customer.key` has it.")],
) -> Customer | None:
    """Resolve one customer; None where no call is of that customer."""
    return cast("Customer | None", await info.context.customer_by_key.load(key))


async def node(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The id of a call or a customer.")],  # noqa: A002  # GraphQL's word
) -> Node | None:
    """Resolve anything by its global id."""
    return cast("Node | None", await _node(info, id, "id"))


async def nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {_MOST_NODES} ids.")],
) -> list[Node | None]:
    """Resolve several things by their global ids, in the order of the ids."""
    if len(ids) > _MOST_NODES:
        raise BadUserInput("ids", f"{len(ids)} ids", f"at most {_MOST_NODES} can be asked for at once")
    # An error is an answer here: GraphQL puts it at its place in the list and the others beside it.
    answers = await asyncio.gather(*(_node(info, id_, "ids") for id_ in ids), return_exceptions=True)
    return cast("list[Node | None]", answers)


async def _node(info: Info, node_id: str, argument: str) -> Any:
    key = identifiers.customer_key(node_id)
    if key is not None:
        return await info.context.customer_by_key.load(key)
    if identifiers.call_id(node_id) is None:
        raise BadUserInput(argument, node_id, f"it must be {identifiers.EXPECTED}, or the id of a customer")
    return await info.context.call_by_id.load((node_id, None))


@strawberry.type(description="What can be asked for.")
class Query:
    """The root type; the lists join it when a schema is built, since their filters follow from the catalog."""

    call: Call | None = strawberry.field(
        resolver=call, description="One call by its id; null where Vapi has none of this id."
    )
    customer: Customer | None = strawberry.field(
        resolver=customer, description="One customer by the key; null where no call is of that customer."
    )
    mirror: Mirror | None = strawberry.field(
        resolver=mirror, description="How complete and how fresh the gateway's own copy of all calls is."
    )
    node: Node | None = strawberry.field(
        resolver=node, description="Anything by its global id; null where there is nothing of this id."
    )
    nodes: list[Node | None] = strawberry.field(
        resolver=nodes, description="Several things by their global ids, in the order of the ids."
    )


def _age(seconds: int | None) -> dt.timedelta | None:
    if seconds is None or seconds is strawberry.UNSET:
        return None
    if not 0 <= seconds <= _LARGEST_AGE:
        raise BadUserInput("maxAge", seconds, f"it must be from 0 to {_LARGEST_AGE} seconds")
    return dt.timedelta(seconds=seconds)
