"""Spool: files that have to be complete before they can be read, kept for a while, so that parts can be asked for.

A file is written once for all who ask for the same rows. What is deleted in the mirror must not stay here: whoever
learns of that purges all of it. A process that was killed leaves its files to the next one that opens the spool.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, Final
from weakref import WeakValueDictionary

from gateway.errors import ExportTooLarge

_PART: Final = ".part"
_LOCK: Final = ".lock"
_LATER: Final = 1.0
"""Seconds behind its time after which a file is looked for, if nobody has asked for anything since."""


@dataclasses.dataclass(slots=True)
class _Kept:
    """A file: since when it is there, and how many read it."""

    path: Path
    size: int
    since: float
    readers: int = 0
    purged: bool = False


class Spool:
    """Files in a folder of this process's own, ``most_bytes`` in all, each for ``seconds`` of a ``timer``."""

    def __init__(self, folder: Path, *, most_bytes: int, seconds: float, timer: Callable[[], float]) -> None:
        self._all = folder
        self._folder = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._timer = timer
        self._kept: dict[str, _Kept] = {}
        self._bytes = 0
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._purges = 0
        self._lock_file: IO[bytes] | None = None

    @contextlib.asynccontextmanager
    async def file(self, name: str, write: Callable[[Part], Awaitable[None]]) -> AsyncIterator[Path]:
        """The file of this name, which ``write`` fills if there is none.

        Raises:
            ExportTooLarge: there is no room for it.
        """
        self._expire()
        kept = await self._found(name, write)
        kept.readers += 1
        try:
            yield kept.path
        finally:
            kept.readers -= 1
            if kept.purged and not kept.readers:
                self._unlink(kept)

    def purge(self) -> None:
        """Remove all files; one that is being read, or written, goes when that has ended."""
        self._purges += 1
        for name in list(self._kept):
            self._remove(name)

    def open(self) -> None:
        """Remove what processes have left that are no more."""
        for folder in self._all.iterdir() if self._all.is_dir() else ():
            if folder.is_dir() and (lock := _locked(folder)):
                _clear(folder, lock)

    def close(self) -> None:
        """Remove everything."""
        self.purge()
        if self._lock_file is not None:
            _clear(self._folder, self._lock_file)
            self._lock_file = None

    async def _found(self, name: str, write: Callable[[Part], Awaitable[None]]) -> _Kept:
        lock = self._locks.setdefault(name, asyncio.Lock())  # there for as long as somebody waits for it
        async with lock:
            return self._kept.get(name) or await self._new(name, write)

    async def _new(self, name: str, write: Callable[[Part], Awaitable[None]]) -> _Kept:
        before = self._purges
        made = await self._written(name, write)
        made.purged = self._purges != before  # it may hold what has been deleted since it was begun
        if not made.purged:
            self._kept[name] = made
            asyncio.get_running_loop().call_later(self._seconds + _LATER, self._expire)
        return made

    async def _written(self, name: str, write: Callable[[Part], Awaitable[None]]) -> _Kept:
        self._make_folder()
        path = self._folder / f"{name}.{secrets.token_hex(4)}"
        half = path.with_suffix(_PART)
        part = Part(half.open("xb"), self._make_room)
        try:
            with part.file:
                await write(part)
            half.rename(path)
        except BaseException:
            half.unlink(missing_ok=True)
            self._bytes -= part.size
            raise
        return _Kept(path, part.size, self._timer())

    def _make_folder(self) -> None:
        if self._lock_file is None:
            self._all.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_file = _locked(self._folder)
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def _make_room(self, size: int) -> None:
        """Let the oldest go that nobody reads until there is room. Raises `ExportTooLarge` where there is none."""
        while self._bytes + size > self._most_bytes:
            oldest = next((name for name, kept in self._kept.items() if not kept.readers), None)
            if oldest is None:
                found = "more bytes than there is room for"
                raise ExportTooLarge(found, f"{self._most_bytes:,} with all others", "GATEWAY_EXPORT_SPOOL_BYTES")
            self._remove(oldest)
        self._bytes += size

    def _expire(self) -> None:
        for name, kept in list(self._kept.items()):
            if self._timer() - kept.since > self._seconds:
                self._remove(name)

    def _remove(self, name: str) -> None:
        kept = self._kept.pop(name)
        kept.purged = True
        if not kept.readers:
            self._unlink(kept)

    def _unlink(self, kept: _Kept) -> None:
        kept.path.unlink(missing_ok=True)
        self._bytes -= kept.size


class Part:
    """A file that is being written; ``make_room`` is told how much more it will take, and raises where that is much."""

    def __init__(self, file: IO[bytes], make_room: Callable[[int], None]) -> None:
        self.file = file
        self.size = 0
        self._make_room = make_room

    async def write(self, data: bytes) -> None:
        """Write them. Raises `gateway.errors.ExportTooLarge`."""
        self._make_room(len(data))
        self.size += len(data)
        await asyncio.to_thread(self.file.write, data)


def _locked(folder: Path) -> IO[bytes] | None:
    """The file beside a folder that says whose it is, locked for as long as it is open; None where another has it.

    It is locked before there is a folder, so that a folder without a lock is nobody's.
    """
    try:
        import fcntl
    except ImportError:  # on Windows, where what was left stays
        return None
    file = folder.with_suffix(_LOCK).open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _clear(folder: Path, lock: IO[bytes]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(_LOCK).unlink(missing_ok=True)
    lock.close()
