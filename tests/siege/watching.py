"""Watching a gateway: what it says in its log, how much memory it takes, and whether a secret gets out of it."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

_LINE: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ (?P<kind>\w+)(?P<told>.*)")
_OF_NOBODY: Final = frozenset(
    {
        "SyncBegun",
        "SyncLost",
        "SyncFailed",
        "PollGap",
        "PollIncomplete",
        "BackfillAdvanced",
        "BackfillDone",
        "Reconciled",
    }
    | {"RereadFailed", "WebhookBuried", "ConnectionsClosed", "AttributeUnreadable", "RowDropped", "RefreshFailed"}
)
"""Lines that come by themselves, or some time after what made them come."""

UNKNOWN: Final = "no event"


@dataclasses.dataclass
class Log:
    """A log that grows in a file."""

    file: Path
    kinds: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    _read: int = 0

    def new(self) -> list[str]:
        """The lines that came since this was last asked."""
        if self.file.stat().st_size == self._read:
            return []
        with self.file.open("rb") as opened:
            opened.seek(self._read)
            told = opened.read()
        told = told[: told.rfind(b"\n") + 1]
        self._read += len(told)
        lines = told.decode("utf-8", "backslashreplace").splitlines()
        self.kinds.update(map(kind, lines))
        return lines


def kind(line: str) -> str:
    """Which event a line tells of."""
    found = _LINE.match(line)
    return found["kind"] if found else UNKNOWN


def of_requests(lines: Iterable[str]) -> list[str]:
    """The lines that requests made, each at once."""
    return [line for line in lines if kind(line) not in _OF_NOBODY]


def memory(pid: int) -> int:
    """The memory that a process holds, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return 1024 * int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0])


def secrets_in(text: str, secrets: Sequence[str]) -> list[str]:
    """The secrets that a text has in it."""
    return [secret for secret in secrets if secret in text]
