"""Spool: files that have to be complete before they can be read, kept for a while, so that parts can be asked for.

A file is written once for all who ask for the same rows. What is deleted in the mirror must not stay here: whoever
learns of that purges all of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import IO, Any, Final

from gateway.errors import ExportTooLarge

_PART: Final = ".part"


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
        self._folder = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._timer = timer
        self._kept: dict[str, _Kept] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._purges = 0

    @contextlib.asynccontextmanager
    async def file(self, name: str, write: Callable[[IO[bytes]], Awaitable[None]]) -> AsyncIterator[Path]:
        """The file of this name, which ``write`` fills if there is none.

        Raises:
            ExportTooLarge: it is larger than all of them may be.
        """
        self._expire()
        async with self._locks.setdefault(name, asyncio.Lock()):
            kept = self._kept.get(name) or await self._new(name, write)
        self._locks.pop(name, None)
        kept.readers += 1
        try:
            yield kept.path
        finally:
            kept.readers -= 1
            if kept.purged and not kept.readers:
                kept.path.unlink(missing_ok=True)

    def purge(self) -> None:
        """Remove all files; one that is being read, or written, goes when that has ended."""
        self._purges += 1
        for name in list(self._kept):
            self._remove(name)

    def close(self) -> None:
        """Remove everything."""
        self.purge()
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                path.unlink(missing_ok=True)
            self._folder.rmdir()

    async def _new(self, name: str, write: Callable[[IO[bytes]], Awaitable[None]]) -> _Kept:
        before = self._purges
        made = await self._written(name, write)
        made.purged = self._purges != before  # it may hold what has been deleted since it was begun
        if not made.purged:
            self._kept[name] = made
        return made

    async def _written(self, name: str, write: Callable[[IO[bytes]], Awaitable[None]]) -> _Kept:
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{name}.{secrets.token_hex(4)}"
        part = path.with_suffix(_PART)
        try:
            with part.open("xb") as file:
                await write(_Limited(file, self._most_bytes))  # type: ignore[arg-type]  # as much of a file as writers use
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        size = path.stat().st_size
        self._make_room(size)
        return _Kept(path, size, self._timer())

    def _make_room(self, size: int) -> None:
        """Let the oldest go until there is room."""
        while self._kept and sum(kept.size for kept in self._kept.values()) + size > self._most_bytes:
            self._remove(next(iter(self._kept)))

    def _expire(self) -> None:
        for name, kept in list(self._kept.items()):
            if self._timer() - kept.since > self._seconds:
                self._remove(name)

    def _remove(self, name: str) -> None:
        kept = self._kept.pop(name)
        kept.purged = True
        if not kept.readers:
            kept.path.unlink(missing_ok=True)


class _Limited:
    """A file that takes so many bytes and no more."""

    def __init__(self, file: IO[bytes], most: int) -> None:
        self._file = file
        self._most = most
        self._written = 0
        self.closed = False

    def write(self, data: Any) -> int:
        """Write them, unless there are too many."""
        self._written += len(data)
        if self._written > self._most:
            raise ExportTooLarge("more bytes", f"{self._most:,}", "GATEWAY_EXPORT_SPOOL_BYTES")
        return self._file.write(data)

    def flush(self) -> None:
        """Hand on what was written."""
        self._file.flush()

    def tell(self) -> int:
        """How much was written."""
        return self._written
