"""Files that have to be complete before they can be read are kept for a while, in limited room, and let go at once."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from gateway.errors import ExportTooLarge
from gateway.export.spool import Part, Spool

pytestmark = pytest.mark.anyio

KEPT: Final = 60.0
"""Seconds for which a file is kept."""
ROOM: Final = 100
"""Bytes that all may have."""


@dataclasses.dataclass
class Timer:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclasses.dataclass
class Writer:
    """Writes ten bytes, in two pieces, and notes how often; between them it waits until it may go on."""

    data: bytes = b"0123456789"
    times: int = 0
    began: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    go_on: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)

    async def __call__(self, part: Part) -> None:
        self.times += 1
        middle = len(self.data) // 2
        await part.write(self.data[:middle])
        self.began.set()
        await self.go_on.wait()
        await part.write(self.data[middle:])


def of(data: bytes = b"0123456789") -> Writer:
    """A writer that does not wait."""
    writer = Writer(data)
    writer.go_on.set()
    return writer


def spool(folder: Path, timer: Callable[[], float], *, seconds: float = KEPT) -> Spool:
    return Spool(folder / "spool", most_bytes=ROOM, seconds=seconds, timer=timer)


@pytest.fixture
def timer() -> Timer:
    return Timer()


@pytest.fixture
def there(tmp_path: Path, timer: Timer) -> Iterator[Spool]:
    """A spool in the test's own folder."""
    with contextlib.closing(spool(tmp_path, timer)) as made:
        yield made


