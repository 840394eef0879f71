"""What is swappable, as Protocols: services speak to these, ``gateway.app`` chooses who answers."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeAlias

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
        """At most ``query.limit`` whole calls without presigned URLs, newest first; ties in any order."""
        ...
