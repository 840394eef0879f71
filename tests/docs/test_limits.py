"""What docs/limits.md says of limits, cost and documents is so."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from gateway.graph.cost import PAGE, SEARCH, SIZES, USUAL, WEIGHTS
from gateway.graph.documents import manifest
from gateway.graph.limits import Limits
from tests.docs.reading import marked, page, rows
from tests.graph.asking import WEB_CALL, ask, gateway

PAGE_OF_LIMITS = "limits.md"


def shown(mark: str, language: str) -> list[str]:
    """The blocks of a language between two marks of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", marked(PAGE_OF_LIMITS, mark), re.MULTILINE | re.DOTALL)


def test_every_limit_has_its_row_with_its_setting() -> None:
    told = {
        row[0].strip("`"): re.findall(r"`GATEWAY_QUERY_([A-Z_]+)`", row[1])
        for row in rows(marked(PAGE_OF_LIMITS, "limits"))
    }
    names = [field.name for field in dataclasses.fields(Limits) if field.name != "page_size"]
    first_and_others = ((name, name.split("_")) for name in names)
    assert told == {"".join([of[0], *map(str.capitalize, of[1:])]): [name.upper()] for name, of in first_and_others}


@pytest.mark.anyio
async def test_an_operation_beyond_a_limit_is_answered_as_the_page_shows() -> None:
    (block,) = shown("too-complex", "json")
    aliases = " ".join(f"a{n}: id" for n in range(201))
    async with gateway() as client:
        assert await ask(client, f'{{ call(id: "{WEB_CALL}") {{ {aliases} }} }}') == json.loads(block)


@pytest.mark.anyio
async def test_the_example_costs_what_the_page_says() -> None:
    (query,), (extensions,) = shown("cost", "graphql"), shown("cost", "json")
    async with gateway() as client:
        answer = await ask(client, query)
    assert answer["extensions"] == json.loads(extensions)


def test_the_prices_of_the_page_are_the_ones_that_hold() -> None:
    text = page(PAGE_OF_LIMITS)
    told = {
        cell: int(re.findall(r"\d+", row[1])[0])
        for row in rows(text.partition("## Cost")[2].partition("Every answer")[0])
        for cell in re.findall(r"`([\w.]+)`", row[0])
    }
    short = {name.removeprefix("Query."): weight for name, weight in WEIGHTS.items() if "presigned" not in name}
    short = {name: weight for name, weight in short.items() if not name.endswith(".totalCount")} | {"totalCount": 50}
    assert told == short
    assert {weight for name, weight in WEIGHTS.items() if "presigned" in name} == {10}
    assert {weight for name, weight in WEIGHTS.items() if name.endswith(".totalCount")} == {50}
    assert f"and {SEARCH} more for each `search`" in text
    assert f"({PAGE}\nwithout either)" in text
    messages, latencies = SIZES["Artifact.messages"], SIZES["PerformanceMetrics.turnLatencies"]
    assert f"{messages} messages of a call, {latencies} latencies, {USUAL} of most others" in text


def test_the_manifests_of_the_page_are_read_as_the_same(tmp_path: Path) -> None:
    one, other = (manifest(block) for block in shown("manifests", "json"))
    assert one == other != {}


@pytest.mark.anyio
async def test_a_manifest_of_the_page_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(shown("manifests", "json")[1], encoding="utf-8")
    (name,) = manifest(path.read_text(encoding="utf-8"))
    async with gateway(documents_file=path, documents_only=True) as client:
        answer = await client.post("/graphql", json={"documentId": name, "variables": {"id": WEB_CALL}})
    assert answer.json()["data"] == {"call": {"id": WEB_CALL}}
