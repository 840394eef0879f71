"""Unchanged: what the mirror has said is said again, until anything in it changes."""

from __future__ import annotations

import asyncio

import pytest

from gateway.services.unchanged import Unchanged

pytestmark = pytest.mark.anyio


class Said:
    """Something that is asked, and counts it; ``version`` is that of what it knows."""

    def __init__(self) -> None:
        self.version: int | None = 1
        self.asked = 0
        self.changes_meanwhile = False

    async def ask(self) -> list[int]:
        self.asked += 1
        if self.changes_meanwhile and self.version is not None:
            self.version += 1
        return [self.asked]


async def test_a_question_is_asked_once() -> None:
    """The answer is the same object; another question is another one."""
    said = Said()
    unchanged = Unchanged(lambda: said.version)
    first = await unchanged.ask("a", said.ask)
    assert await unchanged.ask("a", said.ask) is first
    assert await unchanged.ask("b", said.ask) is not first
    assert said.asked == 2


async def test_after_a_change_it_is_asked_again() -> None:
    said = Said()
    unchanged = Unchanged(lambda: said.version)
    await unchanged.ask("a", said.ask)
    said.version = 2
    await asyncio.sleep(0)  # whoever asks later asks in another turn of the loop
    assert await unchanged.ask("a", said.ask) == [2]


@pytest.mark.parametrize("known", [1, None])
async def test_whether_anything_has_changed_is_looked_up_once_a_turn(known: int | None) -> None:
    """All who ask in one turn had asked before it was looked up; in the next it is looked up again."""
    said, looked_up = Said(), list[int]()

    def version() -> int | None:
        looked_up.append(1)
        return known

    unchanged = Unchanged(version)
    await unchanged.ask("a", said.ask)
    await asyncio.sleep(0)
    for _ in range(2):
        looked_up.clear()
        await asyncio.gather(*(unchanged.ask("a", said.ask) for _ in range(10)))
        assert len(looked_up) == 1
        await asyncio.sleep(0)
    assert said.asked == (1 if known else 21)


async def test_what_changes_while_it_is_asked_is_not_kept() -> None:
    """The answer may be that of before the change."""
    said = Said()
    said.changes_meanwhile = True
    unchanged = Unchanged(lambda: said.version)
    assert await unchanged.ask("a", said.ask) == [1]
    said.changes_meanwhile = False
    await asyncio.sleep(0)
    assert await unchanged.ask("a", said.ask) == [2]


async def test_where_nobody_can_tell_every_question_is_asked() -> None:
    said = Said()
    said.version = None
    unchanged = Unchanged(lambda: said.version)
    assert [await unchanged.ask("a", said.ask) for _ in range(3)] == [[1], [2], [3]]
