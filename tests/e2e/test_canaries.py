"""Secrets that calls and webhooks carry come out of nothing: no answer, error, event, row, byte of a file or command.

Into each of many calls secrets are put wherever there is room: under keys that say so, in every object, and texts in
the shape of one, in the place of every text. All have one of `WORDS` in them, which are looked for everywhere.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from click.testing import CliRunner
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)
from sqlalchemy import inspect, text

from gateway import app
from gateway.cli.main import main
from gateway.domain.redaction import REDACTED
from gateway.observe.logs import log_listener
from gateway.store.packing import unpack
from tests.domain.saved_webhooks import BODIES
from tests.fuzz.sdk_models import SdkCalls
from tests.graph.asking import CALLS, RELATED, Running, answered, ask, running

WORD: Final = "canary"
DIGITS: Final = "facadefacade"
"""The word in a key of the gateway's own, which has no other letters."""
WORDS: Final = (WORD, DIGITS)
SECRETS: Final[Mapping[str, Any]] = {
    "token": f"{WORD}-1",
    "apiKey": {"deep": [f"{WORD}-2"]},
    "listenUrl": f"wss://{WORD}.invalid/listen",
    "controlUrl": [f"https://{WORD}.invalid/control"],
    "Authorization": f"{WORD}-3",
    "client_secret": f"{WORD}-4",
    "accessTokens": [f"{WORD}-5"],
    "memberPin": f"{WORD}-6",
    "MEMBER-PIN": {"any": f"{WORD}-7"},
}
"""What stands under keys that make secrets of it; the last two are a team's own."""
SHAPES: Final = (
    f"eyJhbGciOiJIUzI1NiJ9.{WORD}.{WORD}",
    f"sk-proj-{WORD}{WORD}",
    f"vcg_{DIGITS}_{DIGITS * 5}cafe",
    f"Bearer {WORD}{WORD}",
    f"https://bucket.invalid/a.wav?X-Amz-Expires=1800&X-Amz-Signature={WORD}",
    f"please call https://ada:{WORD}@example.invalid/hook and say it",
    f"https://hooks.slack.com/services/T0/B0/{WORD}",
    f"-----BEGIN PRIVATE KEY-----\n{WORD}\n-----END PRIVATE KEY-----",
)
KEPT: Final = ("id", "createdAt", "updatedAt", "startedAt", "endedAt", "type", "role", "status", "provider", "orgId")
"""Texts that stay, so that a call is still one."""
OWN_KEYS: Final = ("memberPin",)
ZSTD: Final = b"\x28\xb5\x2f\xfd"
"""How what zstd has compressed begins; a byte of our own stands before it."""


def with_keys(value: Any) -> Any:
    """A copy with secrets under their keys in every object."""
    if isinstance(value, dict):
        return {**{key: with_keys(inner) for key, inner in value.items()}, **copy.deepcopy(SECRETS)}
    return [with_keys(inner) for inner in value] if isinstance(value, list) else value


