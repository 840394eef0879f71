"""What is swappable, as Protocols: services speak to these, ``gateway.app`` chooses who answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from gateway.domain.answers import CallAnswer
from gateway.domain.artifact import PresignedUrls

Document: TypeAlias = Mapping[str, Any]
"""A JSON object as upstream sent it."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CallQuery:
    """What ``GET /call`` can be asked: bounds are inclusive (``Ge``/``Le`` on the wire), ``limit`` is 1 to 1000."""

    limit: int
    created_from: dt.datetime | None = None
    created_to: dt.datetime | None = None
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


class CallReader(Protocol):
    """Reads one call, from wherever it is known best.

    Raises the leaves of `gateway.errors.UpstreamError` where nothing is known of the call and upstream cannot be asked.
    """

    async def get(self, call_id: str, max_age: dt.timedelta | None = None) -> CallAnswer | None:
        """The call, no older than its state allows or ``max_age`` demands; None where there is no such call."""
        ...

    async def presigned(self, call_id: str) -> PresignedUrls | None:
        """Addresses that open the call's recordings for half an hour, made anew; None where there is no such call."""
        ...

    def learn(self, document: Document, read_at: dt.datetime) -> CallAnswer:
        """Take in a whole call that a listing brought; the answer is the newest that is known of it."""
        ...
