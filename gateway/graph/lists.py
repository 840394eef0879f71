"""Lists: the fields that give calls and customers in pieces, with the filter and the order of one schema."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, cast

import strawberry
from strawberry.types.field import StrawberryField

from gateway.domain import paging
from gateway.domain.attributes import Attribute, snake
from gateway.domain.catalog import Catalog, Record
from gateway.domain.coverage import Interval
from gateway.domain.customers import Customer
from gateway.domain.filters import AllOf, Comparator, Condition, Predicate
from gateway.domain.ordering import NEWEST_FIRST, Direction, Order, Ordering
from gateway.graph import connections
from gateway.graph.connections import CallConnection, CustomerConnection
from gateway.graph.context import Context, Info
from gateway.graph.derive import Deriver
from gateway.graph.inputs import Filters
from gateway.graph.orders import order_type, ordering
from gateway.graph.predicates import Predicates, plain
from gateway.services.calls import CallPage
from gateway.services.lists import ListRequest, Permitted

_PAGE: Final = 20
_LATEST_FIRST: Final[Ordering] = (Order("customer_last_call_at", Direction.DESC),)

_ARGUMENTS: Final[Mapping[str, str]] = {
    "first": "How many at most, from the beginning or behind `after`: from 1 to the gateway's largest page, which is "
    "usually 100.",
    "after": "The cursor that the piece follows.",
    "last": "How many at most, from the end or before `before`.",
    "before": "The cursor that the piece ends before.",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Stated:
    """The arguments of a list as a caller stated them."""

    where: Any
    order_by: Any
    first: int | None
    after: str | None
    last: int | None
    before: str | None


class Lists:
    """The list fields of one schema."""

    def __init__(self, catalog: Catalog, deriver: Deriver) -> None:
        self._catalog = catalog
        self.filters = Filters(catalog, deriver)
        self._kinds = {a.flat: a.kind for a in (*catalog.mirrored(), *catalog.mirrored_customer())}
        self._call_order = order_type("Call", catalog.mirrored(), lambda a: a.flat.upper())
        self._customer_order = order_type("Customer", catalog.mirrored_customer(), _name_of_customers)

    def calls(self) -> StrawberryField:
        """``Query.calls``."""

        async def calls(info: Info, stated: Stated) -> CallConnection | None:
            return await self._calls(info, stated)

        doc = "Calls, newest first if nothing else is said; calls of one millisecond by descending id."
        return _listing("calls", calls, self.filters.call, self._call_order, doc)

    def calls_of_customer(self) -> StrawberryField:
        """``Customer.calls``."""

        async def calls(root: strawberry.Parent[Customer], info: Info, stated: Stated) -> CallConnection | None:
            return await self._calls(info, stated, Condition("customer_key", Comparator.EQ, root.key))

        return _listing("calls", calls, self.filters.call, self._call_order, "The customer's calls, newest first.")

    def customers(self) -> StrawberryField:
        """``Query.customers``."""

        async def customers(info: Info, stated: Stated) -> CustomerConnection | None:
            return await self._customers(info, stated)

        doc = "Everybody who was in a call and is known by more than that, who called last first."
        return _listing("customers", customers, self.filters.customer, self._customer_order, doc)

    def prepared_calls(self, given: Mapping[str, Any]) -> Callable[[Context, str], Awaitable[CallConnection]]:
        """``Query.calls`` with these arguments, for a context and the path that the list has in the answer.

        Raises:
            BadUserInput: the arguments cannot be used.
        """
        request = self._request(_stated(given), self._catalog.call, NEWEST_FIRST, None)
        permitted: Permitted | None = None

        async def resolve(context: Context, path: str) -> CallConnection:
            nonlocal permitted
            if permitted is None or permitted.principal != context.principal:  # most are asked by the same as before
                permitted = context.services.calls.permitted(context.principal, request)
            page = await context.services.calls.piece(permitted)
            return _calls_in(context, path, request, page, page.uncovered)

        return resolve

    def prepared_customers(self, given: Mapping[str, Any]) -> Callable[[Context, str], Awaitable[CustomerConnection]]:
        """``Query.customers`` likewise."""
        request = self._request(_stated(given), self._catalog.customers, _LATEST_FIRST, None)
        return lambda context, _path: _customers_of(context, request, alone=False)

    async def _calls(self, info: Info, stated: Stated, narrowed: Predicate | None = None) -> CallConnection:
        request = self._request(stated, self._catalog.call, NEWEST_FIRST, narrowed)
        return await _calls_of(info.context, _path(info), request, alone=connections.only_total(info))

    async def _customers(self, info: Info, stated: Stated) -> CustomerConnection:
        request = self._request(stated, self._catalog.customers, _LATEST_FIRST, None)
        return await _customers_of(info.context, request, alone=connections.only_total(info))

    def _request(self, stated: Stated, record: Record, usual: Ordering, narrowed: Predicate | None) -> ListRequest:
        by = ordering(stated.order_by, usual)
        order = [[order.attribute, order.direction.value, order.nulls.value] for order in by]
        return ListRequest(
            predicate=self._predicate(stated.where, record, narrowed),
            ordering=by,
            stated=paging.digest([record.name, narrowed and repr(narrowed), plain(stated.where) or None, order]),
            usual=_PAGE,
            kinds=[self._kinds[order.attribute] for order in by],
            first=stated.first,
            after=stated.after or None,
            last=stated.last,
            before=stated.before or None,
        )

    def _predicate(self, where: Any, record: Record, narrowed: Predicate | None) -> Callable[[dt.datetime], Predicate]:
        """The filter at a moment; the very same one at all of them where nothing in it counts from now."""
        lasting: Predicate | None = None

        def predicate(now: dt.datetime) -> Predicate:
            nonlocal lasting
            if lasting is not None:
                return lasting
            stated = Predicates(self._catalog, now)
            asked = stated.of(where, record)
            found = asked if narrowed is None else AllOf((narrowed, asked))
            lasting = None if stated.counts_from_now else found
            return found

        return predicate


async def _calls_of(context: Context, path: str, request: ListRequest, *, alone: bool) -> CallConnection:
    """A piece of a list of calls; where the total is wanted ``alone``, no call is read."""
    service, principal = context.services.calls, context.principal
    page = None if alone else await service.page(principal, request)
    uncovered = page.uncovered if page else await service.uncovered(principal, request)
    return _calls_in(context, path, request, page, uncovered)


def _calls_in(
    context: Context, path: str, request: ListRequest, page: CallPage | None, uncovered: Interval | None
) -> CallConnection:
    if uncovered is not None:
        context.may_miss(path, uncovered)
    return connections.of_calls(page, lambda: context.services.calls.count(context.principal, request))


async def _customers_of(context: Context, request: ListRequest, *, alone: bool) -> CustomerConnection:
    service, principal = context.services.customers, context.principal
    page = None if alone else await service.page(principal, request)
    return connections.of_customers(page, lambda: service.count(principal, request))


def _stated(given: Mapping[str, Any]) -> Stated:
    """The arguments, with None for what was not given."""
    names = (field.name for field in dataclasses.fields(Stated))
    return Stated(**{name: None if (value := given.get(name)) is strawberry.UNSET else value for name in names})


def _path(info: Info) -> str:
    """Which list of the query this is; the same field of several objects is the same list."""
    return ".".join(name for name in info.path.as_list() if isinstance(name, str))


def _name_of_customers(attribute: Attribute) -> str:
    return snake(attribute.name).upper()


def _listing(
    name: str, resolve: Callable[..., Awaitable[Any]], filter_type: Any, order: Any, doc: str
) -> StrawberryField:
    """A list field: its arguments are those of every list, its filter and order are types of one schema."""
    has_root = "root" in resolve.__annotations__

    async def of_root(
        root: Any,
        info: Info,
        *,
        where: Any = strawberry.UNSET,
        order_by: Any = strawberry.UNSET,
        first: int | None = strawberry.UNSET,
        after: str | None = strawberry.UNSET,
        last: int | None = strawberry.UNSET,
        before: str | None = strawberry.UNSET,
    ) -> Any:
        given = {"where": where, "order_by": order_by, "first": first, "after": after, "last": last, "before": before}
        stated = _stated(given)
        return await (resolve(root, info, stated) if has_root else resolve(info, stated))

    types: dict[str, tuple[Any, str]] = {
        "where": (filter_type, "Which of them; all, if left out."),
        "order_by": (list[order], "What comes first; each further entry decides where those before it are equal."),
        "first": (int, _ARGUMENTS["first"]),
        "after": (str, _ARGUMENTS["after"]),
        "last": (int, _ARGUMENTS["last"]),
        "before": (str, _ARGUMENTS["before"]),
    }
    for python, (of, text) in types.items():
        of_root.__annotations__[python] = Annotated[of | None, strawberry.argument(description=text)]
    of_root.__annotations__["return"] = resolve.__annotations__["return"]
    field: Any = strawberry.field(name=name, resolver=of_root, description=doc)
    return cast("StrawberryField", field)