def with_shapes(value: Any, shapes: Iterator[str]) -> Any:
    """A copy with secrets in the place of its texts."""
    if isinstance(value, dict):
        return {
            key: inner if key in KEPT or key.startswith("presigned") else with_shapes(inner, shapes)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [with_shapes(inner, shapes) for inner in value]
    return next(shapes) if isinstance(value, str) else value


def forever() -> Iterator[str]:
    """The shapes, again and again."""
    while True:
        yield from SHAPES


def saved() -> dict[str, dict[str, Any]]:
    """Calls by id: those of ``tests/graph/calls`` and random ones of the SDK's models, full of secrets."""
    source = SdkCalls(20260901)
    random = [{**source.next(), "createdAt": "2026-08-19T12:00:00.000Z", "type": "webCall"} for _ in range(10)]
    full = [change for document in (*CALLS.values(), *random) for change in _full_of_secrets(document)]
    made = {f"0ca00000-0000-4000-8000-{number:012}": document for number, document in enumerate(full)}
    return {call_id: {**document, "id": call_id} for call_id, document in made.items()}


def _full_of_secrets(document: Any) -> tuple[Any, Any]:
    """Two copies: with secrets under keys, and with secrets for texts."""
    return with_keys(document), with_shapes(document, forever())


DOCUMENTS: Final = saved()


def full_of_secrets(request: httpx.Request) -> httpx.Response:
    """Vapi with these calls; what they name is full of secrets too, and so is what it says when it fails."""
    path = request.url.path.removeprefix("/")
    if path == "call":
        rows = sorted(DOCUMENTS.values(), key=lambda row: str(row["createdAt"]), reverse=True)
        asked = request.url.params
        found = [
            r for r in rows if asked.get("createdAtGe", "") <= str(r["createdAt"]) <= asked.get("createdAtLe", "9")
        ]
        return httpx.Response(200, json=found[: int(asked.get("limit", 100))])
    if path.removeprefix("call/") in DOCUMENTS:
        return answered(DOCUMENTS[path.removeprefix("call/")])
    if path.startswith("call/"):
        return httpx.Response(422, json={"message": [f"Bearer {WORD}{WORD}"], "error": WORD})
    return answered(with_keys(next(iter(RELATED.values()))))


def everything(schema: GraphQLSchema, of: GraphQLObjectType | GraphQLInterfaceType, above: tuple[str, ...] = ()) -> str:
    """A selection of all there is below a type, but for what leads back to where it came from."""
    written = []
    for name, field in of.fields.items():
        below = get_named_type(field.type)
        if any(map(is_required_argument, field.args.values())) or below.name in above:
            continue
        alias = f"{of.name}_{name}: {name}"
        if is_leaf_type(below):
            written.append(alias)
        elif isinstance(below, GraphQLObjectType | GraphQLInterfaceType):
            written.append(f"{alias} {everything(schema, below, (*above, of.name))}")
    for concrete in schema.get_possible_types(of) if isinstance(of, GraphQLInterfaceType) else ():
        written.append(f"... on {concrete.name} {everything(schema, concrete, (*above, of.name))}")
    return "{ " + " ".join(written) + " }"


async def answers(there: Running) -> dict[str, str]:
    """What GraphQL tells of every call and customer, by every field, and in errors."""
    schema = app.schema_of(there.parts.catalog)._schema
    call, customer = schema.type_map["Call"], schema.type_map["Customer"]
    assert isinstance(call, GraphQLObjectType)
    assert isinstance(customer, GraphQLObjectType)
    one = f"query ($id: ID!) {{ call(id: $id) {everything(schema, call, ('CallConnection', 'Customer'))} }}"
    told = [await ask(there.client, one, id=call_id) for call_id in DOCUMENTS]
    people = f"{{ customers(first: 100) {{ totalCount nodes {everything(schema, customer, ('CallConnection',))} }} }}"
    highlights = "{ edges { highlights { field text } } totalCount }"
    words = [f'{{ calls(where: {{search: "{word}"}}) {highlights} }}' for word in (WORD[:-1], "signature", "listen")]
    failing = "query ($id: ID!) { call(id: $id) { id } node(id: $id) { id } }"
    return {
        "calls": json.dumps(told),
        "customers": json.dumps(await ask(there.client, people)),
        "search": json.dumps([await ask(there.client, query) for query in words]),
        "errors": json.dumps(await ask(there.client, failing, id="0ca00000-0000-4000-8000-00000000dead")),
    }


async def recordings(there: Running) -> str:
    """What the route of recordings answers for every call."""
    told = [await there.client.get(f"/calls/{call_id}/recording") for call_id in DOCUMENTS]
    return "\n".join(f"{answer.status_code} {answer.headers} {answer.text}" for answer in told)


async def webhooks(there: Running) -> str:
    """What webhooks full of secrets are answered with: some are applied, some wait, some are dead letters."""
    told = []
    for saved_body in BODIES.values():
        whole = json.loads(saved_body)
        for message in _full_of_secrets(whole):
            nameless = copy.deepcopy(message)
            nameless["message"].pop("call", None)
            told += [await there.client.post("/webhooks/vapi", json=each) for each in (message, nameless)]
    while await there.parts.webhooks.drain():
        pass
    return "\n".join(f"{answer.status_code} {answer.headers} {answer.text}" for answer in told)


async def rows(there: Running) -> str:
    """Every value of every table, documents unpacked."""
    found = []
    async with there.parts.mirror.database.reading() as connection:
        for name in await connection.run_sync(lambda sync: inspect(sync).get_table_names()):
            for row in await connection.execute(text(f'SELECT * FROM "{name}"')):  # noqa: S608  # names of our own tables
                found += [f"{name}: {_readable(value)}" for value in row]
    return "\n".join(found)


def _readable(value: Any) -> str:
    if isinstance(value, bytes) and value[1:5] == ZSTD:
        return json.dumps(unpack(value))
    return repr(value)


async def gateway_tells(folder: Path) -> dict[str, str]:
    """Everything that a gateway over these calls tells and keeps."""
    lines: list[str] = []
    limits = ("query_aliases", "query_selections", "query_tokens", "query_cost")
    stated: dict[str, Any] = {"data_dir": folder, "secret_keys": OWN_KEYS, "webhook_anonymous": True}
    stated |= dict.fromkeys(limits, 1_000_000)
    listen = log_listener(lambda _, line: lines.append(line))
    async with running(full_of_secrets, listen=listen, filled=False, **stated) as there:
        await there.parts.keeper.backfilling.step()
        told = {"webhooks": await webhooks(there), **await answers(there), "recordings": await recordings(there)}
        dead = await there.parts.mirror.ledger.dead(1000)
        told |= {"dead letters": repr(dead), "rows": await rows(there)}
        await there.parts.mirror.database.checkpoint()
        told["files"] = kept_in(folder)
    return {**told, "log": "\n".join(lines)}


def kept_in(folder: Path) -> str:
    """Every byte of the files in a folder."""
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir())).decode("latin-1")


