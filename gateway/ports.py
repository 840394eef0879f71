"""What is swappable, as Protocols: services speak to these, ``gateway.app`` chooses who answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol, TypeAlias

from gateway.domain.aggregates import Aggregation, Group
from gateway.domain.answers import Answers, CallAnswer
from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.coverage import Interval
from gateway.domain.filters import EVERYTHING, Predicate
from gateway.domain.keys import ApiKey
from gateway.domain.marks import Mark
from gateway.domain.mirrored import State
from gateway.domain.observations import Observation
from gateway.domain.ordering import NEWEST_FIRST, Ordering, Position
from gateway.domain.related import Related
from gateway.domain.revisions import Revision

Document: TypeAlias = Mapping[str, Any]
"""A JSON object as upstream sent it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What ``GET /call`` can be asked: bounds are inclusive (``Ge``/``Le`` on the wire), ``limit`` is 1 to 1000."""

    limit: int
    created_from: dt.datetime | None = None
    created_to: dt.datetime | None = None
    updated_from: dt.datetime | None = None
    updated_to: dt.datetime | None = None
    assistant_id: str | None = None
    phone_number_id: str | None = None


class CallSource(Protocol):
    """Where calls come from: Vapi's API, or a plain function in a test.

    Both methods raise the leaves of `gateway.errors.UpstreamError` and nothing else.
    """

    async def get(self, call_id: str) -> Document | None:
        """The whole call as upstream knows it now, with presigned URLs; None where there is no such call."""
        ...

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """At most ``query.limit`` whole calls without presigned URLs, newest first; ties in any order.

        A row that is no call leaves an empty document in its place: the length of an answer tells whether more follow.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Recording:
    """A recording that is being read, or a part of it: an answer's ``status``, ``headers`` (in lower case) and body."""

    status: int
    headers: Mapping[str, str]
    pieces: AsyncIterator[bytes]


class RecordingSource(Protocol):
    """Where recordings are read at presigned addresses, which open them without a key."""

    def opened(self, url: str, headers: Mapping[str, str]) -> AbstractAsyncContextManager[Recording]:
        """The recording at an address; nothing more of it is read when the context is left.

        Raises:
            UpstreamError: there was no answer; the pieces raise it, too.
        """
        ...


class RelatedSource(Protocol):
    """Where the things come from that calls name by an id. Raises the leaves of `gateway.errors.UpstreamError`."""

    async def related(self, kind: Related, related_id: str) -> Document | None:
        """The assistant, squad or phone number with this id; None where there is none."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms somebody reads single calls.

    ``may_see`` says which calls there are for them; upstream is not asked for one that is known to be none. ``spend``
    is called before each request to upstream, and raises `gateway.errors.UpstreamBudgetSpent` where it is one too many.
    """

    may_see: Callable[[Call], bool]
    spend: Callable[[], None]


FREE: Final = Terms(may_see=lambda call: True, spend=lambda: None)
"""The terms of the gateway itself."""


class CallReader(Protocol):
    """Reads one call, from wherever it is known best.

    Raises the leaves of `gateway.errors.UpstreamError`, and `gateway.errors.UpstreamBudgetSpent`, where nothing is
    known of the call and upstream cannot be asked.
    """

    async def get(self, call_id: str, max_age: dt.timedelta | None = None, *, terms: Terms = FREE) -> CallAnswer | None:
        """The call, no older than its state allows or ``max_age`` demands; None where there is no such call."""
        ...

    async def presigned(self, call_id: str, *, terms: Terms = FREE) -> PresignedUrls | None:
        """Addresses that open the call's recordings for half an hour, made anew; None where there is no such call."""
        ...

    async def many(self, places: Sequence[Place], confirmed_at: dt.datetime | None) -> Answers:
        """The calls of a list, in its order, as the mirror has them; None for one that is gone since.

        ``confirmed_at`` is when upstream was last asked for all changes: what did not change is as current as that.
        """
        ...


