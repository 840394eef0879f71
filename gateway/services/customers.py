"""Customers: who was in calls, one by the key, or page by page."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from gateway.domain.catalog import Catalog
from gateway.domain.customers import Customer
from gateway.domain.narrowing import visible
from gateway.domain.principal import Principal, Scope
from gateway.ports import CustomerStore
from gateway.services.access import Access
from gateway.services.lists import ListRequest, Placed, piece


class CustomerEdge(NamedTuple):
    """A customer in a list, and the place there."""

    customer: Customer
    place: Placed

    @property
    def cursor(self) -> str:
        """What the list goes on behind; made where it is asked for."""
        return self.place.cursor


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """A piece of a list of customers."""

    edges: tuple[CustomerEdge, ...]
    has_next: bool
    has_previous: bool

    def cursor(self, at: int) -> str | None:
        """The cursor of the customer at an index; None where there is no customer."""
        return self.edges[at].cursor if self.edges else None


class Customers:
    """Reading customers on behalf of a principal."""

    def __init__(
        self, *, store: CustomerStore, catalog: Catalog, clock: Callable[[], dt.datetime], largest_page: int
    ) -> None:
        self._store = store
        self._catalog = catalog
        self._access = Access({attribute.flat: attribute for attribute in catalog.mirrored_customer()})
        self._clock = clock
        self._largest_page = largest_page

    async def get(self, principal: Principal, keys: Sequence[str]) -> list[Customer | None]:
        """The customers of these keys, in their order; None where no call that the principal may see is of one.

        A key that is another's alias leads to the customer that it stands for.

        Raises:
            Forbidden: the principal may not read customers.
        """
        principal.need(Scope.CUSTOMERS_READ, "read customers")
        known = [self._catalog.aliases.get(key, key) for key in keys]
        rows = await self._store.customers(tuple(dict.fromkeys(known)), within=visible(principal))
        return [self._customer(rows[key]) if key in rows else None for key in known]

    async def page(self, principal: Principal, request: ListRequest) -> CustomerPage:
        """A piece of a list of the customers of calls that the principal may see, out of these calls alone.

        Raises:
            BadUserInput: a size is out of range, or a cursor is none of this list.
            Forbidden: the principal may not read customers, or not filter or sort so.
            StoreError: the mirror cannot be asked, or not in time.
        """
        principal.need(Scope.CUSTOMERS_READ, "list customers")
        asked, within = self._access.permitted(request, principal, largest=self._largest_page), visible(principal)
        fetch = functools.partial(self._store.customer_page, within=within)
        found = await piece(asked, now=self._clock(), fetch=fetch)
        rows = await self._store.customers([position.id for position in found.rows], within=within)
        edges = (
            CustomerEdge(self._customer(rows[position.id]), Placed(position, found.now, asked.stated))
            for position in found.rows
            if position.id in rows
        )
        return CustomerPage(
            edges=tuple(edges),
            has_next=found.has_next,
            has_previous=found.has_previous,
        )

    async def count(self, principal: Principal, request: ListRequest) -> int:
        """How many customers there are in the whole list that the request is for a piece of.

        Raises what `page` raises.
        """
        principal.need(Scope.CUSTOMERS_READ, "count customers")
        asked = self._access.permitted(request, principal, largest=self._largest_page)
        return await self._store.customer_count(asked.whole(self._clock()), within=visible(principal))

    def _customer(self, row: Mapping[str, Any]) -> Customer:
        """The record that a row of values by flat name amounts to."""
        stated = {a: row[a.flat] for a in self._catalog.customers.attributes if row.get(a.flat) is not None}
        return Customer(
            **{a.python: value for a, value in stated.items() if not a.configured},
            configured={a.name: value for a, value in stated.items() if a.configured},
        )
