"""Upstream: a Vapi that several gateways ask, which changes and fails when the test says so, and counts."""

from __future__ import annotations

import collections
import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx

Document = dict[str, Any]

RELATED: Final[Mapping[str, Document]] = {
    "assistant/a1": {
        "id": "a1",
        "name": "Reception",
        "model": {"provider": "openai"},
        "metadata": {"\u2028": [1.5, None]},
    },
    "assistant/a2": {"id": "a2", "name": "", "voice": {"speed": 1e22}, "firstMessage": "half \ud800 a pair"},
    "squad/s1": {"id": "s1", "name": "Front desk", "members": [{"assistantId": "a1"}]},
    "phone-number/p1": {"id": "p1", "number": "+14155550199", "name": "Main", "provider": "twilio"},
}
"""What calls name, by its path; what else they name is gone."""


def refused(_: httpx.Request) -> httpx.Response:
    """No connection comes about."""
    raise httpx.ConnectError("refused")


FAULTS: Final[Mapping[str, Callable[[httpx.Request], httpx.Response]]] = {
    "500": lambda _: httpx.Response(500, json={"message": "broken"}),
    "401": lambda _: httpx.Response(401, json={"message": "who?"}),
    "402": lambda _: httpx.Response(402, json={}),
    "refused": refused,
    "no JSON": lambda _: httpx.Response(200, content=b'{"id": '),
    "no object": lambda _: httpx.Response(200, content=b'"text"'),
}
"""How it can fail."""


@dataclasses.dataclass
class Upstream:
    """The calls that there are now, by id; ``fault`` is how every answer fails, if it does."""

    calls: dict[str, Document]
    fault: str | None = None

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What Vapi says to this."""
        if self.fault is not None:
            return FAULTS[self.fault](request)
        path = request.url.path.removeprefix("/")
        kind, _, wanted = path.partition("/")
        if kind == "call" and not wanted:
            return _json(self._rows(request.url.params))
        found = self.calls.get(wanted) if kind == "call" else RELATED.get(path)
        return httpx.Response(404, json={"message": "Not Found"}) if found is None else _json(_signed(found))

    def _rows(self, asked: Mapping[str, str]) -> list[Document]:
        rows = [row for row in self.calls.values() if _is_within(row, asked)]
        rows.sort(key=lambda row: str(row["createdAt"]), reverse=True)
        return rows[: int(asked.get("limit", 100))]


class Carrier:
    """What carries one gateway's requests to an upstream, and counts them."""

    def __init__(self, upstream: Upstream) -> None:
        self.asked: collections.Counter[str] = collections.Counter()
        self._upstream = upstream
        self.transport = httpx.MockTransport(self._carried)

    def _carried(self, request: httpx.Request) -> httpx.Response:
        self.asked[f"{request.method} {request.url.raw_path.decode()}"] += 1
        return self._upstream.answer(request)

    def taken(self) -> collections.Counter[str]:
        """What was asked for since this was asked last."""
        asked, self.asked = self.asked, collections.Counter()
        return asked


def _is_within(row: Document, asked: Mapping[str, str]) -> bool:
    return all(
        asked.get(f"{name}Ge", "") <= str(row.get(name, "")) <= asked.get(f"{name}Le", "9")
        for name in ("createdAt", "updatedAt")
    )


def _signed(found: Document) -> Document:
    """A call as it is answered by itself: with addresses that open its recording, if it has one."""
    artifact = found.get("artifact")
    if not isinstance(artifact, dict) or "recordingUrl" not in artifact:
        return found
    address = f"https://storage.invalid/{found['id']}?X-Amz-Signature=0"
    return {**found, "artifact": {**artifact, "presignedMonoUrl": address, "presignedLogUrl": None}}


def _json(value: object) -> httpx.Response:
    """JSON in ASCII, so that half a surrogate pair can be stated."""
    return httpx.Response(200, content=json.dumps(value).encode(), headers={"content-type": "application/json"})
