"""Keys: the gateway's own API keys, what is kept of each, and when it opens what.

A key is shown once, as ``vcg_<id>_<secret>``. Only a SHA-256 of the secret is kept: the secret has 256 random bits, so
there are no likely ones to try, which is all that a slow hash of a password is for. Comparing takes the same time
wherever two secrets differ.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Final

from gateway.domain.principal import Principal, Scope

ID_BYTES: Final = 6
SECRET_BYTES: Final = 32

USUAL_SCOPES: Final = frozenset({Scope.CALLS_READ, Scope.CUSTOMERS_READ})
"""What a key may do where nothing is said."""

OF_ADDRESSES: Final = frozenset({*USUAL_SCOPES, Scope.EXPORT, Scope.ODATA_URL})
"""What a key may do at most that stands in addresses, which are written down everywhere."""

_ID: Final = re.compile(rf"[0-9a-f]{{{2 * ID_BYTES}}}")
_TOKEN: Final = re.compile(rf"vcg_([0-9a-f]{{{2 * ID_BYTES}}})_([0-9a-f]{{{2 * SECRET_BYTES}}})")
_PREFIX: Final = "vcg_"
_CUSTOMER: Final = re.compile(r"(?:id|ext|call):.+|(?:id|ext|tel|sip|mail)~[0-9a-f]{32}")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is kept of a key. ``customers`` and ``assistants`` are what it is bound to, None where it is not.

    ``name`` is what its maker calls it. ``last_used_at`` is right to a minute.
    """

    id: str
    name: str
    digest: bytes = dataclasses.field(repr=False)
    scopes: frozenset[Scope]
    customers: frozenset[str] | None = dataclasses.field(default=None, repr=False)
    assistants: frozenset[str] | None = None
    trusts_servers_only: bool = False
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None

    def is_valid(self, now: dt.datetime) -> bool:
        """Whether it opens anything at this moment."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def has(self, secret: str) -> bool:
        """Whether this is its secret."""
        return hmac.compare_digest(self.digest, digest(secret))

    def principal(self, aliases: Mapping[str, str], *, trusts_servers_only: bool) -> Principal:
        """Who asks with it; ``aliases`` are those of the catalog, ``trusts_servers_only`` holds for all keys."""
        bound = self.customers
        return Principal(
            name=f"key:{self.id}",
            scopes=self.scopes,
            customers=None if bound is None else frozenset(aliases.get(key, key) for key in bound),
            assistants=self.assistants,
            trusts_servers_only=trusts_servers_only or self.trusts_servers_only,
        )


def token(key_id: str, secret: str) -> str:
    """The key as it is shown, and sent: both are hexadecimal."""
    return f"{_PREFIX}{key_id}_{secret}"


def parted(stated: str) -> tuple[str, str] | None:
    """The id and the secret of what may be a key; None where it is none."""
    found = _TOKEN.fullmatch(stated)
    return (found[1], found[2]) if found else None


def is_id(stated: str) -> bool:
    """Whether this has the form of a key's id, which may be shown; a whole key, stated in its place, may not."""
    return _ID.fullmatch(stated) is not None


def is_customer_key(stated: str) -> bool:
    """Whether this has the form of a customer's key (`gateway.domain.identity`), to which a key can be bound."""
    return _CUSTOMER.fullmatch(stated) is not None


def digest(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).digest()
