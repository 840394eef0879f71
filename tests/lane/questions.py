"""Questions: one request in GraphQL as a client sends it, and what an answer to it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

from gateway import exact_json
from tests.lane.principals import ANONYMOUS

GRAPHQL: Final = "application/graphql-response+json"
_OWN: Final = ("x-request-id",)
"""Headers that are another in every answer."""
_SEVERAL: Final = 2


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request. ``sought`` are the calls that it asks for by their ids.

    ``settled`` is whether the world must have settled before, so that the order of two reads cannot matter; ``anew``
    whether those calls must be of this very moment for that. ``by_hash`` names the document instead of stating it.
    """

    document: str
    variables: Mapping[str, Any] | None = None
    operation: str | None = None
    method: str = "POST"
    accept: str | None = None
    principal: str = ANONYMOUS
    sought: Sequence[str] = ()
    settled: bool = True
    anew: bool = False
    by_hash: bool = False
    times: int = 2

    def request(self, client: httpx.AsyncClient, authorization: str | None) -> httpx.Request:
        """The same question to any gateway, by whoever asks it there."""
        headers = {"Authorization": authorization, "Accept": self.accept, "X-Request-Id": "lane"}
        stated = {name: value for name, value in headers.items() if value is not None}
        content = {name: value for name, value in self._content().items() if value is not None}
        if self.method == "GET":
            params = {name: value if isinstance(value, str) else json.dumps(value) for name, value in content.items()}
            return client.build_request("GET", "/graphql", params=params, headers=stated)
        body = json.dumps(content).encode()
        return client.build_request(
            "POST", "/graphql", content=body, headers={"Content-Type": "application/json", **stated}
        )

    def _content(self) -> dict[str, Any]:
        digest = hashlib.sha256(self.document.encode("utf-8", "surrogatepass")).hexdigest()
        named = {"persistedQuery": {"version": 1, "sha256Hash": digest}} if self.by_hash else None
        return {
            "query": None if self.by_hash and self.method == "GET" else self.document,
            "variables": self.variables,
            "operationName": self.operation,
            "extensions": named,
        }

    def __str__(self) -> str:
        """All of it, for people."""
        beside = {
            "variables": self.variables,
            "operationName": self.operation,
            "accept": self.accept,
            "by hash": self.by_hash or None,
        }
        stated = "".join(f"\n  {name}: {json.dumps(each)}" for name, each in beside.items() if each is not None)
        return f"{self.method} as “{self.principal}”{stated}\n  {self.document}"


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and what upstream was asked for meanwhile, in the order of the alphabet."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    upstream: tuple[str, ...] = ()

    @classmethod
    def of(cls, response: httpx.Response, upstream: Sequence[str] = ()) -> Answer:
        """What of a response must be the same from two gateways."""
        kept = [(name, value) for name, value in response.headers.multi_items() if name not in _OWN]
        return cls(response.status_code, tuple(kept), response.content, tuple(upstream))

    @property
    def is_without_errors(self) -> bool:
        """Whether everything that was asked for was answered."""
        return self.status == httpx.codes.OK and "errors" not in json.loads(self.body)


def difference(plain: Answer, compiled: Answer) -> str | None:
    """What is not the same in two answers, for people; None where they are equal to the byte.

    Errors of fields that are resolved side by side stand in the order in which they happened, which is another in every
    run: where an answer has several, their order does not count.
    """
    if plain == compiled:
        return None
    if len(plain.body) == len(compiled.body) and _in_order(plain) == _in_order(compiled):
        return None
    told = [
        f"{name}: {one!r} plain, {other!r} compiled"
        for name, one, other in (
            ("status", plain.status, compiled.status),
            ("headers", _only(plain.headers, compiled.headers), _only(compiled.headers, plain.headers)),
            ("upstream was asked", _only(plain.upstream, compiled.upstream), _only(compiled.upstream, plain.upstream)),
        )
        if one != other
    ]
    if plain.body != compiled.body:
        told.append(_of_bodies(plain.body, compiled.body))
    return "\n  ".join(told or ["the order of headers, or how often upstream was asked"])


def _in_order(answer: Answer) -> Answer:
    """An answer with its errors in the order of what they say."""
    body = exact_json.loads(answer.body) if answer.body.startswith(b"{") else None
    if not isinstance(body, dict) or len(body.get("errors", ())) < _SEVERAL:
        return answer
    body["errors"] = sorted(body["errors"], key=exact_json.dumps)
    return dataclasses.replace(answer, body=exact_json.dumps(body))


def _only(these: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    left = list(others)
    only = []
    for each in these:
        if each in left:
            left.remove(each)
        else:
            only.append(each)
    return only


def _of_bodies(plain: bytes, compiled: bytes, around: int = 120) -> str:
    """Where the bodies part, with some of what stands around there."""
    at = next(
        (n for n, (a, b) in enumerate(zip(plain, compiled, strict=False)) if a != b), min(len(plain), len(compiled))
    )
    start = max(at - around, 0)
    return (
        f"bodies of {len(plain)} and {len(compiled)} bytes part at {at}:\n"
        f"    plain    …{plain[start : at + around]!r}\n    compiled …{compiled[start : at + around]!r}"
    )
