"""GraphiQL: a page that browsers get where it is on, and that asks nobody but this server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from gateway.web.graphiql import ASSETS, FILES, POLICY
from tests.graph.asking import gateway

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LINKS = {
    "http://www.w3.org/",
    "https://codemirror.net/5/doc/manual.html",
    "https://commonmark.org/",
    "https://en.wikipedia.org/wiki/IEEE_floating_point",
    "https://github.com/graphql/graphiql",
    "https://reactjs.org/docs/error-decoder.html",
    "https://yarnpkg.com/en/docs/selective-version-resolutions",
}
"""Names of XML's languages, and addresses in texts for people; the page's policy lets none of them be loaded."""


@pytest.fixture(scope="module")
async def there(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway where it is on, and where nobody is let in without a credential."""
    async with gateway(graphiql=True, allow_anonymous=False) as client:
        yield client


class Addresses(HTMLParser):
    """What a page loads, and whether it holds a script or a style itself."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.loaded += [value for name in ("src", "href") if (value := found.get(name))]
        if tag == "style" or (tag == "script" and "src" not in found) or any(name.startswith("on") for name in found):
            self.inline.append(tag)


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_browser_gets_the_page_before_anybody_asks_who_it_is(there: httpx.AsyncClient, method: str) -> None:
    answer = await there.request(method, "/graphql", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Accept"


@pytest.mark.anyio
async def test_every_address_that_the_page_loads_is_our_own_and_there(there: httpx.AsyncClient) -> None:
    page = Addresses()
    page.feed((await there.get("/graphql", headers=BROWSER)).text)
    assert page.inline == []
    loaded = [address for address in page.loaded if address != "data:,"]
    assert len(loaded) == 2
    for address in loaded:
        absolute = urljoin("http://gateway/graphql", address)
        assert urlsplit(absolute).netloc == "gateway"
        assert (await there.get(absolute)).status_code == 200


def test_the_style_sheet_loads_nothing() -> None:
    loaded = re.findall(
        r"(?:@import|url\()\s*[\"']?([^\"')]{0,12})", (ASSETS / "graphiql.css").read_text(encoding="utf-8")
    )
    assert loaded
    assert all(address.startswith(("data:image/", "#")) for address in loaded)


def test_the_script_names_no_address_but_those_of_links_and_languages() -> None:
    text = (ASSETS / "graphiql.js").read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[\w.-]+\.\w+[\w./-]*", text))
    assert {address for address in addresses if not address.startswith(tuple(LINKS))} == set()
    assert re.findall(r"\b(?:importScripts|import)\(", text) == []


def test_the_policy_lets_the_page_load_and_ask_this_server_only() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'none'"
    assert set(" ".join(rules.values()).split()) == {"'none'", "'self'", "data:"}
    assert [name for name, value in rules.items() if "data:" in value] == ["img-src"]


@pytest.mark.anyio
@pytest.mark.parametrize("name", FILES)
async def test_a_browser_that_has_a_file_is_not_sent_it_again(there: httpx.AsyncClient, name: str) -> None:
    first = await there.get(f"/graphiql/{name}")
    again = await there.get(f"/graphiql/{name}", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, first.content) == (200, (ASSETS / name).read_bytes())
    assert (again.status_code, again.content) == (304, b"")
    assert first.headers["cache-control"] == again.headers["cache-control"] == "no-cache"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "path", ["page.html", "__init__.py", "", "../__init__.py", "%2e%2e/__init__.py", "graphiql.js/", "GRAPHIQL.JS"]
)
async def test_nothing_else_is_answered_there(there: httpx.AsyncClient, path: str) -> None:
    answer = await there.get(f"/graphiql/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "headers",
    [{"Accept": "*/*"}, {"Accept": "application/json"}, {}, {"Accept": "text/html, application/json"}],
)
async def test_whoever_wants_data_is_asked_who_it_is(there: httpx.AsyncClient, headers: dict[str, str]) -> None:
    assert (await there.get("/graphql?query={__typename}", headers=headers)).status_code == 401
    assert (await there.post("/graphql", json={"query": "{__typename}"}, headers=BROWSER)).status_code == 401


@pytest.mark.anyio
async def test_it_is_off_by_default(client: httpx.AsyncClient) -> None:
    answer = await client.get("/graphql?query={__typename}", headers=BROWSER)
    assert answer.headers["content-type"].startswith("application/json")
    for name in FILES:
        assert (await client.get(f"/graphiql/{name}")).status_code == 404


def test_the_licences_of_what_is_in_it_are_beside_it() -> None:
    text = (ASSETS / "LICENSES.txt").read_text(encoding="utf-8")
    for name in ("graphiql", "@graphiql/react", "react", "react-dom", "graphql", "codemirror", "markdown-it"):
        assert re.search(rf"^{re.escape(name)} [\d.]+: MIT$", text, re.MULTILINE), name
