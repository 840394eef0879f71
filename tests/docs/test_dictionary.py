"""What docs/dictionary.md and docs/odata.md say of the flat tables is so."""

from __future__ import annotations

import re
from typing import Final

import pytest

from gateway.domain import catalog
from gateway.domain.tabular import flat_tables
from gateway.web.odata.filters import FUNCTIONS
from gateway.web.odata.options import OFFERED, REFUSED
from tests.docs import dictionary
from tests.docs.reading import ROOT, marked, page, rows
from tests.graph.asking import gateway

PAGE: Final = "odata.md"


def test_the_dictionary_is_what_the_declarations_say(pytestconfig: pytest.Config) -> None:
    path = ROOT / "docs" / "dictionary.md"
    said = dictionary.rendered(catalog.build())
    if pytestconfig.getoption("--write-golden"):
        path.write_text(said, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == said


def test_every_column_says_what_it_is() -> None:
    for table in flat_tables(catalog.build()).values():
        assert [column.flat for column in table.columns.values() if not column.doc.strip()] == []


def test_the_options_of_odata_are_the_ones_that_are_offered() -> None:
    told = [cell for row in rows(marked(PAGE, "options")) for cell in re.findall(r"`(\$\w+)`", row[0])]
    assert sorted(told) == sorted(OFFERED)


def test_the_options_that_are_refused_are_named() -> None:
    assert {*re.findall(r"`(\$\w+)`", marked(PAGE, "refused"))} >= {*REFUSED}


def test_the_functions_of_filters_are_the_ones_that_are_offered() -> None:
    told = [re.match(r"`(\w+)\(", row[0]) for row in rows(marked(PAGE, "filters"))]
    assert sorted(found[1] for found in told if found) == sorted(FUNCTIONS)


@pytest.mark.anyio
async def test_every_request_of_the_page_is_answered() -> None:
    asked = re.findall(r"^GET (/odata\S*(?: [^\n]+)?)$", page(PAGE), re.MULTILINE)
    assert len(asked) > 5
    async with gateway() as client:
        for url in asked:
            answer = await client.get(url)
            assert answer.status_code == 200, f"{url}: {answer.text}"


@pytest.mark.anyio
async def test_every_condition_of_the_page_can_be_asked() -> None:
    conditions = [found for row in rows(marked(PAGE, "filters")) for found in re.findall(r"`([^`]+)`", row[1])]
    assert len(conditions) > 8
    async with gateway() as client:
        for condition in conditions:
            answer = await client.get("/odata/calls", params={"$filter": condition, "$select": "id"})
            assert answer.status_code == 200, f"{condition}: {answer.text}"
