"""``python -m benchmarks``: what reading and answering cost, in this process, without a network.

Prints medians and spread of alternating rounds, in about half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr

from benchmarks.reading import mirroring, reading
from benchmarks.rounds import rounds, table
from gateway import app
from gateway.settings import Settings
from gateway.simulator.app import create

CALL = """
{ call(id: "%s") { id type status endedReason endedReasonCategory createdAt startedAt endedAt
  durationSeconds cost assistantId phoneNumberId phoneCallProvider name analysis { summary successEvaluation }
  costBreakdown { total llm stt tts }
  customer { key customerId name email number } freshness { fetchedAt ageMs state source } } }
"""
PAGE = """
{ calls(first: 100) { nodes { id type status endedReason endedReasonCategory createdAt startedAt endedAt
  durationSeconds cost assistantId phoneNumberId phoneCallProvider name analysis { summary successEvaluation }
  costBreakdown { total llm stt tts }
  customer { key customerId name email number } freshness { fetchedAt ageMs state source } } } }
"""


@asynccontextmanager
async def served(upstream: httpx.AsyncBaseTransport) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway that runs in this process, in front of this upstream."""
    about = {
        "allow_anonymous": True,
        "upstream_key": SecretStr("sim-private-key"),
        "upstream_rate": 0.0,
        "identity_key": SecretStr("x" * 16),
    }
    built = app.build(Settings().model_copy(update=about), transport=upstream)
    transport = httpx.ASGITransport(built)
    async with (
        built.router.lifespan_context(built),
        httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
    ):
        yield client


async def answering(upstream: httpx.AsyncBaseTransport, ids: Sequence[str], *, count: int) -> None:
    """What it costs to answer a query through the whole application."""
    async with served(upstream) as client:
        cold = iter(ids[1:])

        async def ask(query: str) -> httpx.Response:
            answer = await client.post("/graphql", json={"query": query})
            assert "errors" not in answer.json(), answer.text  # noqa: S101  # a benchmark of errors would mislead
            return answer

        await ask(CALL % ids[0])
        works = {
            "a cached call, 27 fields": lambda: ask(CALL % ids[0]),
            "a cold call (upstream in this process)": lambda: ask(CALL % next(cold)),
        }
        table("a query", await rounds(works, count=count, times=20))
        table(
            "a list", await rounds({"a page of 100 × 27 (simulator included)": lambda: ask(PAGE)}, count=count, times=1)
        )


async def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    count = parser.parse_args().rounds
    simulated = create(calls=2000, live=0)
    upstream = httpx.ASGITransport(simulated)
    key = {"Authorization": "Bearer sim-private-key"}
    async with httpx.AsyncClient(transport=upstream, base_url="http://x", headers=key) as client:
        documents = (await client.get("/call", params={"limit": 400})).json()
    await reading(documents, count=count)
    await mirroring(documents, count=count)
    await answering(upstream, [document["id"] for document in documents], count=count)


asyncio.run(main())
