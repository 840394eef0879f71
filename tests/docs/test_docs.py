"""The documentation says what is so."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest
from graphql import GraphQLEnumType, GraphQLSchema, build_schema, parse, validate
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gateway import app, errors
from gateway.cli.main import main
from gateway.domain import catalog as catalogs
from gateway.domain import words
from gateway.domain.attributes import Use
from gateway.domain.customer import Places
from gateway.domain.enums import FreshnessSource, FreshnessState
from gateway.domain.filters import Comparator
from gateway.graph import faults, inputs, orders, predicates
from gateway.settings import BearerSettings, CallSettings, CustomerSettings, HmacSettings, Settings
from gateway.store import searching, storable
from tests.docs import attributes
from tests.docs.reading import PAGES, ROOT, blocks, commands, marked, page, rows, under
from tests.graph.asking import ask, gateway

DEMO: Final = ROOT / "gateway" / "cli" / "demo.toml"
VARIABLES: Final = {"key": "id:user_123"}
UNITS: Final = {"": 1, " s": 1, " min": 60, " h": 3600, " days": 1}


def team() -> Settings:
    """The settings of the demo, whose fields the examples use."""
    return Settings(**tomllib.loads(DEMO.read_text(encoding="utf-8")))


def schema() -> GraphQLSchema:
    """The schema of these settings."""
    return build_schema(app.schema_of(app.catalog_of(team())).as_str())


@pytest.mark.parametrize(("name", "query"), blocks("graphql"))
def test_every_query_on_a_page_fits_the_schema(name: str, query: str) -> None:
    assert validate(schema(), parse(query)) == [], name


@pytest.mark.anyio
async def test_every_query_on_a_page_is_answered_without_an_error() -> None:
    """Those of a team whose calls say `plan` and `booked`, as the demo's do."""
    async with gateway() as client:
        for name, query in blocks("graphql"):
            asked = {key: value for key, value in VARIABLES.items() if f"${key}" in query}
            answer = await ask(client, query, **asked)
            assert answer.get("errors") is None, f"{name}: {query}"


@pytest.mark.anyio
async def test_a_list_beyond_coverage_says_so_as_the_page_shows() -> None:
    ((_, block),) = [found for found in blocks("json") if found[0] == "mirror.md"]
    shown = json.loads(block)["extensions"]["coverage"][0]
    async with gateway(filled=False) as client:
        (told,) = (await ask(client, "{ calls { nodes { id } } }"))["extensions"]["coverage"]
    assert (told.keys(), told["path"], told["message"]) == (shown.keys(), shown["path"], shown["message"])


@pytest.mark.parametrize(("name", "text"), blocks("toml"))
def test_every_settings_file_on_a_page_can_be_used(name: str, text: str) -> None:
    assert app.catalog_of(Settings(**tomllib.loads(text))).customer.attributes, name


@pytest.mark.parametrize("heading", ["Run it", "Test it"])
def test_the_readme_has_one_command_under_each_heading(heading: str) -> None:
    (block,) = under(heading)
    assert len(block.strip().splitlines()) == 1


def test_every_command_on_a_page_exists_with_its_options() -> None:
    found = [(name, said) for name, said in commands("gateway") if said]
    assert {said[0] for _, said in found} >= {"serve", "backfill", "erase", "webhooks", "settings"}
    for name, said in found:
        assert missing_from(main, said) == [], f"{name}: gateway {' '.join(said)}"


def missing_from(command: click.Command, said: list[str]) -> list[str]:
    """The subcommands and options among some words that a command does not have."""
    context = click.Context(command)
    known = {option for each in command.get_params(context) for option in each.opts}
    for at, word in enumerate(said):
        if word.startswith("-"):
            if word.partition("=")[0] not in known:
                return [word]
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            return [word] if inner is None else missing_from(inner, said[at + 1 :])
    return []


def test_every_command_of_the_gateway_is_on_a_page() -> None:
    told = {tuple(said[:1]) for _, said in commands("gateway") if said}
    told |= {tuple(said[:2]) for _, said in commands("gateway")}
    assert {path for path in every_command(main) if path not in told} == set()


