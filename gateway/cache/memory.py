"""Memory: the calls that this process knows, bounded by bytes, each for as long as it may serve.

`cachetools.TLRUCache` is not thread-safe and drops what has expired lazily: it lives in the event loop's thread.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

from cachetools import TLRUCache

from gateway.domain.call import Call
from gateway.domain.mirrored import State
from gateway.domain.revisions import Revision
from gateway.domain.stamp import Stamp

_MISSING_BYTES: Final = 600


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one call; ``call`` is None where upstream has none of that id.

    ``size`` is roughly the memory it takes, in bytes. ``kept_until`` is the end of its use even for the case that
    upstream cannot be asked; ``left_alone_until`` is set by a failed refresh. ``change`` is the number of the change in
    the mirror that this is the content of, if that is known; ``gone`` says that upstream no longer has the call, and
    ``doubted`` that it had none when it was asked, though it ought to. ``version`` is the number of the
    reading that the call was made in.
    """

    call: Call | None
    stamp: Stamp
    kept_until: dt.datetime
    revision: Revision | None = None
    size: int = _MISSING_BYTES
    change: int | None = None
    provisional: bool = False
    gone: State | None = None
    doubted: bool = False
    left_alone_until: dt.datetime | None = None
    version: int | None = None


class Memory:
    """Entries by call id. What is used least goes first where ``limit`` bytes are not enough."""

    def __init__(self, *, limit: int, clock: Callable[[], dt.datetime]) -> None:
        self.changes = 0
        """How often something has been remembered or forgotten."""
        self._entries: TLRUCache[str, Entry] = TLRUCache(
            limit,
            ttu=lambda _, entry, __: entry.kept_until.timestamp(),
            timer=lambda: clock().timestamp(),
            getsizeof=lambda entry: entry.size,
        )

    def get(self, call_id: str) -> Entry | None:
        """What is known of a call, if anything."""
        return self._entries.get(call_id)

    def put(self, call_id: str, entry: Entry) -> None:
        """Remember an entry, unless it alone is larger than all that may be kept."""
        self.changes += 1
        if entry.size <= self._entries.maxsize:
            self._entries[call_id] = entry
        else:
            self._entries.pop(call_id, None)

    def drop(self, call_id: str) -> None:
        """Forget what is known of a call."""
        self.changes += 1
        self._entries.pop(call_id, None)

    @property
    def size(self) -> int:
        """The bytes in use, roughly."""
        return int(self._entries.currsize)

    def __len__(self) -> int:
        return len(self._entries)
