"""Filters: which calls are meant, as plain conditions that any source of calls can read."""

from __future__ import annotations

import dataclasses
import enum
from typing import TypeAlias


class Comparator(enum.Enum):
    """How an attribute is compared; the value is the name in the API."""

    EQ = "eq"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"


@dataclasses.dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of an attribute, by its GraphQL name, with a value of its type."""

    attribute: str
    comparator: Comparator
    value: object


Predicate: TypeAlias = tuple[Condition, ...]
"""Conditions that must all hold; an empty one holds for every call."""