def every_command(command: click.Command, *above: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command that is no group."""
    if not isinstance(command, click.Group):
        yield above
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        if inner is not None:
            yield from every_command(inner, *above, name)


def test_every_module_that_a_page_runs_is_there() -> None:
    named = [said[1] for _, said in commands("python") if said[:1] == ["-m"]]
    assert len(named) > 3
    assert [module for module in named if importlib.util.find_spec(module) is None] == []


def test_every_file_that_the_architecture_names_is_there() -> None:
    named = re.findall(r"`((?:domain|graph|services|store|cache|upstream|web)/\w+\.py)`", page("architecture.md"))
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "gateway" / name).exists()] == []


def test_every_setting_is_explained() -> None:
    text = page("settings.md")
    missing = [
        name for name in Settings.model_fields if f"GATEWAY_{name.upper()}" not in text and f"[{name}" not in text
    ]
    assert missing == []


@pytest.mark.parametrize("table", [BearerSettings, HmacSettings, CallSettings, CustomerSettings])
def test_every_setting_inside_a_table_is_explained(table: type[BaseModel]) -> None:
    text = page("settings.md") + page("webhooks.md")
    assert [name for name in table.model_fields if not re.search(rf"\b{name}\b", text)] == []


def test_no_setting_is_explained_that_does_not_exist() -> None:
    named = {name for path in PAGES for name in re.findall(r"\bGATEWAY_([A-Z_]+)\b", path.read_text(encoding="utf-8"))}
    assert {name.lower() for name in named} <= set(Settings.model_fields)


def test_every_default_that_stands_behind_a_setting_is_its_default() -> None:
    """As in “`GATEWAY_POLL_SECONDS` (10 s)”."""
    pattern = re.compile(r"`GATEWAY_([A-Z_]+)` \(([\d.]+)( s| min| h| days|)\)")
    told = [found for path in PAGES for found in pattern.findall(path.read_text(encoding="utf-8"))]
    assert len(told) > 10
    for name, number, unit in told:
        assert float(number) * UNITS[unit] == default(name), name


def default(name: str) -> Any:
    """The default of a setting, by its variable without the prefix."""
    field: FieldInfo = Settings.model_fields[name.lower()]
    return field.default


def test_every_error_code_is_explained() -> None:
    text = page("errors.md")
    codes = {error.code for error in leaves(errors.GatewayError)}
    codes |= {faults.PARSE_FAILED, faults.VALIDATION_FAILED, faults.INTERNAL}
    assert {code for code in codes if f"`{code}`" not in text} == set()


def leaves(error: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
    """The errors below one that have none below themselves."""
    below = error.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [error]


def test_every_state_and_source_of_freshness_is_explained() -> None:
    told = {cell for row in rows(page("freshness.md")) for cell in re.findall(r"`([A-Z_]+)`", row[0])}
    known = {member.name for of in (FreshnessState, FreshnessSource) for member in of}
    assert told >= known - {"UNKNOWN"}


def test_every_comparator_is_explained() -> None:
    told = [cell for row in rows(marked("lists.md", "comparators")) for cell in re.findall(r"`(\w+)`", row[0])]
    assert sorted(told) == sorted(comparator.value for comparator in Comparator)


def test_the_comparators_of_each_type_are_the_ones_that_the_schema_has() -> None:
    told = {row[0].strip("`"): re.findall(r"`(\w+)`", row[1]) for row in rows(marked("lists.md", "kinds"))}
    assert told == {kind.value: [c.value for c in of] for kind, of in inputs.COMPARATORS.items()}


def test_the_limits_of_lists_are_the_ones_that_hold() -> None:
    told = [row[1] for row in rows(marked("lists.md", "limits"))]
    numbers = [int(re.findall(r"[\d,]+", re.sub(r"`.*?` ", "", cell))[0].replace(",", "")) for cell in told]
    assert numbers == [
        Settings.model_fields["page_size_limit"].default,
        predicates.MOST_CONDITIONS,
        predicates.DEEPEST,
        predicates.MOST_OPERANDS,
        predicates.LONGEST_TEXT,
        orders.MOST,
        100,  # said by the argument's own description in the schema, too
        words.LONGEST,
        searching.MOST,
        storable.LONGEST_INDEXED,
    ]


def test_every_field_of_the_mirror_is_explained() -> None:
    made, text = schema(), page("mirror.md")
    types = [made.type_map[name] for name in ("Mirror", "Coverage", "Backfill", "Audit")]
    assert [name for of in types for name in getattr(of, "fields", {}) if not re.search(rf"\b{name}\b", text)] == []


def test_every_figure_of_a_customer_is_explained() -> None:
    catalog, text = catalogs.build(), page("customers.md")
    own = {attribute.name for attribute in catalog.customer.attributes}
    assert [a.name for a in catalog.customers.attributes if a.name not in own and f"`{a.name}`" not in text] == []


def test_what_can_be_sorted_by_is_what_the_table_of_attributes_says() -> None:
    catalog = catalogs.build()
    made = build_schema(app.schema_of(catalog).as_str()).type_map["CallOrderAttribute"]
    assert isinstance(made, GraphQLEnumType)
    assert {a.flat.upper() for a in catalog.columns() if Use.SORT in a.use} == set(made.values)


def test_the_places_of_a_customer_are_the_ones_that_are_tried() -> None:
    assert tuple(re.findall(r"`(.+)`", marked("customers.md", "places"))) == (
        *Places().metadata,
        *Places().variables,
    )


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


def test_every_page_is_linked_from_another() -> None:
    linked = {
        Path(target).name for path in PAGES for target in re.findall(r"\]\(([^)#\s]+\.md)", path.read_text("utf-8"))
    }
    assert {path.name for path in PAGES} - linked == {"README.md"}


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
