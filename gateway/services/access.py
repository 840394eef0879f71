"""Access: what a principal may ask of a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from gateway.domain import paging
from gateway.domain.attributes import Attribute
from gateway.domain.filters import Condition, Predicate, Search, leaves
from gateway.domain.narrowing import visible
from gateway.domain.ordering import Ordering
from gateway.domain.policy import check_use
from gateway.domain.principal import Principal, Scope
from gateway.services.lists import ListRequest, Permitted


@dataclasses.dataclass(frozen=True, slots=True)
class Access:
    """The attributes of a list by their flat names, by which it is decided who may filter and sort by what."""

    attributes: Mapping[str, Attribute]

    def permitted(
        self,
        request: ListRequest,
        principal: Principal,
        *,
        largest: int,
        narrow: Callable[[Principal, Predicate], Predicate] = lambda _, predicate: predicate,
    ) -> Permitted:
        """The list, if the principal may ask for it, ``narrow`` to what the principal sees.

        A cursor of it is one of the list that this principal sees, and of no other.

        Raises:
            BadUserInput: as `Permitted` has it.
            Forbidden: it sorts by something that the principal does not see whole; so does its filter, later.
        """
        self._check_ordering(request.ordering, principal)

        def narrowed(asked: Predicate) -> Predicate:
            check_filter(asked, principal, self.attributes)
            return narrow(principal, asked)

        stated = paging.digest([request.stated, repr(visible(principal))]) if principal.is_bound else None
        return Permitted(request, principal, largest=largest, stated=stated, narrow=narrowed)

    def _check_ordering(self, ordering: Ordering, principal: Principal) -> None:
        for order in ordering:
            check_use(self.attributes[order.attribute], principal, "sort")


def check_filter(predicate: Predicate, principal: Principal, attributes: Mapping[str, Attribute]) -> None:
    """Raise `Forbidden` where a filter tells of something that the principal does not see whole."""
    for leaf in leaves(predicate):
        match leaf:
            case Search():
                principal.need(Scope.CONTENT_READ, "search in what was said")
            case Condition(name):
                check_use(attributes[name], principal, "filter")
