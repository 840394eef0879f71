"""Everything random in the simulated world, as pure functions of a key and the purpose of the draw.

A key is a number of 64 bits. The same key and purpose always give the same answer, in any order and in any process,
so nothing that was drawn has to be remembered.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Weights: TypeAlias = Sequence[tuple[T, int]]

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mixed(number: int) -> int:
    """Spread a number over 64 bits (the finaliser of splitmix64)."""
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & MASK
    return number ^ (number >> 31)


def draw(key: int, purpose: str) -> int:
    """64 bits."""
    return mixed((key + (zlib.crc32(purpose.encode()) + 1) * GOLDEN) & MASK)


def numbered(seed: int, family: str, *numbers: int) -> int:
    """The key of the member of a family that has these numbers."""
    key = draw(mixed(seed & MASK), family)
    for number in numbers:
        key = mixed((key + (number + 1) * GOLDEN) & MASK)
    return key


def fraction(key: int, purpose: str) -> float:
    """A number in [0, 1)."""
    return (draw(key, purpose) >> 11) * 2.0**-53


def whole(key: int, purpose: str, low: int, high: int) -> int:
    """A whole number from low to high, both included."""
    return low + draw(key, purpose) % (high - low + 1)


def happens(key: int, purpose: str, percent: float) -> bool:
    """Whether something that happens in so many percent of the cases happens here."""
    return fraction(key, purpose) * 100 < percent


def one_of(key: int, purpose: str, options: Sequence[T]) -> T:
    """One of the options, each as likely as the others."""
    return options[draw(key, purpose) % len(options)]


def weighted(key: int, purpose: str, table: Weights[T]) -> T:
    """One of the options of a table of (option, weight); the weights add up to 100."""
    position = draw(key, purpose) % 100
    for option, weight in table:
        position -= weight
        if position < 0:
            return option
    return table[-1][0]


def dice(key: int, purpose: str) -> random.Random:
    """A generator of its own for a purpose that needs many draws."""
    return random.Random(draw(key, purpose))
