"""The documentation says what is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from gateway import app, errors
from gateway.domain import catalog as catalogs
from gateway.domain.customer import Places
from gateway.graph import faults
from gateway.settings import Settings
from tests.docs import attributes
from tests.docs.reading import PAGES, ROOT, blocks, page, under

DEMO = ROOT / "gateway" / "cli" / "demo.toml"


def team() -> Settings:
    """The settings of the demo, whose fields the examples use."""
    return Settings(**tomllib.loads(DEMO.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("name", "query"), blocks("graphql"))
def test_every_query_on_a_page_fits_the_schema(name: str, query: str) -> None:
    schema = build_schema(app.schema_of(app.catalog_of(team())).as_str())
    assert validate(schema, parse(query)) == [], name


@pytest.mark.parametrize(("name", "text"), blocks("toml"))
def test_every_settings_file_on_a_page_can_be_used(name: str, text: str) -> None:
    assert app.catalog_of(Settings(**tomllib.loads(text))).customer.attributes, name


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_has_one_command_under_each_heading(heading: str) -> None:
    (block,) = under(heading)
    assert len(block.strip().splitlines()) == 1


def test_every_setting_is_explained() -> None:
    text = page("settings.md")
    missing = [
        name for name in Settings.model_fields if f"GATEWAY_{name.upper()}" not in text and f"[{name}" not in text
    ]
    assert missing == []


def test_no_setting_is_explained_that_does_not_exist() -> None:
    named = {name for path in PAGES for name in re.findall(r"\bGATEWAY_([A-Z_]+)\b", path.read_text(encoding="utf-8"))}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_error_code_is_explained() -> None:
    text = page("errors.md")
    codes = {error.code for error in leaves(errors.GatewayError)}
    codes |= {faults.PARSE_FAILED, faults.VALIDATION_FAILED, faults.INTERNAL}
    assert {code for code in codes if f"`{code}`" not in text} == set()


def leaves(error: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
    """The errors below one that have none below themselves."""
    below = error.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [error]


def test_the_places_of_a_customer_are_the_ones_that_are_tried() -> None:
    listed = page("customers.md").partition("<!-- places -->")[2].partition("<!-- /places -->")[0]
    assert tuple(re.findall(r"`(.+)`", listed)) == (*Places().metadata, *Places().variables)


def test_the_table_of_attributes_is_what_the_declarations_say(pytestconfig: pytest.Config) -> None:
    path = ROOT / "docs" / "attributes.md"
    said = attributes.rendered(catalogs.build())
    if pytestconfig.getoption("--write-golden"):
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said


def test_every_link_between_pages_leads_somewhere() -> None:
    for path in PAGES:
        for target, _, anchor in re.findall(r"\]\((?!http)([^)#\s]*)(#([^)\s]*))?\)", path.read_text(encoding="utf-8")):
            leads_to = (path.parent / target) if target else path
            assert leads_to.exists(), f"{path.name}: {target}"
            assert not anchor or anchor in anchors(leads_to), f"{path.name}: #{anchor}"


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
