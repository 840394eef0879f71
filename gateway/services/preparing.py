"""Preparing: from a call as upstream sends it to the snapshot of it that the mirror takes in.

A call of 130 kB costs some milliseconds. So calls are prepared one by one, with a chance for everything else to run in
between, or in other processes (`gateway.services.preparers`).
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from gateway.domain import identifiers
from gateway.domain.call import Call
from gateway.domain.decode import Decode
from gateway.domain.observations import Projection, Snapshot
from gateway.domain.reading import Problem
from gateway.domain.redaction import Redact, redact
from gateway.domain.revisions import revision
from gateway.errors import UpstreamMalformed
from gateway.observe.events import AttributeUnreadable, CallUnprepared, Listener, RowDropped, place, silence
from gateway.ports import CallQuery, CallSource, Document

_SNAPSHOT: Final = "snapshot"

Digest: TypeAlias = Callable[[Document], bytes]
Pack: TypeAlias = Callable[[Document], bytes]


@dataclasses.dataclass(frozen=True, slots=True)
class Unprepared:
    """An error that nobody foresaw, which cost one call: its type, and where it was raised."""

    error: str
    where: str


@dataclasses.dataclass(frozen=True, slots=True)
class Promise:
    """A snapshot that is still being prepared, at this place of its page."""

    page: asyncio.Future[Sequence[Snapshot | None]]
    place: int


def outline(call_id: str, created_at: str | None, snapshot: Snapshot | Promise | None) -> Document:
    """A row as walks read it, with the snapshot beside its id and time."""
    return {"id": call_id, "createdAt": created_at, _SNAPSHOT: snapshot}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of a row: where it stands in time, its snapshot, and what could not be read.

    Without an id there is no snapshot; with one, there is none only where preparing it failed.
    """

    id: str | None
    created_at: str | None
    snapshot: Snapshot | None = None
    problems: tuple[Problem, ...] = ()
    failure: Unprepared | None = None

    @property
    def outline(self) -> Document:
        """The row as walks read it; empty where there is no id."""
        return {} if self.id is None else outline(self.id, self.created_at, self.snapshot)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """Redaction, decoding, projection and packing, in this order."""

    decode: Decode
    project: Callable[[Call], Projection]
    pack: Pack
    digest: Digest
    redact: Redact = redact

    def __call__(self, document: Document, read_at: dt.datetime) -> Prepared:
        """A call as upstream sent it at ``read_at``; never raises, so that no odd call keeps others from the mirror."""
        row = place_of(document)
        if row.id is None:
            return row
        try:
            snapshot, problems = self.kept(self.redact(document).document, read_at)
        except Exception as error:  # whatever it is, it is told, and the page goes on
            return dataclasses.replace(row, failure=_failure(error))
        return dataclasses.replace(row, snapshot=snapshot, problems=problems)

    def kept(self, redacted: Document, read_at: dt.datetime) -> tuple[Snapshot, tuple[Problem, ...]]:
        """A call that has an id and is redacted already."""
        decoded = self.decode(redacted)
        snapshot = Snapshot(
            call_id=decoded.call.id,
            revision=revision(decoded.call.updated_at, read_at),
            digest=self.digest(redacted),
            body=self.pack(redacted),
            projection=self.project(decoded.call),
        )
        return snapshot, decoded.problems


def place_of(document: Document) -> Prepared:
    """A row of which nothing is prepared yet."""
    call_id, created = document.get("id"), document.get("createdAt")
    return Prepared(
        id=call_id if isinstance(call_id, str) and call_id else None,
        created_at=created if isinstance(created, str) else None,
    )


async def snapshots(outlines: Iterable[Document]) -> tuple[Snapshot, ...]:
    """The snapshots of the rows that have one, once they are prepared."""
    held = [await _kept(each.get(_SNAPSHOT)) for each in outlines]
    return tuple(snapshot for snapshot in held if snapshot is not None)


async def _kept(held: Snapshot | Promise | None) -> Snapshot | None:
    return (await held.page)[held.place] if isinstance(held, Promise) else held


def tell(prepared: Prepared, listen: Listener) -> None:
    """Tell what was lost of a row."""
    if prepared.id is None:
        listen(RowDropped("without an id"))
    elif prepared.failure is not None:
        shown = identifiers.call_id(prepared.id) or "unknown"
        listen(CallUnprepared(shown, prepared.failure.error, prepared.failure.where))
    for problem in prepared.problems:
        listen(AttributeUnreadable(problem.attribute, problem.expected, problem.found))


class PreparedCalls:
    """A `gateway.ports.CallSource` whose documents are outlines: `snapshots` takes the snapshots from them."""

    def __init__(
        self,
        source: CallSource,
        prepare: Preparing,
        *,
        clock: Callable[[], dt.datetime],
        listen: Listener = silence,
    ) -> None:
        self._source = source
        self._prepare = prepare
        self._clock = clock
        self._listen = listen

    async def get(self, call_id: str) -> Document | None:
        """The outline of one call; None where upstream has none of this id."""
        read_at = self._clock()
        document = await self._source.get(call_id)
        if document is None:
            return None
        if _is_of_another(document, call_id):
            raise UpstreamMalformed("Vapi answered GET /call/{id} with another call; ask again later.")
        return self._prepared({**document, "id": call_id}, read_at)

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """The outlines of the calls that match."""
        read_at = self._clock()
        outlines = []
        for document in await self._source.list(query):
            outlines.append(self._prepared(document, read_at))
            await asyncio.sleep(0)
        return outlines

    def _prepared(self, document: Document, read_at: dt.datetime) -> Document:
        if not document:
            return {}  # its source has told that it was no row
        prepared = self._prepare(document, read_at)
        tell(prepared, self._listen)
        return prepared.outline


def _is_of_another(document: Document, call_id: str) -> bool:
    """Whether a document bears another call's id; one without a readable id is the call that was asked for."""
    stated = document.get("id")
    return isinstance(stated, str) and identifiers.call_id(stated) not in (None, call_id)


def _failure(error: Exception) -> Unprepared:
    """An error without its message, which may repeat what a person said."""
    return Unprepared(type(error).__name__, place(error))
