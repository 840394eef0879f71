"""Golden pairs: each ``queries/*.graphql`` is answered by the ``.json`` beside it.

``pytest tests/graph/test_golden.py --write-golden`` writes the answers anew; read the difference before you keep it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.graph.asking import CALLS, HERE, gateway, vapi

QUERIES: Final = sorted((HERE / "queries").glob("*.graphql"))


def upstream(request: httpx.Request) -> httpx.Response:
    """Vapi, which answers calls whose id begins with a status of failure with that status."""
    _, _, call_id = request.url.path.partition("/call/")
    if call_id[:3] in ("401", "402", "429", "500"):
        return httpx.Response(int(call_id[:3]), headers={"retry-after": "7"}, json={})
    return vapi(request)


@pytest.mark.anyio
@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
async def test_a_query_gets_the_answer_beside_it(query: Path, pytestconfig: pytest.Config) -> None:
    answer = await asked(read(query))
    if pytestconfig.getoption("--write-golden"):
        write(query.with_suffix(".json"), answer)
    assert answer == read(query.with_suffix(".json"))


async def asked(query: str) -> str:
    """The answer to a query as golden files have it."""
    async with gateway(upstream) as client:
        answer = await client.post("/graphql", json={"query": query}, headers={"X-Request-Id": "golden"})
    return json.dumps(answer.json(), indent=2, ensure_ascii=False) + "\n"


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def test_every_golden_answer_has_its_query() -> None:
    answers = {path.stem for path in (HERE / "queries").glob("*.json")}
    assert answers == {path.stem for path in QUERIES}


@pytest.mark.anyio
async def test_every_call_of_the_upstream_is_in_the_list() -> None:
    async with gateway() as client:
        answer = await client.post("/graphql", json={"query": "{ calls(first: 100) { nodes { id } } }"})
    assert {node["id"] for node in answer.json()["data"]["calls"]["nodes"]} == set(CALLS)
