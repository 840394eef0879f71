"""``python -m benchmarks``: what reading and answering cost, in this process, without a network.

Prints medians and spread of alternating rounds, in about half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from pydantic import SecretStr

from gateway import app
from gateway.domain import catalog as catalogs
from gateway.domain.decode import decoder
from gateway.domain.redaction import redact
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
    about = {"upstream_key": SecretStr("sim-private-key"), "upstream_rate": 0.0, "identity_key": SecretStr("x" * 16)}
    built = app.build(Settings().model_copy(update=about), transport=upstream)
    transport = httpx.ASGITransport(built)
    async with (
        built.router.lifespan_context(built),
        httpx.AsyncClient(transport=transport, base_url="http://x") as client,
    ):
        yield client


async def rounds(
    works: Mapping[str, Callable[[], Awaitable[object]]], *, count: int, times: int
) -> dict[str, list[float]]:
    """Milliseconds of each piece of work in alternating rounds of ``times`` repetitions."""
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(count):
        for name, work in works.items():
            started = time.perf_counter()
            for _ in range(times):
                await work()
            spent[name].append((time.perf_counter() - started) / times * 1000)
    return spent


def table(title: str, spent: dict[str, list[float]]) -> None:
    """One line for each piece of work."""
    print(f"\n{title:<44}{'median ms':>10}{'min':>10}{'max':>10}")  # noqa: T201  # a command that prints
    for name, values in spent.items():
        print(f"{name:<44}{statistics.median(values):>10.3f}{min(values):>10.3f}{max(values):>10.3f}")  # noqa: T201


async def reading(documents: Sequence[dict[str, object]], *, count: int) -> None:
    """What it costs to take secrets out of a call and to decode it, by size."""
    decode = decoder(catalogs.build(), b"benchmark")
    sized = sorted(documents, key=lambda document: len(json.dumps(document)))
    for document in (sized[len(sized) // 10], sized[len(sized) // 2], sized[-1]):
        redacted = redact(document).document

        async def redacting(document: dict[str, object] = document) -> object:
            return redact(document)

        async def decoding(redacted: dict[str, object] = redacted) -> object:
            return decode(redacted)

        size = len(json.dumps(document)) / 1000
        works = {"redact": redacting, "decode": decoding}
        table(f"a call of {size:.1f} kB", await rounds(works, count=count, times=20))


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
    await answering(upstream, [document["id"] for document in documents], count=count)


asyncio.run(main())
