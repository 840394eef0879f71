"""The principal: on whose behalf something is done. Every service method takes one."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from gateway.errors import Forbidden


class Scope(enum.Enum):
    """Something that a principal may do; the value is how credentials name it."""

    CALLS_READ = "calls:read"
    CUSTOMERS_READ = "customers:read"
    CONTENT_READ = "content:read"
    RECORDINGS_READ = "recordings:read"
    PERSONAL_READ = "personal:read"
    DOCUMENT_READ = "document:read"
    EXPORT = "export"
    ODATA_URL = "odata:url"
    ADMIN = "admin"


EVERY_SCOPE: Final = frozenset(Scope)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever asks: what they may do, and which calls there are for them.

    ``customers`` and ``assistants`` are the customer keys and the assistant ids that they are bound to; None binds to
    nothing, an empty set leaves nothing to see. With ``trusts_servers_only`` a call is a customer's only where a server
    said so (`gateway.domain.trust`). ``name`` tells one from another in logs and limits, and says nothing of a person.
    """

    name: str
    scopes: frozenset[Scope]
    customers: frozenset[str] | None = dataclasses.field(default=None, repr=False)
    assistants: frozenset[str] | None = None
    trusts_servers_only: bool = False

    @property
    def is_bound(self) -> bool:
        """Whether there are calls that are none for them."""
        return self.customers is not None or self.assistants is not None

    def need(self, scope: Scope, what: str) -> None:
        """Raise `Forbidden` where they may not do ``what``, which needs the scope."""
        if scope not in self.scopes:
            raise Forbidden(what, scope.value)


ANONYMOUS: Final = Principal(name="anonymous", scopes=EVERY_SCOPE)
"""Somebody who was not asked who they are, where that is allowed: on one's own machine."""
