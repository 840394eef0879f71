"""Read-through: memory first, then the mirror, then upstream; what upstream says is remembered and mirrored.

`gateway.domain.lifetimes` decides what to do, this module does it: serve what is fresh, serve what is stale while one
refresh runs, fetch what is neither, and serve what is there, marked, where upstream cannot be asked. A mirror whose
database is down costs nobody an answer that memory or upstream can give.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from cachetools import LRUCache

from gateway.cache.lists import Listed, ListedCall, Lists
from gateway.cache.memory import Entry, Memory
from gateway.cache.single_flight import SingleFlight
from gateway.domain import identifiers
from gateway.domain.answers import Answers, CallAnswer, outline
from gateway.domain.artifact import PresignedUrls
from gateway.domain.attributes import Document
from gateway.domain.call import Call
from gateway.domain.decode import Decode, ReadPresigned
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.lifetimes import Lifetimes, Verdict, verdict
from gateway.domain.mirrored import LISTED, State
from gateway.domain.redaction import Redact, redact
from gateway.domain.revisions import revision
from gateway.domain.stamp import Freshness, freshness
from gateway.errors import GatewayError, StoreError, UpstreamBudgetSpent, UpstreamError, UpstreamMalformed
from gateway.observe.events import AttributeUnreadable, Listener, RefreshFailed, StoreFailed, silence
from gateway.ports import FREE, CallSource, Change, Mirror, Place, Stored, Terms

_RECORD_SHARE: Final = 1.3
"""How much more a decoded call takes than its document: the record shares the texts but has objects of its own."""

_MOST_CHANGED: Final = 10_000
"""Changed calls whose change is remembered: many more than are read at any moment."""

_TOLD: Final[Mapping[State, FreshnessState]] = {
    State.DELETED: FreshnessState.DELETED,
    State.ERASED: FreshnessState.DELETED,
    State.FORGOTTEN: FreshnessState.FORGOTTEN,
}
"""What is told of a call that upstream no longer has, however long ago it was read."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Fetched:
    """What one request to upstream brought, and when that was asked; ``won`` unless something newer was known.

    ``presigned`` serves those who wait for it and is never kept.
    """

    entry: Entry
    asked_at: dt.datetime
    won: bool = True
    presigned: PresignedUrls | None = None


