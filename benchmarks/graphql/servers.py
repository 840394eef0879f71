"""Servers: each one process on one core, started, asked how much memory it has, and ended."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, Self

from benchmarks.graphql import loader
from benchmarks.graphql.cores import SERVING, on_core
from benchmarks.graphql.queries import data, request

_PATIENCE: Final = 60.0
"""Seconds that a server may take until it listens."""
_SHOWN: Final = 2000
"""Characters of what a server has said that are shown where something went wrong."""
_LISTENS: Final = re.compile(r"Listening on http://[^ /]+:(\d+)")


class ServerFailed(Exception):
    """A server has not started; the message ends with what it said."""


@dataclasses.dataclass(slots=True)
class Server:
    """A server that listens; ``started`` is when it was, by `time.perf_counter`.

    ``first_answer`` is how many seconds later it has given its first answer.
    """

    name: str
    port: int
    process: subprocess.Popen[bytes]
    started: float
    first_answer: float | None = None

    async def answers(self, content: bytes) -> None:
        """Ask for the first time. Raises `LoadFailed` or `WrongAnswer`."""
        data(await loader.ask(self.port, request(content, self.port)))
        self.first_answer = time.perf_counter() - self.started

    def busy(self) -> float | None:
        """Seconds of the processor that the process has had, all threads together; None where nobody tells."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float | None:
        """MB that the process holds; None where the system does not tell."""
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return None
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found[1]) / 1000 if found else None

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """While this lasts, the server itself changes its records: those that hold them in memory listen for that."""
        self.process.send_signal(signal.SIGUSR2)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGUSR2)


class Fleet:
    """All servers of a run; what each says goes to a file in ``folder``. As a context, it ends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._tell()
        for process in self._running:
            process.terminate()
        for process in self._running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _tell(self) -> None:
        """Show the end of what each server has said: something went wrong."""
        for log in sorted(self._folder.glob("*.log")):
            print(f"{log.stem}: {log.read_text(errors='replace')[-_SHOWN:]}", file=sys.stderr)  # noqa: T201

    def end(self, server: Server) -> None:
        """End one server before the others."""
        server.process.terminate()
        server.process.wait()
        self._running.remove(server.process)

    async def start(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str] | None = None, core: int = SERVING
    ) -> Server:
        """Start a server and wait until it listens.

        Raises:
            ServerFailed: it ended, or did not listen in time.
        """
        log = self._folder / f"{name}-{len(self._running)}.log"
        started = time.perf_counter()
        with log.open("wb") as file, on_core(core):
            process = subprocess.Popen(  # noqa: S603, ASYNC220  # programs of ours; nothing else runs meanwhile
                command, env=environment(env), stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
            )
        self._running.append(process)
        while time.perf_counter() < started + _PATIENCE and process.poll() is None:
            if found := _LISTENS.search(log.read_text(errors="replace")):
                return Server(name, int(found[1]), process, started)
            await asyncio.sleep(0.002)
        raise ServerFailed(f"{name} does not listen: {log.read_text(errors='replace')[-_SHOWN:]}")


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a server: ours without settings of a gateway, and more."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "VAPI_"))}
    return {**plain, "PYTHONUNBUFFERED": "1", **(more or {})}


def python(module: str, *arguments: object) -> list[str]:
    """The command that runs a module of Python."""
    return [sys.executable, "-m", module, *map(str, arguments)]
