"""Economy: how often a Vapi is asked for what a gateway is asked."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from typing import Final

from benchmarks.graphql import queries, upstream
from benchmarks.graphql.loader import Load
from benchmarks.graphql.scenarios import CONNECTIONS
from benchmarks.graphql.servers import Server

QUERIES: Final = 1000
CALLS: Final = 200
_LISTS: Final = 0.1
"""The share of lists among the queries."""
_LIST: Final = {"first": 20}
_BEHIND: Final = 0.5
"""Seconds after the last answer in which refreshes may still be under way."""


def replayed(ids: Sequence[str]) -> Iterator[bytes]:
    """The bodies of the queries: lists, and calls of which a few are asked for much more often than the others."""
    chance = random.Random(1)  # noqa: S311  # what is asked for matters to nobody
    weights = [1 / (place + 1) for place in range(len(ids))]
    for call_id in chance.choices(ids, weights, k=QUERIES):
        if chance.random() < _LISTS:
            yield queries.body(queries.PAGE, _LIST)
        else:
            yield queries.body(queries.CALL, {"id": call_id})


async def requests(gateway: Server, vapi: Server, ids: Sequence[str]) -> int:
    """How many requests a Vapi gets while the gateway in front of it answers `QUERIES` queries for `CALLS` calls."""
    before = await upstream.requests(vapi.port)
    sent = (queries.request(content, gateway.port) for content in replayed(ids[:CALLS]))
    measured = await Load(gateway.port, sent).replay(QUERIES, connections=CONNECTIONS)
    for _, content in measured.samples:
        queries.data(content)
    await asyncio.sleep(_BEHIND)
    return await upstream.requests(vapi.port) - before
