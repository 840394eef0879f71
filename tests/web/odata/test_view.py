"""OData as a client asks for it: what is served, what is refused and by which name, and who sees what."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import anyio.to_thread
import httpx
import pytest
from click.testing import CliRunner

from gateway.cli.main import main
from gateway.domain.principal import Scope
from gateway.observe.events import Event
from gateway.observe.logs import line
from gateway.services.keys import REMEMBERED, Wish
from gateway.web.odata.options import OFFERED, REFUSED
from tests.graph.asking import CALLS, Running, running
from tests.web.odata.many import MANY, Served, call_id, pages, rows, served, told
from tests.web.odata.tables import TABLES

pytestmark = pytest.mark.anyio

JSON: Final = "application/json;odata.metadata=minimal;charset=utf-8"
EXPORTS: Final = frozenset({Scope.CALLS_READ, Scope.CUSTOMERS_READ, Scope.EXPORT})
OF_ADDRESSES: Final = frozenset({*EXPORTS, Scope.ODATA_URL})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As everywhere; one event loop for all tests of a module, since they share a gateway."""
    return "asyncio"


@pytest.fixture(scope="module")
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of one gateway over dozens of calls, which nobody changes."""
    async with served() as found:
        yield found.client


async def asked(client: httpx.AsyncClient, url: str, **headers: str) -> Any:
    """The rows of a page."""
    return told(await client.get(f"/odata/{url}", headers=headers))["value"]


async def refused(client: httpx.AsyncClient, url: str, **headers: str) -> tuple[int, str, str | None, str]:
    """How a request is refused: the status, the code, what it is about, and what is said of it."""
    answer = await client.get(f"/odata{url}", headers=headers)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["odata-version"] == "4.0"
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("target"), error["message"]


def bearing(token: str) -> dict[str, str]:
    """The header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


