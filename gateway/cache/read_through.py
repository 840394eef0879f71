"""Read-through: memory first, then upstream; what upstream says is remembered.

`gateway.domain.lifetimes` decides what to do, this module does it: serve what is fresh, serve what is stale while one
refresh runs, fetch what is neither, and serve what is there, marked, where upstream cannot be asked.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Final

from gateway.cache.memory import Entry, Memory
from gateway.cache.single_flight import SingleFlight
from gateway.domain import identifiers
from gateway.domain.answers import CallAnswer, outline
from gateway.domain.artifact import PresignedUrls
from gateway.domain.call import Call
from gateway.domain.decode import Decode, ReadPresigned
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.lifetimes import Lifetimes, Verdict, verdict
from gateway.domain.redaction import redact
from gateway.domain.revisions import revision
from gateway.domain.stamp import Freshness, freshness
from gateway.errors import GatewayError, UpstreamError, UpstreamMalformed
from gateway.observe.events import AttributeUnreadable, Listener, RefreshFailed, silence
from gateway.ports import CallSource, Document

_RECORD_SHARE: Final = 1.3
"""How much more a decoded call takes than its document: the record shares the texts but has objects of its own."""


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
    """A `gateway.ports.CallReader` over upstream and memory. At most one request per call is in flight."""

    def __init__(
        self,
        *,
        source: CallSource,
        memory: Memory,
        decode: Decode,
        read_presigned: ReadPresigned,
        lifetimes: Lifetimes,
        clock: Callable[[], dt.datetime],
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._memory = memory
        self._decode = decode
        self._read_presigned = read_presigned
        self._lifetimes = lifetimes
        self._clock = clock
        self._listen = listen
        self._flights: SingleFlight[_Fetched] = SingleFlight()

    async def get(self, call_id: str, max_age: dt.timedelta | None = None) -> CallAnswer | None:
        """The call, no older than its state allows or ``max_age`` demands; None where there is no such call."""
        entry, now = self._memory.get(call_id), self._clock()
        if entry is None:
            return await self._fetched_answer(call_id, None, now, max_age)
        decision = verdict(entry.stamp, now, max_age)
        if decision is Verdict.SERVE:
            return self._answer(entry, FreshnessState.FRESH, FreshnessSource.CACHE)
        if _is_left_alone(entry, now):
            return self._answer(entry, FreshnessState.ERROR_STALE, FreshnessSource.CACHE)
        if decision is Verdict.SERVE_AND_REFRESH:
            self._flights.start(call_id, lambda: self._fetch(call_id))
            return self._answer(entry, FreshnessState.STALE, FreshnessSource.CACHE)
        return await self._fetched_answer(call_id, entry, now, max_age)

    async def presigned(self, call_id: str) -> PresignedUrls | None:
        """Addresses that open the call's recordings, made anew: they die within half an hour, so none is kept."""
        return (await self._flight(call_id)).presigned

    def learn(self, document: Document, read_at: dt.datetime) -> CallAnswer:
        """Take in a whole call that a listing brought; the answer is the newest that is known of it."""
        call, read = self._read(document, read_at)
        entry = self._newest(call.id, read)
        return CallAnswer(entry.call or call, self._freshness(entry, *self._told(entry, won=entry is read)))

    async def close(self) -> None:
        """End what is under way."""
        await self._flights.close()

    async def _fetched_answer(
        self, call_id: str, known: Entry | None, now: dt.datetime, max_age: dt.timedelta | None
    ) -> CallAnswer | None:
        """What upstream says; where it cannot be asked, what is ``known`` (memory may have let go of it meanwhile)."""
        try:
            fetched = await self._fetched(call_id, now, max_age)
        except UpstreamError:
            known = self._memory.get(call_id) or known
            if known is None or known.call is None:
                raise
            return self._answer(known, FreshnessState.ERROR_STALE, FreshnessSource.CACHE)
        answer = self._answer(fetched.entry, *self._told(fetched.entry, won=fetched.won))
        return answer and dataclasses.replace(answer, presigned=fetched.presigned)

    async def _fetched(self, call_id: str, now: dt.datetime, max_age: dt.timedelta | None) -> _Fetched:
        """What a flight brings. One that set off too long before ``now`` for ``max_age`` is followed by another."""
        fetched = await self._flight(call_id)
        if max_age is not None and now - fetched.asked_at > max_age:
            fetched = await self._flight(call_id)
        return fetched

    async def _flight(self, call_id: str) -> _Fetched:
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
            return _Fetched(self._gone(call_id, asked_at), asked_at)
        if _is_of_another(document, call_id):
            raise UpstreamMalformed("Vapi answered GET /call/{id} with another call; ask again later.")
        read = self._read({**document, "id": call_id}, asked_at)[1]
        entry = self._newest(call_id, read)
        return _Fetched(entry, asked_at, won=entry is read, presigned=self._read_presigned(document))

    def _read(self, document: Document, read_at: dt.datetime) -> tuple[Call, Entry]:
        redacted = redact(document)
        decoded = self._decode(redacted.document)
        for problem in decoded.problems:
            self._listen(AttributeUnreadable(problem.attribute, problem.expected, problem.found))
        return decoded.call, Entry(
            call=decoded.call,
            stamp=self._lifetimes.stamp(decoded.call, read_at),
            kept_until=read_at + self._lifetimes.kept,
            revision=revision(decoded.call.updated_at, read_at),
            size=int(redacted.size * _RECORD_SHARE),
        )

    def _newest(self, call_id: str, read: Entry) -> Entry:
        """Remember what was read, unless something newer is known; an older reading does not make that one current."""
        known = self._memory.get(call_id)
        if known is not None and _is_newer(known, read):
            return known
        self._memory.put(call_id, read)
        return read

    def _gone(self, call_id: str, asked_at: dt.datetime) -> Entry:
        """Upstream has no such call: nothing is kept of it but, where it was known, its outline."""
        known = self._memory.get(call_id)
        left = outline(known.call) if known is not None and known.call is not None else None
        stamp = self._lifetimes.stamp(None, asked_at)
        kept_until = stamp.fresh_until if left is None else asked_at + self._lifetimes.kept
        entry = Entry(call=left, stamp=stamp, kept_until=kept_until, deleted=left is not None)
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
        return None if entry.call is None else CallAnswer(entry.call, self._freshness(entry, state, source))

    def _told(self, entry: Entry, *, won: bool) -> tuple[FreshnessState, FreshnessSource]:
        """What to tell after upstream was read: of that reading if it ``won``, else of what was known, as it was."""
        if won:
            return FreshnessState.FRESH, FreshnessSource.UPSTREAM
        fresh = self._clock() < entry.stamp.fresh_until
        return (FreshnessState.FRESH if fresh else FreshnessState.STALE), FreshnessSource.CACHE

    def _freshness(self, entry: Entry, state: FreshnessState, source: FreshnessSource) -> Freshness:
        told = FreshnessState.DELETED if entry.deleted else state
        return freshness(entry.stamp, self._clock(), told, source)


def _is_of_another(document: Document, call_id: str) -> bool:
    """Whether a document bears another call's id; one without a readable id is the call that was asked for."""
    stated = document.get("id")
    return isinstance(stated, str) and identifiers.call_id(stated) not in (None, call_id)


def _is_newer(known: Entry, read: Entry) -> bool:
    """Whether what is known is later than what was read.

    A lagging replica of upstream must not win, nor a list that was asked for before the call was found to be deleted.
    """
    if known.deleted:
        return known.stamp.fetched_at > read.stamp.fetched_at
    return known.revision is not None and read.revision is not None and known.revision > read.revision


def _is_left_alone(entry: Entry, now: dt.datetime) -> bool:
    """Whether a refresh failed a moment ago, so that what is there is served without asking again."""
    return entry.call is not None and entry.left_alone_until is not None and now < entry.left_alone_until
