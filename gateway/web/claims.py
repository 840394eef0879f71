"""Claims: what a token that has been verified says of whom it was given to, as a `Principal`."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.domain.identity import key_of
from gateway.domain.principal import Principal, Scope
from gateway.domain.values import Unreadable, stripped, text

_NAME_DIGITS: Final = 12
_MISSING: Final = object()
_SCOPES: Final = {scope.value: scope for scope in Scope}
_read: Final = stripped(text)
"""As the same values are read where a call states them, so that both make the same key."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Which claims of a token say what.

    ``scopes``, ``customers`` and ``assistants`` name a claim: ``sub``, or ``app_metadata.customer`` for one inside
    another; a name that is a URL stands for itself. ``usual_scopes`` are for tokens without the claim.
    ``attribute`` is what the claim says of a customer, one of `gateway.domain.customer.IDENTIFYING`; ``aliases`` are
    those of the catalog.

    Where no claim is named that binds, a principal is bound to nothing. Where one is, a token that does not have it, or
    says nothing usable in it, opens nothing: it is not one that was made for this gateway.
    """

    scopes: str
    usual_scopes: frozenset[Scope]
    identity_key: bytes = dataclasses.field(repr=False)
    customers: str | None = None
    attribute: str = "customerId"
    aliases: Mapping[str, str] = dataclasses.field(default_factory=dict, repr=False)
    assistants: str | None = None
    trusts_servers_only: bool = False

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """Whom a token with these claims was given to."""
        customers = None if self.customers is None else frozenset(self._keys(_stated(claims, self.customers)))
        assistants = None if self.assistants is None else frozenset(_ids(_stated(claims, self.assistants)))
        return Principal(
            name=self._name(claims, *sorted(customers or ()), *sorted(assistants or ())),
            scopes=self._scopes(_stated(claims, self.scopes)),
            customers=customers,
            assistants=assistants,
            trusts_servers_only=self.trusts_servers_only,
        )

    def _name(self, claims: Mapping[str, Any], *bound_to: str) -> str:
        """A name that is always the same for one subject of one issuer, and tells nobody who that is.

        A token that names no subject is for those whose calls it opens.
        """
        who = str(claims.get("sub") or "") or "\n".join(("", *bound_to))
        subject = f"{claims.get('iss')}\n{who}".encode("utf-8", "surrogatepass")
        return f"jwt:{hmac.new(self.identity_key, subject, hashlib.sha256).hexdigest()[:_NAME_DIGITS]}"

    def _scopes(self, stated: object) -> frozenset[Scope]:
        """The scopes that a claim names, among others that are for somebody else."""
        if stated is _MISSING:
            return self.usual_scopes
        words = stated.split() if isinstance(stated, str) else stated if isinstance(stated, list) else ()
        return frozenset(_SCOPES[word] for word in words if isinstance(word, str) and word in _SCOPES)

    def _keys(self, stated: object) -> Iterator[str]:
        """The keys of the customers that a claim names."""
        for value in _texts(stated):
            key = key_of(self.attribute, value, self.identity_key)
            if key is not None:
                yield self.aliases.get(key, key)


def _stated(claims: Mapping[str, Any], name: str) -> object:
    """What a claim says; `_MISSING` where there is none of this name."""
    found: Any = claims
    for key in (name,) if "://" in name else name.split("."):
        if not isinstance(found, Mapping) or key not in found:
            return _MISSING
        found = found[key]
    return found


def _ids(stated: object) -> Iterator[str]:
    """The ids that a claim names; what no id can be could trip up a database."""
    return (value for value in _texts(stated) if value.isprintable())


def _texts(stated: object) -> Iterator[str]:
    """The texts that a claim says, one or several; whatever else is there says nothing."""
    for value in stated if isinstance(stated, list) else (stated,):
        try:
            known = _read(value)
        except Unreadable:
            continue
        if known is not None:
            yield known