class Mirror(Protocol):
    """What a reader of single calls has behind its memory. Raises the leaves of `gateway.errors.StoreError`."""

    async def known(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """What the mirror holds of these calls."""
        ...

    async def take(self, redacted: Document, read_at: dt.datetime) -> int | None:
        """Put in a call that upstream was asked for; the number of the change, None where it changes nothing."""
        ...

    async def absent(self, call_id: str, asked_at: dt.datetime) -> State | None:
        """Upstream was asked and does not have the call; what that makes of it. None where it was never known.

        A call that ought to be there still stays ``PRESENT`` until it has been asked for again.
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What is applied together, in one transaction.

    ``marks`` are calls to be read again, ``settled`` the entries of the webhook ledger that are done with it. Marks
    that a snapshot or an absence of this batch, or of a later one, fulfils are taken away.
    """

    observations: tuple[Observation, ...] = ()
    marks: tuple[Mark, ...] = ()
    settled: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """One visible change of a call. Numbers only grow, and appear in the order in which they are committed.

    ``state`` is the call's since; ``number`` is also what tells one content of a call from another.
    """

    number: int
    call_id: str
    state: State


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A call as the mirror holds it.

    ``document`` is redacted, with what webhooks said since it was read laid over it (then it is ``provisional``); None
    where it was deleted, or let go of after its lifetime. ``values`` are the table's columns by flat name, which may be
    left out where there is a document; ``revision`` is None for a deleted call. ``text_bytes`` is how long the document
    is as JSON.
    """

    call_id: str
    change: int
    state: State
    revision: Revision | None
    provisional: bool = False
    text_bytes: int = dataclasses.field(default=0, compare=False)
    document: Document | None = dataclasses.field(repr=False)
    values: Mapping[str, Any] = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """At most ``limit`` rows of a list behind ``after``; conditions and orders name attributes by their flat name.

    To read backwards, ask for the reverse ordering. What is asked again and again is looked up by it, so it is hashed
    once.
    """

    predicate: Predicate = EVERYTHING
    ordering: Ordering = NEWEST_FIRST
    limit: int
    after: Position | None = None
    _hash: int = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.predicate, self.ordering, self.limit, self.after)))

    def __hash__(self) -> int:
        return self._hash


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A row of a list: where it stands, and the number of its last change."""

    position: Position
    change: int


class CallStore(Protocol):
    """The mirror of all calls. Every method raises the leaves of `gateway.errors.StoreError` and nothing else.

    Lists hold calls that were read and not deleted; conditions and orders are by the mirrored columns.
    """

    async def apply(self, batch: Batch) -> Sequence[Change]:
        """Put what was learned together with what is known, durably and as a whole; the visible changes, in order."""
        ...

    async def read(self, call_ids: Sequence[str]) -> Mapping[str, Stored]:
        """The calls of these ids that are known (deleted ones too, those that were never read not)."""
        ...

    async def page(self, query: PageQuery) -> Sequence[Place]:
        """A piece of a list of calls."""
        ...

    async def count(self, predicate: Predicate) -> int:
        """How many calls there are for which it holds."""
        ...

    async def changes(self, after: int, limit: int) -> Sequence[Change]:
        """What changed behind this number: the last change of each call, in order; deletions and erasures too."""
        ...

    async def last_change(self) -> int:
        """The number of the last change; 0 before the first."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Grouped:
    """Groups of calls, and the state of the mirror that they are of: the number of its last change by then.

    ``has_more``: there are more groups than were asked for.
    """

    groups: Sequence[Group]
    has_more: bool
    state: int


class CallGroups(Protocol):
    """Questions about many calls at once; of deleted calls nothing is told. Raises the leaves of `StoreError`."""

    async def groups(self, asked: Aggregation, *, state: int | None = None) -> Grouped:
        """What was asked for, of the mirror as it is, or as it was at a state that was told before.

        Raises:
            BadUserInput: there is no such state (any more).
        """
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TableQuery:
    """Rows of one of the flat tables (`gateway.domain.tabular`); columns are named by their flat names.

    ``calls`` says of which calls they are, ``where`` which of these rows; a column in ``masked`` or ``withheld`` is
    told as that. ``since`` asks for the rows of calls or customers alone that changed behind that number, with the
    columns `CHANGE` and `DELETED`: one that is deleted, or is none that was asked for any more, has nothing beside its
    key. Without ``limit`` all rows are read, in the table's own order: of calls, that of their creation; where they
    need not be ``in_order``, roughly so.
    """

    table: str
    columns: tuple[str, ...]
    calls: Predicate = EVERYTHING
    where: Predicate = EVERYTHING
    masked: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    may_see: Callable[[Call], bool] | None = None
    since: int | None = None
    ordering: Ordering = ()
    limit: int | None = None
    after: Position | None = None
    offset: int = 0
    in_order: bool = True
    state: int | None = None


CHANGE: Final = "change"
DELETED: Final = "deleted"


class TableScan(Protocol):
    """Rows that are being read, all of one state; whoever leaves the context that gave it reads no more.

    ``deletion`` is the number of the last deletion that is known: what it took is in no state any more.
    """

    state: int
    deletion: int

    async def count(self) -> int:
        """How many rows there are in all, whatever the limit is."""
        ...

    def batches(self) -> AsyncGenerator[Any]:
        """The rows as record batches of Arrow, at the reader's pace; at least an empty one."""
        ...


class TableReader(Protocol):
    """Reads the flat tables. Raises the leaves of `StoreError`."""

    def scan(self, query: TableQuery) -> AbstractAsyncContextManager[TableScan]:
        """Begin to read.

        Raises:
            BadUserInput: there is no such state (any more), or changes since that number are not known.
        """
        ...


class CustomerStore(Protocol):
    """The customers of all mirrored calls. Raises the leaves of `gateway.errors.StoreError`.

    Rows are values by flat name: ``customer_key``, the customer's attributes as they were last stated, and the figures.
    ``within`` is a condition on calls: everything is out of those for which it holds, as if there were no others. Who
    has none of them is not there.
    """

    async def customers(
        self, keys: Sequence[str], *, within: Predicate = EVERYTHING
    ) -> Mapping[str, Mapping[str, Any]]:
        """The customers of these keys that there are."""
        ...

    async def customer_page(self, query: PageQuery, *, within: Predicate = EVERYTHING) -> Sequence[Position]:
        """A piece of a list of customers; the id of a position is the key."""
        ...

    async def customer_count(self, predicate: Predicate, *, within: Predicate = EVERYTHING) -> int:
        """How many customers there are for whom it holds."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook that was received: ``body`` is what is kept of its message, redacted, as JSON."""

    received_at: dt.datetime
    type: str
    call_id: str | None
    body: bytes = dataclasses.field(repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A delivery in the ledger; ``reason`` says of a dead letter why it is one."""

    id: int
    delivery: Delivery
    attempts: int = 0
    reason: str | None = None


class Ledger(Protocol):
    """The durable list of webhooks that were received. Raises the leaves of `gateway.errors.StoreError`.

    An entry waits until a batch settles it (`CallStore.apply`), or until it is found to be a dead letter.
    """

    async def keep(self, deliveries: Sequence[Delivery]) -> None:
        """Keep them; when this returns they survive whatever happens to the process."""
        ...

    async def waiting(self, limit: int) -> Sequence[Entry]:
        """Entries that are to be applied, in the order of their arrival."""
        ...

    async def bury(self, entry_id: int, reason: str) -> None:
        """Make an entry a dead letter."""
        ...

    async def dead(self, limit: int) -> Sequence[Entry]:
        """Dead letters, oldest first."""
        ...

    async def revive(self, entry_ids: Sequence[int]) -> int:
        """Let dead letters be applied again; how many there were."""
        ...

    async def tally(self) -> Mapping[str, int]:
        """How many were received, by type, as far as the ledger reaches back."""
        ...

    async def last_received(self) -> dt.datetime | None:
        """When the last one came."""
        ...


class KeyStore(Protocol):
    """The keys by which callers are known. Raises the leaves of `gateway.errors.StoreError`."""

    async def add(self, key: ApiKey) -> None:
        """Keep a new key."""
        ...

    async def find(self, key_id: str) -> ApiKey | None:
        """The key with this id, whether or not it is valid; None where there is none."""
        ...

    async def all(self) -> Sequence[ApiKey]:
        """Every key, oldest first."""
        ...

    async def revoke(self, key_id: str, now: dt.datetime) -> bool:
        """Let the key open nothing any more; whether there was one that did."""
        ...

    async def used(self, key_id: str, now: dt.datetime) -> None:
        """Remember when the key was used last; an earlier use changes nothing."""
        ...


class SyncState(Protocol):
    """What keeping the mirror complete needs to remember. Raises the leaves of `gateway.errors.StoreError`."""

    async def lease(self, name: str, holder: str, now: dt.datetime, until: dt.datetime) -> bool:
        """Whether ``holder`` has the lease until then: it had it, or nobody has any more."""
        ...

    async def release(self, name: str, holder: str) -> None:
        """Give the lease back, if one has it."""
        ...

    async def load(self, name: str) -> Any:
        """What was saved under a name: plain JSON; None where nothing was."""
        ...

    async def save(self, name: str, value: Any) -> None:
        """Save plain JSON under a name."""
        ...

    async def cover(self, interval: Interval) -> None:
        """Remember that every call of this stretch is held."""
        ...

    async def coverage(self) -> Sequence[Interval]:
        """The stretches of which every call is held, merged, oldest first."""
        ...

    async def mark(self, marks: Sequence[Mark]) -> None:
        """Remember calls that are to be read again."""
        ...

    async def due(self, now: dt.datetime, limit: int) -> Sequence[Mark]:
        """The marks whose moment has come, the longest due first."""
        ...

    async def unmark(self, marks: Sequence[Mark]) -> None:
        """Forget these marks."""
        ...


class Upkeep(Protocol):
    """What the mirror's tables need from time to time. Raises the leaves of `gateway.errors.StoreError`.

    Each method does a piece of the work in one transaction and says how many rows it changed; 0 is the end.
    """

    async def expire_content(self, before: dt.datetime, limit: int) -> int:
        """Let go of the content (conversation, analysis, search words) of calls that were created before this."""
        ...

    async def expire_documents(self, before: dt.datetime, limit: int) -> int:
        """Let go of the documents of calls that were created before this; their columns stay."""
        ...

    async def expire_ledger(self, before: dt.datetime, limit: int) -> int:
        """Let go of webhooks that were received before this and are applied or dead."""
        ...

    async def refill(self, limit: int) -> int:
        """Read columns that are new, or were declared differently before, from the stored documents."""
        ...

    async def refill_all(self) -> None:
        """Let the next refill read every column of every call anew."""
        ...
