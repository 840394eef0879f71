"""Whole tables by GET: what is told in which format, of which state, to whom, and what is refused how."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import datetime as dt
import io
import json
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import polars as pl
import pyarrow.parquet
import pytest

from gateway.domain.observations import Absence
from gateway.domain.principal import Scope
from gateway.export.formats import FORMATS
from gateway.observe.logs import log_listener
from gateway.services.keys import Wish
from tests.export.readers import EXACT, UNPACK, by_csv, by_json, cells, told
from tests.graph.asking import CALLS, NOW, WEB_CALL, Running, answered, ask, running, vapi
from tests.web.served import served

pytestmark = pytest.mark.anyio

TABLES: Final = ("calls", "customers", "costs", "messages", "structured_outputs")
DELETED: Final = "019fedaf-549c-7000-8625-000000000002"
PLAIN: Final = {"Accept-Encoding": "identity"}
EVERY: Final = "query ($id: ID!) { call(id: $id, maxAge: 0) { cost freshness { state source } } }"
PARQUET: Final = "/export/calls.parquet"


async def rows(client: httpx.AsyncClient, table: str = "calls", **stated: str) -> list[dict[str, Any]]:
    """The rows of a table, as NDJSON tells them."""
    answer = await client.get(f"/export/{table}.ndjson", params=stated)
    assert answer.status_code == 200, answer.text
    return by_json(answer.content)


async def refusal(client: httpx.AsyncClient, address: str, **more: Any) -> tuple[int, str, str]:
    """The status, code and message of an answer that is none."""
    answer = await client.get(address, **more)
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize("table", TABLES)
async def test_a_table_has_the_same_rows_in_every_format(client: httpx.AsyncClient, table: str) -> None:
    answers = {ending: await client.get(f"/export/{table}.{ending}") for ending in FORMATS}
    assert {ending: answer.headers["content-type"] for ending, answer in answers.items()} == {
        ending: format_.media_type for ending, format_ in FORMATS.items()
    }
    found = {ending: read(answers[ending].content) for ending, read in EXACT.items()}
    assert len(found["arrow"]) > 1
    assert sorted(map(str, found["parquet"])) == sorted(map(str, found["arrow"]))  # in Parquet roughly in their order
    assert json.loads(json.dumps(found["ndjson"], default=str)) == json.loads(json.dumps(found["arrow"], default=str))
    assert told(by_csv(answers["csv"].content), found["arrow"]) == [cells(row) for row in found["arrow"]]
    names = {answer.headers["content-disposition"] for answer in answers.values()}
    assert names == {f'attachment; filename="{table}.{ending}"' for ending in FORMATS}


async def test_calls_come_in_the_order_of_their_creation(client: httpx.AsyncClient) -> None:
    found = [row["id"] for row in await rows(client)]
    assert found == sorted(CALLS, key=lambda call_id: str(CALLS[call_id]["createdAt"]))


async def test_rows_say_what_calls_and_their_customers_state(client: httpx.AsyncClient) -> None:
    (call,) = [row for row in await rows(client) if row["id"] == WEB_CALL]
    assert (call["cost"], call["duration_seconds"], call["customer_name"]) == (0.1843, 180.5, "Ada Example")
    (ada,) = [row for row in await rows(client, "customers") if row["customer_key"] == "id:cus_7431"]
    assert (ada["customer_call_count"], ada["customer_total_cost"]) == (1, 0.1843)
    costs = [row for row in await rows(client, "costs") if row["call_id"] == WEB_CALL]
    assert [row["position"] for row in costs] == list(range(9))
    assert sum(row["cost"] for row in costs) == pytest.approx(0.1843)
    outputs = await rows(client, "structured_outputs")
    assert [(row["name"], row["result"]) for row in outputs] == [
        ("booked", "true"),
        ("slot", '{"day":"Friday","hour":9}'),
    ]


async def test_columns_are_those_that_are_stated_in_their_order(client: httpx.AsyncClient) -> None:
    answer = await client.get("/export/calls.csv", params={"columns": "cost, id"})
    assert answer.text.splitlines()[0].replace('"', "") == "cost,id"
    assert [list(row) for row in await rows(client, columns="name,id")] == [["name", "id"]] * 4


@pytest.mark.parametrize("table", [table for table in TABLES if table != "customers"])
async def test_a_filter_of_calls_says_of_which_calls_the_rows_are(client: httpx.AsyncClient, table: str) -> None:
    key = "id" if table == "calls" else "call_id"
    where = json.dumps({"id": {"eq": WEB_CALL}, "cost": {"gt": 0.1}})
    found = await rows(client, table, where=where)
    assert {row[key] for row in found} == {WEB_CALL}
    assert found == [row for row in await rows(client, table) if row[key] == WEB_CALL]


async def test_customers_are_filtered_by_what_customers_are(client: httpx.AsyncClient) -> None:
    found = await rows(client, "customers", where='{"callCount":{"gte":2}}')
    assert [row["customer_name"] for row in found] == ["Grace Example"]


async def test_words_that_were_said_find_their_calls(client: httpx.AsyncClient) -> None:
    assert [row["id"] for row in await rows(client, where='{"search":"hello user"}')] == [WEB_CALL]


@pytest.mark.parametrize("table", TABLES)
async def test_a_table_without_rows_has_the_header_of_one_with_rows(client: httpx.AsyncClient, table: str) -> None:
    nothing = {"where": '{"callCount":{"gt":99}}' if table == "customers" else '{"cost":{"gt":99}}'}
    empty = {e: (await client.get(f"/export/{table}.{e}", params=nothing)).content for e in FORMATS}
    full = {e: (await client.get(f"/export/{table}.{e}")).content for e in FORMATS}
    assert empty["csv"].splitlines() == full["csv"].splitlines()[:1]
    assert empty["ndjson"] == b""
    schemas = [pyarrow.parquet.read_schema(io.BytesIO(of["parquet"])) for of in (empty, full)]
    assert schemas[0] == schemas[1]
    streams = [pyarrow.ipc.open_stream(of["arrow"]).read_all() for of in (empty, full)]
    assert (streams[0].schema, streams[0].num_rows) == (streams[1].schema, 0)


@pytest.mark.parametrize("ending", FORMATS)
async def test_who_has_the_rows_already_is_told_so(client: httpx.AsyncClient, ending: str) -> None:
    address = f"/export/calls.{ending}"
    tag = (await client.get(address)).headers["etag"]
    for stated in (tag, "*", f"W/{tag}", f'"other", {tag}', f'"other",W/{tag} , "third"'):
        answer = await client.get(address, headers={"If-None-Match": stated})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for stated in ('"other"', tag[:-2] + '"', "", 'W/"*"', tag.strip('"')):
        assert (await client.get(address, headers={"If-None-Match": stated})).status_code == 200


async def test_tags_tell_formats_and_encodings_columns_and_filters_apart(client: httpx.AsyncClient) -> None:
    asked = [
        *((f"/export/calls.{ending}", "identity") for ending in FORMATS),
        *(("/export/calls.csv", encoding) for encoding in ("gzip", "zstd")),
        ("/export/calls.csv?columns=id", "identity"),
        ('/export/calls.csv?where={"cost":{"gt":0}}', "identity"),
        ("/export/costs.csv", "identity"),
    ]
    tags = [(await client.get(a, headers={"Accept-Encoding": e})).headers["etag"] for a, e in asked]
    assert len(set(tags)) == len(asked)
    assert all(tag.startswith('"') for tag in tags)


@pytest.mark.parametrize("ending", FORMATS)
async def test_head_tells_what_get_would_and_nothing_that_is_not_so(client: httpx.AsyncClient, ending: str) -> None:
    head, got = [await client.request(method, f"/export/calls.{ending}") for method in ("HEAD", "GET")]
    assert (head.status_code, head.content) == (200, b"")
    ours = {name for name in got.headers if name not in ("x-request-id", "date", "transfer-encoding")}
    assert {name: head.headers[name] for name in ours} == {name: got.headers[name] for name in ours}
    assert head.headers.get("content-length") == (str(len(got.content)) if ending == "parquet" else None)


async def test_parquet_is_served_in_parts(client: httpx.AsyncClient) -> None:
    whole = await client.get(PARQUET)
    assert whole.headers["accept-ranges"] == "bytes"
    last = await client.get(PARQUET, headers={"Range": "bytes=-8"})
    assert (last.status_code, last.content) == (206, whole.content[-8:])
    size = len(whole.content)
    assert last.headers["content-range"] == f"bytes {size - 8}-{size - 1}/{size}"
    parts = [await client.get(PARQUET, headers={"Range": f"bytes={a}-{a + 999}"}) for a in range(0, size, 1000)]
    assert b"".join(part.content for part in parts) == whole.content
    beyond = await client.get(PARQUET, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")


NOT_PARTS: Final = ("rows=0-5", "bytes=5-3", "bytes=", "bytes=a-b", "bytes", "bytes=--5", "bytes=1-2,x")


@pytest.mark.parametrize("stated", NOT_PARTS)
async def test_parts_that_cannot_be_understood_are_the_whole(client: httpx.AsyncClient, stated: str) -> None:
    whole = await client.get(PARQUET)
    answer = await client.get(PARQUET, headers={"Range": stated})
    assert (answer.status_code, answer.content) == (200, whole.content)


async def test_polars_reads_the_columns_that_it_needs_by_parts() -> None:
    async with running(hosts=("127.0.0.1",)) as there:
        app: Any = there.client._transport.app  # type: ignore[attr-defined]
        async with served(app) as port:
            lazily = pl.scan_parquet(f"http://127.0.0.1:{port}{PARQUET}").select(pl.col("cost").sum())
            found = await asyncio.to_thread(lazily.collect)
    assert found.item() == pytest.approx(0.3943)


async def test_a_part_is_told_to_those_alone_who_have_the_rest_of_the_same_file(client: httpx.AsyncClient) -> None:
    tag = (await client.get(PARQUET)).headers["etag"]
    part = {"Range": "bytes=0-3"}
    assert (await client.get(PARQUET, headers={**part, "If-Range": tag})).content == b"PAR1"
    for other in ('"other"', f"W/{tag}"):
        answer = await client.get(PARQUET, headers={**part, "If-Range": other})
        assert (answer.status_code, len(answer.content) > 4) == (200, True)


async def test_many_parts_at_once_take_no_places(client: httpx.AsyncClient) -> None:
    """Readers of Parquet ask for a dozen at the same time."""
    asked = [client.get(PARQUET, headers={"Range": f"bytes={at}-{at + 9}"}) for at in range(12)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {206}


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("GZIP;q=0.5", "gzip"),
        ("gzip;q=1.0, zstd;q=0", "gzip"),
        ("gzip; q=0.0", None),
        ("zstd;q=0.000,gzip;q=0", None),
        ("identity", None),
        ("identity;q=0, gzip", "gzip"),
        ("br", None),
        ("", None),
    ],
)
async def test_rows_are_packed_as_the_client_takes_them(
    client: httpx.AsyncClient, accepted: str, encoding: str | None
) -> None:
    plain = (await client.get("/export/costs.csv", headers=PLAIN)).content
    async with client.stream("GET", "/export/costs.csv", headers={"Accept-Encoding": accepted}) as answer:
        sent = b"".join([piece async for piece in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    assert (UNPACK[encoding](sent) if encoding else sent) == plain
    assert "Accept-Encoding" in answer.headers["vary"]


async def test_parquet_is_packed_inside_and_never_around(client: httpx.AsyncClient) -> None:
    assert "content-encoding" not in (await client.get(PARQUET, headers={"Accept-Encoding": "gzip, zstd"})).headers


@dataclasses.dataclass
class Clock:
    """The time, which goes on when a call is read anew: what has just been read is as new as can be asked for."""

    now: dt.datetime = NOW

    def __call__(self) -> dt.datetime:
        return self.now

    async def reread(self, there: Running, call_id: str) -> None:
        """Let the gateway read a call anew."""
        self.now += dt.timedelta(minutes=1)
        await ask(there.client, EVERY, id=call_id)

    async def delete(self, there: Running, call_id: str) -> None:
        """Let the gateway know that a call has been deleted."""
        await there.parts.mirror.intake.take([Absence(call_id=call_id, noticed_at=self.now, deleted=True)])


def changed(request: httpx.Request) -> Any:
    """A Vapi in which one call costs more since, without costs or outputs."""
    if not request.url.path.endswith(WEB_CALL):
        return vapi(request)
    left = {name: value for name, value in CALLS[WEB_CALL].items() if name not in ("costs", "artifact")}
    return answered({**left, "cost": 7.5, "updatedAt": "2026-08-20T11:00:00.000Z"})


async def test_what_changed_since_a_state_and_what_is_deleted_since_makes_the_new_state_of_the_old_one() -> None:
    """By the rule of docs/exports.md: all rows of the keys in the file go, then those that are not deleted come."""
    clock = Clock()
    async with running(changed, clock=clock) as there:
        before = {table: await rows(there.client, table) for table in TABLES}
        since = (await there.client.head("/export/calls.csv")).headers["x-as-of"]
        await clock.reread(there, WEB_CALL)
        await clock.delete(there, DELETED)
        changes = {table: await rows(there.client, table, since=since) for table in TABLES}
        after = {table: await rows(there.client, table) for table in TABLES}
        nothing_more = await rows(there.client, since=(await there.client.head("/export/calls.csv")).headers["x-as-of"])
    assert nothing_more == []
    deleted = {(row["id"], row["deleted"]) for row in changes["calls"]}
    assert deleted == {(WEB_CALL, False), (DELETED, True)}
    assert {row["call_id"]: row["deleted"] for row in changes["messages"]} == {WEB_CALL: True, DELETED: True}
    keys = {"calls": "id", "customers": "customer_key"}
    for table in TABLES:
        key = keys.get(table, "call_id")
        known = {row[key] for row in changes[table]}
        new = [
            {name: value for name, value in row.items() if name not in ("change", "deleted")}
            for row in changes[table]
            if not row["deleted"]
        ]
        merged = [row for row in before[table] if row[key] not in known] + new
        assert sorted(merged, key=repr) == sorted(after[table], key=repr), table
        assert before[table] != after[table]
        assert all(row["change"] > int(since) for row in changes[table])


async def test_a_state_that_was_told_can_be_asked_for_though_there_is_another_since() -> None:
    clock = Clock()
    async with running(changed, clock=clock) as there:
        first = await there.client.get("/export/calls.csv")
        state = first.headers["x-as-of"]
        await clock.reread(there, WEB_CALL)
        now = await there.client.get("/export/calls.csv")
        then = await there.client.get("/export/calls.csv", params={"asOf": state})
        later = await there.client.get("/export/calls.csv", params={"atLeast": str(int(state) + 1)})
    assert (then.content, then.headers["etag"]) == (first.content, first.headers["etag"])
    assert now.content != first.content
    assert int(now.headers["x-as-of"]) > int(state)
    assert (later.content, later.headers["etag"]) == (now.content, now.headers["etag"])


async def test_a_deletion_takes_every_file_that_holds_the_call_from_the_disk(tmp_path: Path) -> None:
    clock = Clock()
    async with running(clock=clock, data_dir=tmp_path) as there:
        before = await there.client.get(PARQUET)
        assert len(spooled(tmp_path)) == 1
        await clock.delete(there, DELETED)
        assert spooled(tmp_path) == []
        after = await there.client.get(PARQUET)
        as_before = await there.client.get(PARQUET, params={"asOf": before.headers["x-as-of"]})
        ids = [[row["id"] for row in EXACT["parquet"](answer.content)] for answer in (before, after, as_before)]
        assert [DELETED in each for each in ids] == [True, False, False]
        assert as_before.headers["etag"] != before.headers["etag"]
    assert spooled(tmp_path) == []


def spooled(folder: Path) -> list[Path]:
    """The files of exports on the disk."""
    return [path for path in (folder / "spool").rglob("*") if path.is_file() and path.suffix != ".lock"]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/export/cals.csv", "it must be one of calls, customers, costs, messages, structured_outputs"),
        ("/export/.csv", "it must be one of calls"),
        ("/export/calls.xlsx", "it must be one of csv, ndjson, arrow, parquet"),
        ("/export/calls.CSV", "it must be one of csv, ndjson, arrow, parquet"),
        ("/export/calls", "it must be one of csv"),
        ("/export/calls.csv?columns=costs", "the columns of calls are id, org_id"),
        ("/export/costs.csv?columns=id", "the columns of costs are call_id, call_created_at, position"),
        ("/export/calls.csv?columns=", "the columns of calls are"),
        ("/export/calls.csv?columns=id,id", "each can be stated once"),
        ("/export/calls.csv?column=id", "there are columns, where, since, asOf, atLeast"),
        ("/export/calls.csv?columns=id&columns=cost", "stated twice"),
        ("/export/calls.csv?where=cost", "it must be a filter as JSON"),
        ("/export/calls.csv?where=", "it must be a filter as JSON"),
        ("/export/calls.csv?where=" + "[" * 5000, "it must be a filter as JSON"),
        ("/export/calls.csv?where=[]", "where"),
        ("/export/calls.csv?where=7", "where"),
        ('/export/calls.csv?where={"cots":{"gt":1}}', "unknown field 'cots'. Did you mean 'cost'"),
        ('/export/calls.csv?where={"cost":{"gt":"much"}}', "much"),
        ('/export/calls.csv?where={"cost":{"gt":NaN}}', "where"),
        ('/export/customers.csv?where={"cost":{"gt":1}}', "unknown field 'cost'"),
        ("/export/calls.csv?since=-1", "it must be the number of a change"),
        ("/export/calls.csv?since=1.5", "it must be the number of a change"),
        ("/export/calls.csv?since=%D9%A3", "it must be the number of a change"),
        ("/export/calls.csv?since=" + "9" * 30, "it must be the number of a change"),
        ("/export/calls.csv?since=99", "the last change has the number 4"),
        ("/export/customers.csv?since=0", "load all of them again"),
        ("/export/calls.csv?asOf=99", "a state that an answer told in the last 15 minutes"),
        ("/export/calls.csv?asOf=soon", "asOf"),
        ("/export/calls.csv?atLeast=soon", "it must be the number of a change"),
        ("/export/calls.csv?atLeast=1&asOf=4", "state one of them"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_can(
    client: httpx.AsyncClient, address: str, said: str
) -> None:
    status, code, message = await refusal(client, address)
    assert (status, code) == (400, "BAD_USER_INPUT")
    assert said in message


async def test_tables_are_read_and_never_written(client: httpx.AsyncClient) -> None:
    answer = await client.post("/export/calls.csv")
    assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])


@pytest.mark.parametrize("ending", FORMATS)
async def test_more_rows_than_may_be_exported_are_refused_by_the_name_of_the_setting(ending: str) -> None:
    async with running(export_rows=3) as there:
        status, code, message = await refusal(there.client, f"/export/calls.{ending}")
        fewer = await there.client.get(f"/export/calls.{ending}", params={"where": '{"cost":{"gt":0}}'})
    assert (status, code) == (413, "EXPORT_TOO_LARGE")
    assert "4 rows, and may have 3 (GATEWAY_EXPORT_ROWS)" in message
    assert fewer.status_code == 200


async def test_more_bytes_than_the_spool_takes_are_refused_by_the_name_of_the_setting(tmp_path: Path) -> None:
    async with running(export_spool_bytes=5000, data_dir=tmp_path) as there:
        status, code, message = await refusal(there.client, PARQUET)
        left = spooled(tmp_path)
        fewer = await there.client.get(PARQUET, params={"columns": "id"})
    assert (status, code, left) == (413, "EXPORT_TOO_LARGE", [])
    assert "GATEWAY_EXPORT_SPOOL_BYTES" in message
    assert fewer.status_code == 200


@contextlib.asynccontextmanager
async def keyed(*scopes: Scope, **stated: Any) -> AsyncIterator[tuple[Running, str]]:
    """A gateway that lets nobody in without a key, and a key to it."""
    async with running(allow_anonymous=False, **stated) as there:
        _, token = await there.parts.keys.create(Wish(name="bi", scopes=frozenset(scopes)))
        yield there, token


ANALYST: Final = (Scope.EXPORT, Scope.CALLS_READ, Scope.CUSTOMERS_READ)


async def test_a_key_is_taken_as_a_bearer_token_and_as_the_password_of_anybody() -> None:
    async with keyed(*ANALYST) as (there, token):
        ways: Sequence[dict[str, Any]] = [
            {"headers": {"Authorization": f"Bearer {token}"}},
            *({"auth": (name, token)} for name in ("powerbi", "", "key", "Ünï")),
        ]
        answers = [await there.client.get("/export/calls.csv?columns=id", **way) for way in ways]
        wrong: Sequence[dict[str, Any]] = [
            {},
            {"auth": (token, "")},
            {"auth": ("powerbi", token[:-1])},
            {"headers": {"Authorization": "Basic " + base64.b64encode(token.encode()).decode()}},
            {"headers": {"Authorization": "Basic !"}},
            {"params": {"key": token, "columns": "id"}},
        ]
        refused = [await there.client.get("/export/calls.csv?columns=id", **way) for way in wrong]
    assert {answer.status_code for answer in answers} == {200}
    for answer in refused:
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="gateway", Bearer realm="gateway"'
        assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_key_without_the_scope_may_not_export_and_learns_which_it_needs() -> None:
    async with keyed(Scope.CALLS_READ) as (there, token):
        status, code, message = await refusal(there.client, "/export/calls.csv", auth=("", token))
    assert (status, code) == (403, "FORBIDDEN")
    assert "export" in message


async def test_a_key_is_told_what_it_sees_as_everywhere() -> None:
    async with keyed(*ANALYST) as (there, token):
        asked = {"columns": "customer_name,ended_message,cost", "where": json.dumps({"id": {"eq": WEB_CALL}})}
        answer = await there.client.get("/export/calls.ndjson", params=asked, auth=("", token))
        status, code, message = await refusal(
            there.client,
            "/export/calls.csv",
            params={"where": '{"customer":{"name":{"eq":"Ada Example"}}}'},
            auth=("", token),
        )
        said = await there.client.get("/export/messages.ndjson?columns=role,message", auth=("", token))
    assert by_json(answer.content) == [{"customer_name": "A•••", "ended_message": None, "cost": 0.1843}]
    assert (status, code, "personal:read" in message) == (403, "FORBIDDEN", True)
    assert {row["message"] for row in by_json(said.content)} == {None}


async def test_a_key_that_is_bound_exports_its_own_calls_alone() -> None:
    async with running(allow_anonymous=False) as there:
        wish = Wish(name="ada", scopes=frozenset(Scope), customers=frozenset({"id:cus_7431"}))
        _, token = await there.parts.keys.create(wish)
        mine = {"headers": {"Authorization": f"Bearer {token}"}}
        found = {
            table: by_json((await there.client.get(f"/export/{table}.ndjson", **mine)).content)  # type: ignore[arg-type]
            for table in TABLES
        }
        status, code, _ = await refusal(there.client, "/export/calls.csv?since=0", **mine)
    assert [row["id"] for row in found["calls"]] == [WEB_CALL]
    assert [row["customer_key"] for row in found["customers"]] == ["id:cus_7431"]
    assert {row["call_id"] for table in TABLES[2:] for row in found[table]} == {WEB_CALL}
    assert (status, code) == (400, "BAD_USER_INPUT")


async def test_nothing_of_a_person_and_no_key_is_in_the_log() -> None:
    lines: list[str] = []
    listen = log_listener(lambda level, line: lines.append(f"{level} {line}"))
    async with keyed(*Scope, listen=listen, export_rows=3) as (there, token):
        for where in ('{"customer":{"email":{"eq":"%s"}}}', '{"customer":{"email":{"like":"%s"}}}', "%s"):
            for ending in FORMATS:
                asked = {"where": where % "canary@example.com", "columns": "id,customer_email"}
                await there.client.get(f"/export/calls.{ending}", params=asked, auth=("canary", token))
        await there.client.get("/export/calls.csv", auth=("canary", token + "0"))
    written = "\n".join(lines)
    assert not [word for word in ("canary", "example.com", token.rpartition("_")[2]) if word in written]
    assert not [line for line in lines if line.startswith(str(logging.ERROR))]
