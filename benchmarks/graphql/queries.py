"""What is asked: GraphQL documents, the requests that carry them, and what an answer must be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Answer: TypeAlias = dict[str, Any]
Variables: TypeAlias = Mapping[str, Any]

FIELDS: Final = """
    id orgId type status endedReason endedReasonCategory createdAt updatedAt startedAt endedAt durationSeconds cost
    name assistantId phoneNumberId phoneCallProvider
    customer { key customerId name email number }
    freshness { fetchedAt ageMs state source }
"""
"""Twenty-five fields of a call."""
_LIST: Final = f"{{ nodes {{ {FIELDS} }} pageInfo {{ hasNextPage endCursor }} }}"
CALL: Final = f"query Call($id: ID!) {{ call(id: $id) {{ {FIELDS} }} }}"
PAGE: Final = f"query Page($first: Int!) {{ calls(first: $first) {_LIST} }}"
ALL: Final = f"query All($after: String) {{ calls(first: 100, after: $after) {_LIST} }}"
OF_CUSTOMER: Final = (
    f"query OfCustomer($key: ID!) {{ calls(first: 20, where: {{ customer: {{ key: {{ eq: $key }} }} }}) {_LIST} }}"
)
PAGE_SIZE: Final = 100


class WrongAnswer(Exception):
    """A server has answered something else than it should."""


def body(query: str, variables: Variables) -> bytes:
    """What a POST carries."""
    return json.dumps({"query": query, "variables": variables}, separators=(",", ":")).encode()


def request(content: bytes, port: int) -> bytes:
    """A POST as it goes over the wire."""
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def asked(sent: bytes) -> Answer:
    """The variables of a request as it went over the wire."""
    variables: Answer = json.loads(sent.partition(b"\r\n\r\n")[2])["variables"]
    return variables


def data(content: bytes) -> Answer:
    """The data of an answer. Raises `WrongAnswer` where there are errors, or none of it."""
    answer = json.loads(content)
    if "errors" in answer or not isinstance(answer.get("data"), dict):
        raise WrongAnswer(content[:500].decode(errors="replace"))
    found: Answer = answer["data"]
    return found


def lasting(call: Answer) -> Answer:
    """A call without what differs from answer to answer and from server to server: how fresh it is."""
    return {name: value for name, value in call.items() if name != "freshness"}


def told(answer: Answer) -> Answer:
    """The data of an answer without freshness and cursors, which each server makes its own way."""
    if "call" in answer:
        return {"call": lasting(answer["call"])}
    page = answer["calls"]
    return {"nodes": [lasting(node) for node in page["nodes"]], "hasNextPage": page["pageInfo"]["hasNextPage"]}
