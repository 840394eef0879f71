"""What a page of another origin makes a browser send is refused, unless CORS allows it."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers

from gateway.web.middleware.cross_origin import is_allowed, is_own
from tests.graph.asking import gateway

QUERY = {"query": "{ __typename }"}
ALLOWED = "https://app.example.com"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({}, True),
        ({"host": "gateway"}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": ALLOWED}, True),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, False),
        ({"sec-fetch-site": "same-site", "origin": "https://evil.example", "host": "gateway"}, False),
        ({"origin": "https://evil.example", "host": "gateway"}, False),
        ({"origin": "null", "host": "gateway"}, False),
        ({"origin": "", "host": ""}, False),
        ({"origin": "https://gateway", "host": "gateway"}, True),
        ({"origin": f"{ALLOWED}.evil.example", "host": "gateway"}, False),
        ({"origin": f"{ALLOWED}:8443", "host": "gateway"}, False),
    ],
)
def test_the_rules_hold_in_their_order(headers: dict[str, str], taken: bool) -> None:  # noqa: FBT001  # of the table
    assert is_allowed(Headers(headers), ALLOWED.__eq__) is taken


@pytest.mark.parametrize(
    ("origin", "host", "own"),
    [
        ("http://localhost:8000", "localhost:8000", True),
        ("https://calls.example.com", "calls.example.com", True),
        ("https://calls.example.com", "CALLS.example.com:443", True),
        ("http://calls.example.com", "calls.example.com:80", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://localhost:3000", "localhost:8000", False),
        ("https://calls.example.com", "calls.example.com:80", False),
        ("https://calls.example.com", "example.com", False),
        ("null", "null", False),
        ("file://", "", False),
        ("https://calls.example.com:port", "calls.example.com", False),
    ],
)
def test_an_origin_is_our_own_by_its_name_and_its_port(origin: str, host: str, own: bool) -> None:  # noqa: FBT001  # the same
    assert is_own(origin, host) is own


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_a_query_for_a_page_of_another_origin_is_refused_in_json_before_it_is_read(
    client: httpx.AsyncClient, method: str, headers: dict[str, str]
) -> None:
    answer = await client.request(method, "/graphql", params={"query": "{"}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/json")
    assert answer.json()["errors"][0]["extensions"] == {"code": "CROSS_ORIGIN"}


@pytest.mark.anyio
@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=a"]
)
async def test_what_a_form_can_send_is_no_query_even_where_a_browser_says_nothing(
    client: httpx.AsyncClient, content_type: str
) -> None:
    content = b'{"query": "{ __typename }"}'
    answer = await client.post("/graphql", content=content, headers={"content-type": content_type})
    assert answer.status_code == 415


@pytest.mark.anyio
@pytest.mark.parametrize("origins", [(ALLOWED,), ("*",)])
async def test_a_page_that_cors_allows_is_answered(origins: tuple[str, ...]) -> None:
    async with gateway(cors_origins=origins) as there:
        headers = {"Origin": ALLOWED, "Sec-Fetch-Site": "cross-site"}
        answer = await there.post("/graphql", json=QUERY, headers=headers)
    assert answer.json()["data"] == {"__typename": "Query"}
    assert answer.headers["access-control-allow-origin"] in (ALLOWED, "*")


@pytest.mark.anyio
async def test_a_link_from_another_site_leads_to_a_page_and_to_nothing_else() -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    async with gateway(graphiql=True) as there:
        page = await there.get("/graphql", headers={**headers, "Accept": "text/html"})
        framed = await there.get("/graphql", headers={**headers, "Sec-Fetch-Dest": "iframe"})
        posted = await there.post("/graphql", headers=headers)
    async with gateway() as there:
        none = await there.get("/graphql", headers=headers)
    assert [answer.status_code for answer in (page, framed, posted, none)] == [200, 403, 403, 403]
