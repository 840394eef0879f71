"""A source of calls over a plain list, which counts what it is asked and can be slow or broken."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

from gateway.ports import CallQuery, Document


@dataclasses.dataclass
class ListSource:
    """A `gateway.ports.CallSource` over ``calls``, in any order.

    ``error`` is raised to whoever asks; while ``gate`` is not set, whoever asks for a call waits.
    """

    calls: list[dict[str, Any]] = dataclasses.field(default_factory=list)
    error: Exception | None = None
    gate: asyncio.Event | None = None
    asked: list[str] = dataclasses.field(default_factory=list)
    queries: list[CallQuery] = dataclasses.field(default_factory=list)

    async def get(self, call_id: str) -> Document | None:
        """The call, with a presigned address that is another one at each read."""
        self.asked.append(call_id)
        number = len(self.asked)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return next((_signed(call, number) for call in self.calls if call["id"] == call_id), None)

    async def list(self, query: CallQuery) -> Sequence[Document]:
        """The newest of the calls that match."""
        self.queries.append(query)
        if self.error is not None:
            raise self.error
        matching = [call for call in self.calls if _matches(call, query)]
        matching.sort(key=lambda call: str(call["createdAt"]), reverse=True)
        return matching[: query.limit]

    def replace(self, call: dict[str, Any]) -> None:
        """Let upstream say something else of a call from now on."""
        self.calls = [call, *(other for other in self.calls if other["id"] != call["id"])]


def _signed(call: dict[str, Any], number: int) -> dict[str, Any]:
    address = f"https://storage.invalid/mono.wav?X-Amz-Signature={number:08}"
    return {**call, "artifact": {**call.get("artifact", {}), "presignedMonoUrl": address}}


def _matches(call: dict[str, Any], query: CallQuery) -> bool:
    created = dt.datetime.fromisoformat(call["createdAt"])
    return (
        (query.created_from is None or created >= query.created_from)
        and (query.created_to is None or created <= query.created_to)
        and query.assistant_id in {None, call.get("assistantId")}
        and query.phone_number_id in {None, call.get("phoneNumberId")}
    )
