"""Eager: a coroutine begun at once, in the task that asks for it.

Most answers are in memory and wait for nothing. Then a time limit, and somebody who watches whether the client is still
there, would cost more than the answer.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclasses.dataclass(slots=True)
class Rest(Generic[T]):
    """What is left of a coroutine that waits for something: to be awaited by the task that began it."""

    coroutine: Coroutine[Any, Any, T]
    waits_for: Any

    def __await__(self) -> Generator[Any, Any, T]:
        waits_for = self.waits_for
        try:
            while True:
                try:
                    sent = yield waits_for
                except BaseException as error:  # cancellation too is the coroutine's own affair
                    waits_for = self.coroutine.throw(error)
                else:
                    waits_for = self.coroutine.send(sent)
        except StopIteration as ended:
            result: T = ended.value
            return result


def begin(coroutine: Coroutine[Any, Any, T]) -> T | Rest[T]:
    """What a coroutine comes to, if it waits for nothing; else the rest of it. Raises what it raises."""
    try:
        waits_for = coroutine.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    return Rest(coroutine, waits_for)