def basic(token: str, user: str = "anybody") -> dict[str, str]:
    """The header that shows it as a password."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"}


async def key(there: Running | Served, *scopes: Scope, **wishes: Any) -> str:
    """A new key of a gateway, with these scopes or those that an export needs."""
    _, token = await there.parts.keys.create(Wish(name="bi", scopes=frozenset(scopes) or EXPORTS, **wishes))
    return token


@pytest.mark.parametrize("url", ["/odata", "/odata/"])
async def test_the_service_document_lists_the_tables(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)
    body = told(answer)
    assert answer.headers["content-type"] == JSON
    assert answer.headers["odata-version"] == "4.0"
    assert body["@odata.context"] == "http://gateway/odata/$metadata"
    assert [each["url"] for each in body["value"]] == [*TABLES]


async def test_the_metadata_are_xml_that_describes_every_table(client: httpx.AsyncClient) -> None:
    answer = await client.get("/odata/$metadata")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    names = {each.get("Name") for each in ET.fromstring(answer.content).iter() if each.tag.endswith("}EntitySet")}  # noqa: S314  # our own
    assert names == {*TABLES}


@pytest.mark.parametrize("table", [*TABLES])
async def test_an_entity_set_has_the_columns_that_its_metadata_name(client: httpx.AsyncClient, table: str) -> None:
    answer = await client.get(f"/odata/{table}")
    body = told(answer)
    assert answer.headers["content-type"] == JSON
    assert body["@odata.context"] == f"http://gateway/odata/$metadata#{table}"
    metadata = (await client.get("/odata/$metadata")).text
    described = metadata.partition(f'<EntityType Name="{table}"')[2].partition("</EntityType>")[0]
    assert all([*row] == re.findall('<Property Name="([^"]+)"', described) for row in body["value"])
    assert (len(body["value"]) > 0) == (table != "structured_outputs")


async def test_structured_outputs_are_told_one_by_one() -> None:
    async with running() as there:
        found = await asked(there.client, "structured_outputs?$select=name,result,position")
    assert found == [
        {"name": "booked", "result": "true", "position": 0},
        {"name": "slot", "result": '{"day":"Friday","hour":9}', "position": 1},
    ]


async def test_what_is_selected_is_told_in_that_order_and_described_so(client: httpx.AsyncClient) -> None:
    answer = await client.get("/odata/calls?$select=cost,%20id&$top=2&$filter=cost eq 0.1")
    assert told(answer)["@odata.context"].endswith("$metadata#calls(cost,id)")
    assert [[*row] for row in told(answer)["value"]] == [["cost", "id"]] * 2


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("cost gt 0.2 and not (cost gt 1)", lambda d: d["cost"] == 0.25),
        ("cost eq null", lambda d: d["cost"] is None),
        ("startswith(ended_reason,'silence')", lambda d: d["endedReason"] == "silence-timed-out"),
        ("customer_key in ('id:ann','id:cy')", lambda d: _customer(d) in ("ann", "cy")),
        ("created_at ge 2026-08-20T10:00:00Z", lambda d: d["createdAt"] >= "2026-08-20T10"),
        ("created_at ge 2026-08-20T12:00:00%2B02:00", lambda d: d["createdAt"] >= "2026-08-20T10"),
        ("date(created_at) eq 2026-08-20 and year(created_at) eq 2026", lambda d: True),
        ("year(created_at) lt 2026", lambda d: False),
    ],
)
async def test_a_filter_finds_the_calls_that_it_says(client: httpx.AsyncClient, condition: str, meant: Any) -> None:
    documents = (await client.get("/odata/calls?$select=id")).json()["value"]
    url = f"calls?$select=id&$filter={condition}"
    held = Served.documents().values()
    assert len(documents) == len(held)
    assert {row["id"] for row in await asked(client, url)} == {d["id"] for d in held if meant(d)}


def _customer(document: Mapping[str, Any]) -> Any:
    return document["assistantOverrides"]["metadata"].get("customerId")


async def test_an_order_a_top_and_a_skip_cut_a_piece_out(client: httpx.AsyncClient) -> None:
    whole = await asked(client, "calls?$select=id,cost&$orderby=cost desc,id")
    assert await asked(client, "calls?$select=id,cost&$orderby=cost desc,id&$skip=3&$top=5") == whole[3:8]
    assert await asked(client, "calls?$top=0") == []
    assert [row["cost"] for row in whole[-6:]] == [None] * 6


async def test_a_count_is_of_everything_that_the_filter_leaves(client: httpx.AsyncClient) -> None:
    answer = told(await client.get("/odata/calls?$count=true&$top=1&$skip=2&$filter=cost eq 0.25"))
    assert (answer["@odata.count"], len(answer["value"])) == (11, 1)
    for table, count in (("calls", MANY), ("costs", 2 * MANY), ("customers", 3)):
        alone = await client.get(f"/odata/{table}/$count")
        assert (alone.text, alone.headers["content-type"]) == (str(count), "text/plain; charset=utf-8")
    assert (await client.get("/odata/calls/$count?$filter=cost eq 0.25")).text == "11"


async def test_figures_are_those_of_graphql(client: httpx.AsyncClient) -> None:
    query = "{ customers(first: 100) { nodes { key callCount totalCost } } }"
    nodes = (await client.post("/graphql", json={"query": query})).json()["data"]["customers"]["nodes"]
    found = await asked(client, "customers?$select=customer_key,customer_call_count,customer_total_cost")
    assert sorted(tuple(row.values()) for row in found) == sorted(tuple(node.values()) for node in nodes)


async def test_a_state_that_was_told_can_be_asked_for_again() -> None:
    async with served() as there:
        before = await there.client.get("/odata/calls?$orderby=id")
        await there.changed(3, cost=9.5)
        state = before.headers["x-as-of"]
        again = await there.client.get(f"/odata/calls?$orderby=id&asOf={state}")
        after = await there.client.get(f"/odata/calls?$orderby=id&atLeast={int(state) + 1}")
        assert told(again) == told(before) != told(after)
        assert int(after.headers["x-as-of"]) > int(state)
        assert (await there.client.get("/odata/calls/$count", params={"asOf": state})).headers["x-as-of"] == state


@pytest.mark.parametrize("stated", ["999999", "0", "-1", "x", "١", "9" * 30, "", " 4"])
async def test_a_state_that_was_not_told_is_refused(client: httpx.AsyncClient, stated: str) -> None:
    for url in (f"/calls?asOf={stated}", f"/messages?asOf={stated}", f"/calls/$count?asOf={stated}"):
        assert (await refused(client, url))[:3] == (400, "BAD_USER_INPUT", "asOf")


@pytest.mark.parametrize(
    ("url", "target", "says"),
    [
        ("/nope", "entity set", ", ".join(TABLES)),
        ("/Calls", "entity set", "calls"),
        ("/calls?$select=nope", "$select", "customer_key"),
        ("/calls?$filter=nope eq 1", "$filter", "customer_key"),
        ("/calls?$filter=cost eq", "$filter", "cannot be read"),
        ("/calls?$filter=cost eq 'much'", "$filter", "Edm.Double"),
        ("/calls?$orderby=nope", "$orderby", "customer_key"),
        ("/calls?$orderby=cost sideways", "$orderby", "asc or desc"),
        ("/calls?$top=-1", "$top", "whole number"),
        ("/calls?$skip=x", "$skip", "whole number"),
        ("/calls?$top=1&$top=2", "query", "once"),
        ("/calls?$count=yes", "$count", "true or false"),
        ("/calls?$format=xml", "$format", "json"),
        ("/calls?select=id", "query", "$select"),
        ("/calls?$nope=1", "query", "$select"),
        ("/calls?atLeast=x", "atLeast", "number"),
        ("/calls?$skiptoken=xx", "$skiptoken", "@odata.nextLink"),
    ],
)
async def test_what_does_not_exist_is_refused_with_what_does(
    client: httpx.AsyncClient, url: str, target: str, says: str
) -> None:
    status, code, about, message = await refused(client, url)
    assert (status, code, about) == (400, "BAD_USER_INPUT", target)
    assert says in message


@pytest.mark.parametrize("option", REFUSED)
async def test_options_of_odata_that_are_not_offered_are_named(client: httpx.AsyncClient, option: str) -> None:
    status, code, about, message = await refused(client, f"/calls?{option}=x")
    assert (status, code, about) == (501, "NOT_IMPLEMENTED", option)
    assert all(name in message for name in OFFERED)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("/calls('x')", "calls('x')"),
        ("/calls/x/cost", "calls/x/cost"),
        ("/calls/$ref", "calls/$ref"),
        ("/$batch", "$batch"),
        ("/$all", "$all"),
        ("/$entity?$id=x", "$entity"),
        ("/$crossjoin(calls,costs)", "$crossjoin(calls,costs)"),
        ("/calls?$filter=endswith(type,'x')", "endswith()"),
        ("/calls?$filter=cost add 1 eq 2", "add"),
        ("/calls?$filter=customer_tags/any(t:t eq 'x')", "any"),
        ("/calls?$orderby=year(created_at)", "$orderby by an expression"),
        ("/calls?$format=application/json;odata.metadata=full", "odata.metadata=full"),
        ("/messages/$count", "$count"),
        ("/messages?$count=true", "$count"),
        ("/messages?$orderby=role", "$orderby"),
    ],
)
async def test_what_else_odata_knows_is_refused_by_name(client: httpx.AsyncClient, url: str, named: str) -> None:
    status, code, about, _ = await refused(client, url)
    assert (status, code, about) == (501, "NOT_IMPLEMENTED", named)


@pytest.mark.parametrize("accept", ["text/csv", "application/xml", "application/json;odata.metadata=full"])
async def test_who_takes_no_json_of_ours_is_told_so(client: httpx.AsyncClient, accept: str) -> None:
    assert (await refused(client, "/calls", Accept=accept))[:2] == (406, "NOT_ACCEPTABLE")


async def test_numbers_are_texts_where_a_client_would_have_them_so(client: httpx.AsyncClient) -> None:
    accept = "application/json;IEEE754Compatible=true;odata.metadata=none"
    answer = await client.get("/odata/customers?$select=customer_call_count&$count=true", headers={"Accept": accept})
    assert told(answer) == {"@odata.count": "3", "value": [{"customer_call_count": each} for each in ("8", "7", "7")]}
    assert "IEEE754Compatible=true" in answer.headers["content-type"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_nothing_can_be_written(client: httpx.AsyncClient, method: str) -> None:
    for url in ("/odata", "/odata/calls", "/odata/$batch"):
        assert (await client.request(method, url)).status_code == 405


async def test_a_caller_is_asked_to_wait_where_others_of_theirs_are_being_answered() -> None:
    async with served(exports_at_once=1) as there:
        found: list[httpx.Response] = []

        async def ask() -> None:
            found.append(await there.client.get("/odata/costs"))

        async with anyio.create_task_group() as group:
            group.start_soon(ask)
            group.start_soon(ask)
    answered, waiting = sorted(found, key=lambda answer: answer.status_code)
    assert (answered.status_code, waiting.status_code) == (200, 429)
    assert waiting.json()["error"]["code"] == "RATE_LIMITED"
    assert int(waiting.headers["retry-after"]) > 0


async def test_what_takes_too_long_is_said_with_its_setting() -> None:
    async with served(export_seconds=1e-9) as there:
        status, code, _, message = await refused(there.client, "/calls")
    assert (status, code) == (503, "TIMEOUT")
    assert "GATEWAY_EXPORT_SECONDS" in message


async def test_a_key_opens_it_as_a_bearer_token_and_as_a_password() -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there)
        for headers in (bearing(token), basic(token), basic(token, user="")):
            assert len(await asked(there.client, "calls", **headers)) == MANY
        for wrong in ({}, bearing("vcg_nothing"), basic("wrong"), basic("", user=token)):
            answer = await there.client.get("/odata/calls", headers=wrong)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (
                401,
                'Basic realm="gateway", Bearer realm="gateway"',
            )


@pytest.mark.parametrize(
    ("table", "missing"),
    [
        ("calls", Scope.EXPORT),
        ("calls", Scope.CALLS_READ),
        ("messages", Scope.CALLS_READ),
        ("customers", Scope.CUSTOMERS_READ),
    ],
)
async def test_a_key_without_the_scope_of_a_table_is_told_which(table: str, missing: Scope) -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, *(EXPORTS - {missing}))
        for url in (f"/{table}", f"/{table}?$top=1"):
            status, code, _, message = await refused(there.client, url, **bearing(token))
            assert (status, code) == (403, "FORBIDDEN")
            assert missing.value in message


async def test_what_a_key_may_not_see_is_masked_or_null_and_cannot_be_asked_by() -> None:
    async with served(allow_anonymous=False) as there:
        token, whole = await key(there), await key(there, *EXPORTS, Scope.PERSONAL_READ, Scope.CONTENT_READ)
        select = "customer_email,customer_key,ended_message"
        url = f"calls?$select={select}&$filter=customer_key eq 'id:ann'&$top=1"
        (seen,) = await asked(there.client, url, **bearing(whole))
        (hidden,) = await asked(there.client, url, **bearing(token))
        assert seen["customer_email"] == "ann@example.com"
        assert seen["ended_message"] is not None
        assert hidden["customer_email"] == "a•••@example.com"
        assert hidden["ended_message"] is None
        assert hidden["customer_key"] == "id:ann"
        messages = await asked(there.client, "messages?$select=message,position&$top=2", **bearing(token))
        assert messages == [{"message": None, "position": 0}, {"message": None, "position": 1}]
        for way in ("$filter=customer_email eq 'ann@example.com'", "$filter=not (ended_message eq null)"):
            assert (await refused(there.client, f"/calls?{way}", **bearing(token)))[:2] == (403, "FORBIDDEN")
            assert (await refused(there.client, f"/calls/$count?{way}", **bearing(token)))[:2] == (403, "FORBIDDEN")
        for url in ("/calls?$orderby=customer_email", "/customers?$orderby=customer_email desc"):
            status, _, _, message = await refused(there.client, url, **bearing(token))
            assert (status, "personal:read" in message) == (403, True)
        assert (await refused(there.client, "/messages?$filter=role eq 'user'", **bearing(token)))[0] == 403


async def test_a_bound_key_reads_the_rows_of_its_calls_alone() -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, customers=frozenset({"id:ann"}))
        theirs = {call_id(number) for number in range(0, MANY, 4)}
        for table, name in (("calls", "id"), ("costs", "call_id"), ("messages", "call_id")):
            found = rows(await pages(there.client, f"/odata/{table}?$select={name}", 3, **bearing(token)))
            assert {row[name] for row in found} == theirs
        (customer,) = await asked(there.client, "customers", **bearing(token))
        assert (customer["customer_key"], customer["customer_call_count"]) == ("id:ann", len(theirs))
        for table, count in (("calls", len(theirs)), ("costs", 2 * len(theirs)), ("customers", 1)):
            assert (await there.client.get(f"/odata/{table}/$count", headers=bearing(token))).text == str(count)
        (others,) = (
            await pages(there.client, "/odata/calls?$filter=customer_key ne 'id:ann'", None, **bearing(token)),
        )
        assert rows(others) == []


async def test_a_link_of_somebody_who_sees_all_shows_others_no_more_than_their_own() -> None:
    async with served(allow_anonymous=False) as there:
        (first, *_) = await pages(there.client, "/odata/calls?$select=id", 5, **bearing(await key(there)))
        bound = await key(there, customers=frozenset({"id:bob"}))
        theirs = {call_id(number) for number in range(1, MANY, 4)}
        found = rows(await pages(there.client, told(first)["@odata.nextLink"], 5, **bearing(bound)))
        assert {row["id"] for row in found} <= theirs
        assert (await there.client.get(told(first)["@odata.nextLink"])).status_code == 401


async def test_a_key_for_addresses_opens_odata_in_the_query_and_nothing_else() -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, *OF_ADDRESSES)
        stated = {"key": token}
        for url in ("/odata", "/odata/", "/odata/$metadata", "/odata/calls", "/odata/customers/$count"):
            assert (await there.client.get(url, params=stated)).status_code == 200
        assert len(rows(await pages(there.client, f"/odata/calls?$select=id&key={token}", 4))) == MANY
        for url in ("/graphql?query={mirror{asOf}}&", "/export/calls.csv?", f"/calls/{call_id(1)}/recording?"):
            answer = await there.client.get(f"{url}key={token}")
            assert (answer.status_code, answer.headers["www-authenticate"][:5]) != (200, "")
            assert answer.status_code == 401
        assert (await there.client.post("/graphql", params=stated, json={"query": "{mirror{asOf}}"})).status_code == 401


async def test_a_link_keeps_the_key_that_it_was_asked_with_and_repeated_it_is_the_same() -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, *OF_ADDRESSES)
        (first, *_) = await pages(there.client, f"/odata/calls?$select=id&key={token}", 20)
        link = told(first)["@odata.nextLink"]
        assert link.count(f"key={token}") == 1
        again = await there.client.get(f"{link}&key={token}")
        assert len(told(again)["value"]) == MANY - 20
        assert (await there.client.get(f"{link}&key=other")).status_code == 401
        assert token not in told(first)["@odata.context"]


@pytest.mark.parametrize(
    "scopes",
    [EXPORTS, frozenset({*OF_ADDRESSES, Scope.CONTENT_READ}), frozenset({*OF_ADDRESSES, Scope.ADMIN})],
    ids=["without the scope", "with what was said", "with more"],
)
async def test_another_key_in_the_query_opens_nothing(scopes: frozenset[Scope]) -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, *scopes)
        assert (await there.client.get("/odata", headers=bearing(token))).status_code == 200
        answer = await there.client.get("/odata", params={"key": token})
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("anonymous", [False, True])
async def test_a_key_in_the_query_that_is_none_opens_nothing_even_where_nobody_is_asked(*, anonymous: bool) -> None:
    async with running(filled=False, allow_anonymous=anonymous) as there:
        for stated in ("", "vcg_", "x", f"vcg_0a1b2c3d4e5f_{'0' * 64}", "%00"):
            assert (await there.client.get(f"/odata?key={stated}")).status_code == 401


async def test_a_revoked_key_opens_nothing_any_more_in_the_query_either() -> None:
    async with served(allow_anonymous=False) as there:
        token = await key(there, *OF_ADDRESSES)
        assert (await there.client.get("/odata", params={"key": token})).status_code == 200
        assert await there.parts.keys.revoke(token.split("_")[1])
        assert (await there.client.get("/odata", params={"key": token})).status_code == 401
    assert REMEMBERED <= 5  # elsewhere, a few seconds later


async def test_a_key_for_addresses_is_made_by_the_command_and_with_no_more_than_it_may(tmp_path: Path) -> None:
    async with served(allow_anonymous=False, data_dir=tmp_path) as there:

        def made(scopes: str) -> Any:
            return CliRunner(env={"GATEWAY_DATA_DIR": str(tmp_path)}).invoke(
                main, ["keys", "create", "--name", "bi", "--scopes", scopes]
            )

        usual = "calls:read,customers:read,export,odata:url"
        created = await anyio.to_thread.run_sync(made, usual)
        assert created.exit_code == 0, created.output
        token = created.stdout.strip()
        assert (await there.client.get("/odata/calls", params={"key": token})).status_code == 200
        for more in ("content:read", "personal:read", "recordings:read", "document:read", "admin"):
            wrong = await anyio.to_thread.run_sync(made, f"{usual},{more}")
            assert (wrong.exit_code, wrong.stdout) == (2, "")
            assert more in wrong.stderr


async def test_a_key_in_the_query_is_told_to_nobody(caplog: pytest.LogCaptureFixture) -> None:
    events: list[Event] = []
    caplog.set_level(logging.DEBUG)
    async with served(allow_anonymous=False, listen=events.append) as there:
        token = await key(there, *OF_ADDRESSES)
        secret = token.rpartition("_")[2]
        urls = (
            *(
                "",
                "/$metadata",
                "/calls",
                "/nope",
                "/calls?$apply=x",
                "/calls?$filter=x",
                "/calls?$top=x",
                "/calls('x')",
            ),
            *("/calls?$orderby=customer_email", "/calls?Key=x", "/calls?$skiptoken=x", "/calls?asOf=99", "/a/b/c"),
            f"/calls?$top=5?key={token}",
            f"/calls?$filter={token}",
            f"/calls?{token}=1",
            f"/{token}",
            f"/calls/{token}",
            f"/calls?$skiptoken=?key={token}",
        )
        for url in urls:
            answer = await there.client.get(f"/odata{url}{'&' if '?' in url else '?'}key={token}")
            assert secret[:32] not in re.sub(r'"@odata.nextLink":"[^"]*"', "", answer.text), url
            assert secret[:32] not in str(answer.headers), url
        opened = await there.client.get("/odata/calls", params={"key": token, "$top": "1"})
        assert secret not in opened.text
    told_of = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]  # the client's
    assert secret[:32] not in "".join(record.getMessage() for record in told_of)
    assert secret[:32] not in "".join(map(line, events))


async def test_calls_of_any_shape_are_told() -> None:
    """Those of ``tests/graph/calls``, one of which is like nothing that Vapi says today."""
    async with running() as there:
        found = await asked(there.client, "calls?$select=id,type,status,cost")
    assert {row["id"] for row in found} == {*CALLS}
