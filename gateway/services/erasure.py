"""Erasure: forgetting a person here, for good, whatever upstream still has."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from gateway.domain.filters import Comparator, Condition
from gateway.domain.observations import Erasure as Erased
from gateway.ports import CallStore, PageQuery
from gateway.services.intake import Intake

_PIECE: Final = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Erasure:
    """Erases the calls of customers; ``aliases`` are keys that another stands for.

    ``clear`` is called in the end, so that nothing of it stays in the database's own log.
    """

    store: CallStore
    intake: Intake
    aliases: Mapping[str, str]
    clear: Callable[[], Awaitable[object]]

    async def customer(self, key: str) -> int:
        """Forget the customer with this key; of how many calls only the outline is left.

        What upstream says of these calls later is not taken again. After a kill it is to be done again, which goes on
        where it was. Raises the leaves of `gateway.errors.StoreError`.
        """
        keys = (key, self.aliases.get(key, key))  # rows can still be under a key that became an alias a moment ago
        of_customer = Condition("customer_key", Comparator.IN, keys)
        erased = 0
        while places := await self.store.page(PageQuery(predicate=of_customer, limit=_PIECE)):
            await self.intake.take([Erased(place.position.id) for place in places])
            erased += len(places)
        await self.clear()
        return erased