def commands_tell(folder: Path) -> dict[str, str]:
    """What the commands show of them: files that are decoded, and dead letters."""
    calls, hooks = folder / "calls.json", folder / "webhook.json"
    calls.write_text(json.dumps(list(DOCUMENTS.values())), encoding="utf-8")
    hooks.write_text(json.dumps(with_shapes(with_keys(json.loads(BODIES["end_of_call_report"])), forever())), "utf-8")
    environment = {
        "GATEWAY_DATA_DIR": str(folder),
        "GATEWAY_IDENTITY_KEY": "sixteen letters!",
        "GATEWAY_SECRET_KEYS": ",".join(OWN_KEYS),
    }
    runner = CliRunner(env=environment)
    decoded = runner.invoke(main, ["decode", str(calls), str(hooks)])
    listed = runner.invoke(main, ["webhooks", "list"])
    calls.unlink()
    hooks.unlink()
    return {"gateway decode": decoded.output, "gateway webhooks list": listed.output}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Everything, by where it was told or kept."""
    folder = tmp_path_factory.mktemp("gateway")
    return {**asyncio.run(gateway_tells(folder)), **commands_tell(folder)}


PLACES: Final = (
    *("webhooks", "calls", "customers", "search", "errors", "recordings", "dead letters", "rows", "log", "files"),
    *("gateway decode", "gateway webhooks list"),
)


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_of_a_call_or_a_webhook_comes_out(told: dict[str, str], place: str) -> None:
    for word in WORDS:
        at = told[place].lower().find(word)
        assert at == -1, told[place][max(0, at - 500) : at + 100]


@pytest.mark.parametrize("place", ["calls", "rows", "gateway decode"])
def test_what_held_a_secret_is_shown_without_it(told: dict[str, str], place: str) -> None:
    """Else that none is found would mean nothing."""
    assert told[place].count(REDACTED) > 100


def test_every_place_was_looked_at(told: dict[str, str]) -> None:
    assert set(told) == set(PLACES)
    assert all(len(text) > 20 for text in told.values()), {
        place: text for place, text in told.items() if len(text) <= 20
    }
    assert told["calls"].count('"Call_id"') == len(DOCUMENTS)
    assert "status-update without the id of a call" in told["dead letters"]


def test_the_secrets_were_there() -> None:
    keys, shapes = map(json.dumps, list(DOCUMENTS.values())[:2])
    assert min(keys.count(WORD), shapes.count(WORD)) >= len(SHAPES)
    assert DIGITS in shapes