class ReadThrough:
    """A `gateway.ports.CallReader` over upstream, mirror and memory. At most one request per call is in flight.

    ``reread`` makes a call of a document of the mirror's, ``rebuild`` of its columns, where that has been let go of.
    """

    def __init__(
        self,
        *,
        source: CallSource,
        mirror: Mirror,
        memory: Memory,
        decode: Decode,
        reread: Callable[[Document], Call],
        rebuild: Callable[[Mapping[str, Any]], Call],
        read_presigned: ReadPresigned,
        lifetimes: Lifetimes,
        clock: Callable[[], dt.datetime],
        redact: Redact = redact,
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._mirror = mirror
        self._memory = memory
        self._decode = decode
        self._reread = reread
        self._rebuild = rebuild
        self._read_presigned = read_presigned
        self._lifetimes = lifetimes
        self._clock = clock
        self._redact = redact
        self._listen = listen
        self._versions = itertools.count()
        self._flights: SingleFlight[_Fetched] = SingleFlight()
        self._recalls: SingleFlight[Entry | None] = SingleFlight()
        self._lists = Lists(memory)
        self._changed: LRUCache[str, int] = LRUCache(_MOST_CHANGED)

    async def get(self, call_id: str, max_age: dt.timedelta | None = None, *, terms: Terms = FREE) -> CallAnswer | None:
        """The call, no older than its state allows or ``max_age`` demands; None where there is no such call."""
        entry, source = self._memory.get(call_id), FreshnessSource.CACHE
        if entry is None:
            entry, source = await self._known(call_id)
        now = self._clock()
        if entry is None:
            return await self._fetched_answer(call_id, None, now, max_age, terms)
        if _is_hidden(entry, terms):
            return None
        decision = verdict(entry.stamp, now, max_age)
        if decision is Verdict.SERVE or entry.gone is State.ERASED:
            return self._answer(entry, FreshnessState.FRESH, source)
        if _is_left_alone(entry, now):
            return self._answer(entry, FreshnessState.STALE if entry.doubted else FreshnessState.ERROR_STALE, source)
        if decision is Verdict.SERVE_AND_REFRESH:
            self._refresh(call_id, terms)
            return self._answer(entry, FreshnessState.STALE, source)
        return await self._fetched_answer(call_id, entry, now, max_age, terms)

    async def presigned(self, call_id: str, *, terms: Terms = FREE) -> PresignedUrls | None:
        """Addresses that open the call's recordings, made anew: they die within half an hour, so none is kept."""
        entry, _ = await self._known(call_id)
        if entry is not None and _is_hidden(entry, terms):
            return None
        fetched = await self._flight(call_id, terms)
        return None if _is_hidden(fetched.entry, terms) else fetched.presigned

    async def many(self, places: Sequence[Place], confirmed_at: dt.datetime | None) -> Answers:
        """The calls of a list, in its order, as the mirror has them; None for one that is gone since."""
        listed = self._lists.found(places, confirmed_at)
        if listed is None:
            listed = await self._read_list(places, confirmed_at)
        return listed.answers(self._clock())

    async def _read_list(self, places: Sequence[Place], confirmed_at: dt.datetime | None) -> Listed:
        """The calls of a list from memory, those that are not there from the mirror."""
        known = {place.position.id: self._memory.get(place.position.id) for place in places}
        missing = {p.position.id for p in places if not _is_content(known[p.position.id], p.change)}
        stored = await self._mirror.known(sorted(missing)) if missing else {}
        for call_id in missing:
            known[call_id] = self._remembered(stored.get(call_id))
        rows = [self._row(known[p.position.id], confirmed_at, is_read=p.position.id in missing) for p in places]
        if not missing:
            self._lists.keep(places, confirmed_at, rows)
        return Listed(rows)

    def _row(self, entry: Entry | None, confirmed_at: dt.datetime | None, *, is_read: bool) -> ListedCall | None:
        """A call of a list, with what its age means; no refresh is begun for it."""
        if entry is None or entry.call is None:
            return None
        stamp = entry.stamp
        if confirmed_at is not None and confirmed_at > stamp.fetched_at and entry.gone is None:
            stamp = self._lifetimes.stamp(entry.call, confirmed_at)
        source = FreshnessSource.MIRROR if is_read else FreshnessSource.CACHE
        return ListedCall(
            call=entry.call,
            version=entry.version,
            fetched_at=stamp.fetched_at,
            fresh_until=stamp.fresh_until,
            told=None if entry.gone is None else _TOLD[entry.gone],
            source=FreshnessSource.WEBHOOK if entry.provisional else source,
        )

    def outdated(self, changes: Iterable[Change]) -> None:
        """Forget what the mirror has something newer of."""
        for change in changes:
            self._changed[change.call_id] = change.number
            if not _is_content(self._memory.get(change.call_id), change.number):
                self._memory.drop(change.call_id)

    def _remember(self, call_id: str, entry: Entry) -> None:
        """Keep an entry, unless the mirror has changed since it was read from there: a change is told of only once."""
        if entry.change is None or entry.change >= self._changed.get(call_id, 0):
            self._memory.put(call_id, entry)

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()
        await self._recalls.close()

    async def _known(self, call_id: str) -> tuple[Entry | None, FreshnessSource]:
        """What memory has of a call, else the mirror."""
        entry = self._memory.get(call_id)
        if entry is not None:
            return entry, FreshnessSource.CACHE
        recalled = await self._recalls.join(call_id, lambda: self._recall(call_id))
        entry = self._memory.get(call_id) or recalled  # a fetch may have ended meanwhile
        return entry, FreshnessSource.MIRROR if entry is recalled else FreshnessSource.CACHE

    def _refresh(self, call_id: str, terms: Terms) -> None:
        """Begin to ask upstream, unless that is one request too many: then what is stale is served for longer."""
        with contextlib.suppress(UpstreamBudgetSpent):
            self._spend(call_id, terms)
            self._flights.start(call_id, lambda: self._fetch(call_id))

    def _spend(self, call_id: str, terms: Terms) -> None:
        if not self._flights.is_under_way(call_id):
            terms.spend()

    async def _recall(self, call_id: str) -> Entry | None:
        """What the mirror holds of a call; nothing, where its database cannot be asked: then upstream is."""
        try:
            return self._remembered((await self._mirror.known([call_id])).get(call_id))
        except StoreError as error:
            self._listen(StoreFailed("reading a call", error.code))
            return None

    def _remembered(self, stored: Stored | None) -> Entry | None:
        if stored is None or stored.state is State.UNREAD:
            return None
        entry = self._of_mirror(stored)
        self._remember(stored.call_id, entry)
        return entry

    def _of_mirror(self, stored: Stored) -> Entry:
        """What the mirror holds. What upstream forgot cannot grow old; what it deleted may come back."""
        call = self._rebuild(stored.values) if stored.document is None else self._reread(stored.document)
        read_at = stored.revision.read_at if stored.revision else self._clock()
        listed = stored.state in LISTED
        stamp = self._lifetimes.stamp(call if listed else None, read_at)
        if stored.state is State.FORGOTTEN:
            stamp = dataclasses.replace(stamp, fresh_until=_NEVER, stale_until=_NEVER)
        return Entry(
            call=call if listed else outline(call),
            stamp=stamp,
            kept_until=self._clock() + self._lifetimes.kept,
            revision=stored.revision,
            size=max(stored.text_bytes * _TEXT_SHARE, _SMALL),
            change=stored.change,
            provisional=stored.provisional,
            gone=None if stored.state is State.PRESENT else stored.state,
            version=next(self._versions),
        )

    async def _fetched_answer(
        self, call_id: str, known: Entry | None, now: dt.datetime, max_age: dt.timedelta | None, terms: Terms
    ) -> CallAnswer | None:
        """What upstream says; where it cannot be asked, what is ``known`` (memory may have let go of it meanwhile)."""
        try:
            fetched = await self._fetched(call_id, now, max_age, terms)
        except (UpstreamError, UpstreamBudgetSpent):
            known = self._memory.get(call_id) or known
            if known is None or known.call is None or _is_hidden(known, terms):
                raise
            return self._answer(known, FreshnessState.ERROR_STALE, FreshnessSource.CACHE)
        if _is_hidden(fetched.entry, terms):
            return None
        answer = self._answer(fetched.entry, *self._told(fetched.entry, won=fetched.won))
        return answer and dataclasses.replace(answer, presigned=fetched.presigned)

    async def _fetched(self, call_id: str, now: dt.datetime, max_age: dt.timedelta | None, terms: Terms) -> _Fetched:
        """What a flight brings. One that set off too long before ``now`` for ``max_age`` is followed by another."""
        fetched = await self._flight(call_id, terms)
        if max_age is not None and now - fetched.asked_at > max_age:
            fetched = await self._flight(call_id, terms)
        return fetched

    async def _flight(self, call_id: str, terms: Terms) -> _Fetched:
        self._spend(call_id, terms)
        return await self._flights.join(call_id, lambda: self._fetch(call_id))

    async def _fetch(self, call_id: str) -> _Fetched:
        try:
            return await self._asked(call_id)
        except Exception as error:
            self._leave_alone(call_id, error)
            raise

    async def _asked(self, call_id: str) -> _Fetched:
        asked_at = self._clock()
        document = await self._source.get(call_id)
        if document is None:
            return await self._not_there(call_id, asked_at)
        if _is_of_another(document, call_id):
            raise UpstreamMalformed("Vapi answered GET /call/{id} with another call; ask again later.")
        read, redacted = self._read({**document, "id": call_id}, asked_at)
        held = await self._mirrored(call_id, read, redacted, asked_at)
        entry = self._newest(call_id, held)
        won = entry is held and held.revision == read.revision
        return _Fetched(entry, asked_at, won=won, presigned=self._read_presigned(document))

    def _read(self, document: Document, read_at: dt.datetime) -> tuple[Entry, Document]:
        redacted = self._redact(document)
        decoded = self._decode(redacted.document)
        for problem in decoded.problems:
            self._listen(AttributeUnreadable(problem.attribute, problem.expected, problem.found))
        return Entry(
            call=decoded.call,
            stamp=self._lifetimes.stamp(decoded.call, read_at),
            kept_until=read_at + self._lifetimes.kept,
            revision=revision(decoded.call.updated_at, read_at),
            size=int(redacted.size * _RECORD_SHARE),
            version=next(self._versions),
        ), redacted.document

    async def _mirrored(self, call_id: str, read: Entry, redacted: Document, read_at: dt.datetime) -> Entry:
        """What was read, once it is in the mirror; where that holds something newer, or nothing for good, that."""
        try:
            change = await self._mirror.take(redacted, read_at)
            if change is not None:
                return dataclasses.replace(read, change=change)
            held = (await self._mirror.known([call_id])).get(call_id)
        except StoreError as error:
            self._listen(StoreFailed("keeping a call", error.code))
            return read
        if held is None:
            return read
        is_newer = held.revision is not None and read.revision is not None and held.revision > read.revision
        return self._of_mirror(held) if is_newer or held.state is State.ERASED else _as_change(read, held.change)

    def _newest(self, call_id: str, read: Entry) -> Entry:
        """Remember what was read, unless something newer is known; an older reading does not make that one current."""
        known = self._memory.get(call_id)
        if known is not None and _is_newer(known, read):
            return known
        self._remember(call_id, read)
        return read

    async def _not_there(self, call_id: str, asked_at: dt.datetime) -> _Fetched:
        """Upstream has no such call: whether it deleted it, has forgotten it, or errs, is for the mirror to say."""
        try:
            state = await self._mirror.absent(call_id, asked_at)
            stored = (await self._mirror.known([call_id])).get(call_id) if state is not None else None
        except StoreError as error:
            self._listen(StoreFailed("noting an absence", error.code))
            stored = None
        if stored is None or stored.state is State.UNREAD:
            return _Fetched(self._unknown(call_id, asked_at), asked_at)
        entry = self._of_mirror(stored)
        if stored.state is State.PRESENT:  # to be asked for again before it counts as deleted
            entry = _doubted(entry, self._clock(), self._lifetimes.retry_after)
        self._remember(call_id, entry)
        return _Fetched(entry, asked_at, won=stored.state is not State.PRESENT)

    def _unknown(self, call_id: str, asked_at: dt.datetime) -> Entry:
        """There is no such call, which is remembered for a moment; where memory knew one, its outline for longer."""
        known = self._memory.get(call_id)
        left = outline(known.call) if known is not None and known.call is not None else None
        stamp = self._lifetimes.stamp(None, asked_at)
        kept_until = stamp.fresh_until if left is None else asked_at + self._lifetimes.kept
        gone = None if left is None else State.DELETED
        entry = Entry(call=left, stamp=stamp, kept_until=kept_until, gone=gone, version=next(self._versions))
        self._memory.put(call_id, entry)
        return entry

    def _leave_alone(self, call_id: str, error: Exception) -> None:
        """Told as an event in any case: nobody may be waiting for a refresh that fails."""
        self._listen(RefreshFailed(call_id, error.code if isinstance(error, GatewayError) else type(error).__name__))
        known = self._memory.get(call_id)
        if known is not None:
            until = self._clock() + self._lifetimes.retry_after
            self._memory.put(call_id, dataclasses.replace(known, left_alone_until=until))

    def _answer(self, entry: Entry, state: FreshnessState, source: FreshnessSource) -> CallAnswer | None:
        return (
            None if entry.call is None else CallAnswer(entry.call, self._freshness(entry, state, source), entry.version)
        )

    def _told(self, entry: Entry, *, won: bool) -> tuple[FreshnessState, FreshnessSource]:
        """What to tell after upstream was read: of that reading if it ``won``, else of what was known, as it was."""
        if won:
            return FreshnessState.FRESH, FreshnessSource.UPSTREAM
        fresh = self._clock() < entry.stamp.fresh_until
        return (FreshnessState.FRESH if fresh else FreshnessState.STALE), FreshnessSource.CACHE

    def _freshness(self, entry: Entry, state: FreshnessState, source: FreshnessSource) -> Freshness:
        told = state if entry.gone is None else _TOLD[entry.gone]
        return freshness(entry.stamp, self._clock(), told, FreshnessSource.WEBHOOK if entry.provisional else source)


_TEXT_SHARE: Final = 6
"""How much more a call takes than its document as JSON: the objects of short documents take five times the text."""
_SMALL: Final = 2000
"""What a call of hardly any document takes, in bytes."""

_NEVER: Final = dt.datetime.max.replace(tzinfo=dt.UTC)


def _is_hidden(entry: Entry, terms: Terms) -> bool:
    """Whether it is known that the call is none for whoever asks."""
    return entry.call is not None and not terms.may_see(entry.call)


def _as_change(read: Entry, change: int) -> Entry:
    """What was read and changed nothing in the mirror: the content of its last change."""
    return dataclasses.replace(read, change=change)


def _is_content(entry: Entry | None, change: int) -> bool:
    """Whether this is what the mirror holds since that change, or something later."""
    return entry is not None and entry.change is not None and entry.change >= change


def _doubted(entry: Entry, now: dt.datetime, retry_after: dt.timedelta) -> Entry:
    """What is known of a call that upstream ought to have and has not: it is not fresh, and left alone for a while."""
    stamp = dataclasses.replace(entry.stamp, fresh_until=min(entry.stamp.fresh_until, now))
    return dataclasses.replace(entry, stamp=stamp, doubted=True, left_alone_until=now + retry_after)


def _is_of_another(document: Document, call_id: str) -> bool:
    """Whether a document bears another call's id; one without a readable id is the call that was asked for."""
    stated = document.get("id")
    return isinstance(stated, str) and identifiers.call_id(stated) not in (None, call_id)


def _is_newer(known: Entry, read: Entry) -> bool:
    """Whether what is known is later than what was read.

    A lagging replica of upstream must not win, nor a list that was asked for before the call was found to be deleted.
    """
    if known.gone in (State.DELETED, State.ERASED):
        return known.stamp.fetched_at > read.stamp.fetched_at
    return known.revision is not None and read.revision is not None and known.revision > read.revision


def _is_left_alone(entry: Entry, now: dt.datetime) -> bool:
    """Whether a refresh failed a moment ago, so that what is there is served without asking again."""
    return entry.call is not None and entry.left_alone_until is not None and now < entry.left_alone_until