def files(folder: Path) -> list[Path]:
    """What is on the disk, but for the locks."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


async def read(there: Spool, name: str, write: Callable[[Part], Awaitable[None]]) -> bytes:
    async with there.file(name, write) as path:
        return path.read_bytes()


async def test_a_file_is_written_once_for_all_who_ask_at_once(there: Spool) -> None:
    writer = Writer()
    asking = [asyncio.create_task(read(there, "a", writer)) for _ in range(5)]
    await writer.began.wait()
    writer.go_on.set()
    assert await asyncio.gather(*asking) == [writer.data] * 5
    assert await read(there, "a", writer) == writer.data
    assert writer.times == 1


async def test_files_of_other_rows_are_written_side_by_side(there: Spool) -> None:
    slow = Writer()
    waiting = asyncio.create_task(read(there, "slow", slow))
    await slow.began.wait()
    assert await read(there, "quick", of(b"quick")) == b"quick"
    slow.go_on.set()
    assert await waiting == slow.data


async def test_only_its_own_user_can_read_the_folder(tmp_path: Path, there: Spool) -> None:
    async with there.file("a", of()) as path:
        assert path.parent.stat().st_mode & 0o077 == 0


async def test_a_file_is_kept_for_its_time_and_then_written_anew(tmp_path: Path, there: Spool, timer: Timer) -> None:
    writer = of()
    await read(there, "a", writer)
    timer.now += KEPT
    await read(there, "a", writer)
    assert writer.times == 1
    timer.now += 1
    await read(there, "a", writer)
    assert writer.times == 2
    assert len(files(tmp_path)) == 1


async def test_a_file_goes_when_its_time_is_up_even_if_nobody_asks_again(tmp_path: Path, timer: Timer) -> None:
    with contextlib.closing(spool(tmp_path, timer, seconds=0)) as there:
        await read(there, "a", of())
        timer.now += 1
        await asyncio.sleep(1.1)
        assert files(tmp_path) == []


async def test_room_is_made_by_the_oldest(tmp_path: Path, there: Spool) -> None:
    first, second = of(b"1" * 40), of(b"2" * 40)
    await read(there, "first", first)
    await read(there, "second", second)
    await read(there, "third", of(b"3" * 50))
    assert sorted(path.read_bytes()[:1] for path in files(tmp_path)) == [b"2", b"3"]
    await read(there, "second", second)
    await read(there, "first", first)
    assert (first.times, second.times) == (2, 1)


async def test_what_is_larger_than_the_room_is_refused_and_leaves_nothing(tmp_path: Path, there: Spool) -> None:
    with pytest.raises(ExportTooLarge, match="GATEWAY_EXPORT_SPOOL_BYTES"):
        await read(there, "a", of(b"a" * (ROOM + 1)))
    assert files(tmp_path) == []
    assert len(await read(there, "b", of(b"b" * ROOM))) == ROOM


async def test_files_that_are_read_or_written_count_and_are_not_let_go(there: Spool) -> None:
    slow = Writer(b"s" * 60)
    writing = asyncio.create_task(read(there, "slow", slow))
    await slow.began.wait()
    async with there.file("read", of(b"r" * 40)) as path:
        with pytest.raises(ExportTooLarge):
            await read(there, "more", of(b"m" * 40))
        assert path.read_bytes() == b"r" * 40
    slow.go_on.set()
    assert await writing == b"s" * 60
    assert await read(there, "read", Writer()) == b"r" * 40


async def test_a_purge_removes_everything_but_what_is_being_read_which_goes_at_its_end(
    tmp_path: Path, there: Spool
) -> None:
    writer = of()
    await read(there, "unread", of(b"unread"))
    async with there.file("a", writer) as path, there.file("a", writer):
        there.purge()
        assert files(tmp_path) == [path]
        assert await read(there, "a", writer) == writer.data
        assert writer.times == 2
        assert path.read_bytes() == writer.data
    there.purge()
    assert files(tmp_path) == []


async def test_what_was_being_written_at_a_purge_is_read_once_and_not_kept(tmp_path: Path, there: Spool) -> None:
    """It may hold what has been deleted since it was begun."""
    writer = Writer()
    reading = asyncio.create_task(read(there, "a", writer))
    await writer.began.wait()
    there.purge()
    writer.go_on.set()
    assert await reading == writer.data
    assert files(tmp_path) == []
    await read(there, "a", writer)
    assert writer.times == 2


async def test_an_error_while_writing_leaves_nothing_and_the_next_one_writes(tmp_path: Path, there: Spool) -> None:
    async def broken(part: Part) -> None:
        await part.write(b"half")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await read(there, "a", broken)
    assert files(tmp_path) == []
    assert await read(there, "a", of(b"1" * ROOM)) == b"1" * ROOM


async def test_who_goes_while_the_file_is_written_leaves_it_to_the_next_who_waits(tmp_path: Path, there: Spool) -> None:
    first, second = Writer(b"1" * 80), of(b"2" * 80)
    one = asyncio.create_task(read(there, "a", first))
    await first.began.wait()
    other = asyncio.create_task(read(there, "a", second))
    await asyncio.sleep(0)
    one.cancel()
    assert await other == second.data
    assert len(files(tmp_path)) == 1


async def test_no_lock_is_kept_of_whoever_has_asked(there: Spool) -> None:
    for name in ("a", "b"):
        await read(there, name, of())
    with pytest.raises(ExportTooLarge):
        await read(there, "c", of(b"c" * 999))
    assert len(there._locks) == 0


async def test_closing_removes_the_folder(tmp_path: Path, there: Spool) -> None:
    await read(there, "a", of())
    there.close()
    assert list((tmp_path / "spool").iterdir()) == []
    assert await read(there, "a", of(b"again")) == b"again"


async def test_what_a_killed_process_has_left_is_removed_by_the_next_and_what_a_living_one_has_is_not(
    tmp_path: Path, there: Spool, timer: Timer
) -> None:
    left = tmp_path / "spool" / "99-dead"
    left.mkdir(parents=True)
    left.with_suffix(".lock").touch()
    (left / "calls.part").write_bytes(b"of somebody who was deleted since")
    async with there.file("a", of()) as path:
        spool(tmp_path, timer).open()
        assert files(tmp_path) == [path]
        assert [lock.stem for lock in (tmp_path / "spool").glob("*.lock")] == [path.parent.name]


async def test_a_spool_that_was_never_used_makes_no_folder(tmp_path: Path, there: Spool) -> None:
    there.open()
    there.close()
    assert not (tmp_path / "spool").exists()
