"""Principals: who asks. All gateways of a test know the same ones, each by a key of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gateway.domain.principal import EVERY_SCOPE, Scope
from gateway.services.keys import Keys, Wish

ANONYMOUS: Final = "anonymous"
STRANGER: Final = "stranger"
"""Whose key opens nothing."""


def _without(*missing: Scope) -> frozenset[Scope]:
    return EVERY_SCOPE - set(missing)


_READER: Final = frozenset({Scope.CALLS_READ, Scope.CUSTOMERS_READ})

WISHES: Final[Mapping[str, Wish]] = {
    wish.name: wish
    for wish in (
        Wish(name="everything", scopes=EVERY_SCOPE),
        Wish(name="no personal", scopes=_without(Scope.PERSONAL_READ)),
        Wish(name="no content", scopes=_without(Scope.CONTENT_READ)),
        Wish(name="no recordings", scopes=_without(Scope.RECORDINGS_READ)),
        Wish(name="no document", scopes=_without(Scope.DOCUMENT_READ)),
        Wish(name="usual", scopes=_READER),
        Wish(name="calls alone", scopes=frozenset({Scope.CALLS_READ})),
        Wish(name="customers alone", scopes=frozenset({Scope.CUSTOMERS_READ})),
        Wish(name="ann", scopes=EVERY_SCOPE, customers=frozenset({"id:ann"})),
        Wish(name="ann, masked", scopes=_READER, customers=frozenset({"id:ann"})),
        Wish(name="ann, by servers", scopes=EVERY_SCOPE, customers=frozenset({"id:ann"}), trusts_servers_only=True),
        Wish(name="two assistants", scopes=EVERY_SCOPE, assistants=frozenset({"a1", "a2"})),
        Wish(name="nothing", scopes=EVERY_SCOPE, customers=frozenset()),
    )
}
NAMES: Final = (ANONYMOUS, *WISHES, STRANGER)


async def admitted(keys: Keys) -> Mapping[str, str | None]:
    """The headers ``Authorization`` by the principal's name; None where there is none."""
    made = {name: f"Bearer {(await keys.create(wish))[1]}" for name, wish in WISHES.items()}
    return {ANONYMOUS: None, STRANGER: "Bearer nonsense", **made}
