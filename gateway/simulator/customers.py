"""The people who call: a pool, so that the same customer has several calls."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

from gateway.simulator import people
from gateway.simulator.chance import fraction, happens, numbered, one_of, weighted

JsonObject: TypeAlias = dict[str, Any]

POOL = 800
PLANS = (("free", 58), ("pro", 30), ("enterprise", 10), ("Pro", 1), ("legacy-2019", 1))
NATIVE_LIMIT = 40
"""A native name, e-mail or external id has at most 40 characters; one in metadata may be longer (OpenAPI)."""


@dataclasses.dataclass(frozen=True, slots=True)
class Customer:
    """One person; ``id`` is text or a number, as the product that calls Vapi has it."""

    number: int
    id: str | int
    name: str
    email: str | None
    phone: str
    plan: str

    def native(self, *parts: str) -> JsonObject:
        """The chosen parts of Vapi's own customer object, within its limits."""
        known = {
            "number": self.phone,
            "name": self.name[:NATIVE_LIMIT],
            "email": self.email[:NATIVE_LIMIT] if self.email else None,
            "externalId": str(self.id),
            "sipUri": f"sip:{self.number}@pbx.example.invalid",
        }
        return {part: known[part] for part in parts if known[part] is not None}


def caller(seed: int, key: int) -> Customer:
    """The customer of a call: a few call often, many seldom."""
    return customer(seed, int(POOL * fraction(key, "customer") ** 2))


def customer(seed: int, number: int) -> Customer:
    """The customer who has a number in the pool."""
    key = numbered(seed, "customer", number)
    name = f"{one_of(key, 'first', people.FIRST)} {_last(key, number)}"
    return Customer(
        number=number,
        id=100_000 + number if number % 7 == 3 else f"cus_{number:05}",
        name=name,
        email=None if happens(key, "no email", 8) else f"person{number}@customers.example.com",
        phone=f"+1555{number + 1_000_000:07}",
        plan=weighted(key, "plan", PLANS),
    )


def _last(key: int, number: int) -> str:
    return people.LONG_LAST if number % 41 == 11 else one_of(key, "last", people.LAST)
