"""Unchanged: what the mirror has said, for as long as nothing in it has changed.

Frontends ask for the same lists again and again, and the mirror changes a few times in a second at most. Whether it
has changed is looked up once in each turn of the event loop: all who ask in a turn had asked before it was looked up,
so nobody is told anything older than his question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar, cast

from cachetools import LRUCache

T = TypeVar("T")

_MOST: Final = 500
_NOTHING: Final = object()


class Unchanged:
    """The answers to the questions that were asked last; ``version`` is another one after every change.

    Where ``version`` is None it cannot be told whether something has changed, and every question is asked.
    """

    def __init__(self, version: Callable[[], Hashable | None] = lambda: None) -> None:
        self._version = version
        self._at: Hashable | None = None
        self._now: Hashable | None = _NOTHING
        self._said: LRUCache[Hashable, Any] = LRUCache(_MOST)

    async def ask(self, question: Hashable, asked: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question: the same object for as long as nothing has changed. Raises what asking raises."""
        version = self._of_this_turn()
        if version is None:
            return await asked()
        if version != self._at:
            self._said.clear()
            self._at = version
        said = self._said.get(question, _NOTHING)
        if said is not _NOTHING:
            return cast("T", said)
        answer = await asked()
        if self._at == version == self._version():  # while it was asked nothing has changed
            self._said[question] = answer
        return answer

    def _of_this_turn(self) -> Hashable | None:
        """The version; to look it up takes as long as making a tenth of a page."""
        if self._now is _NOTHING:
            self._now = self._version()
            asyncio.get_running_loop().call_soon(self._turn)
        return self._now

    def _turn(self) -> None:
        self._now = _NOTHING
