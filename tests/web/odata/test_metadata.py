"""The metadata describe every table to software that others wrote."""

from __future__ import annotations

from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from odatapy.edm import Edm as Model
from odatapy.edm import FullQualifiedName
from odatapy.edm.xml_io import XmlEdmProvider

from gateway.web.odata.edm import type_of
from gateway.web.odata.metadata import CONTAINER, NAMESPACE, metadata, service
from tests.web.odata.tables import TABLE, TABLES

NAMES: Final = ("calls", "customers", "costs", "messages", "structured_outputs")
DOCUMENT: Final = metadata(TABLES)
MODEL: Final = Model(XmlEdmProvider(DOCUMENT))
EDM: Final = "{http://docs.oasis-open.org/odata/ns/edm}"


def element(path: str, document: bytes = DOCUMENT) -> Any:
    """The element at a path of CSDL."""
    return ET.fromstring(document).find(f".//{path.replace('/', f'/{EDM}').replace('!', EDM)}")  # noqa: S314  # our own


def terms(of: Any) -> dict[str, Any]:
    """The annotations of an element by their terms."""
    return {each.get("Term"): each for each in of.findall(f"{EDM}Annotation")}


def test_an_entity_set_for_each_table_leads_to_its_type() -> None:
    assert set(NAMES) == {*TABLES}
    sets = {name: MODEL.get_entity_set(name) for name in NAMES}
    assert {name: found and found.entity_type.name for name, found in sets.items()} == {name: name for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_type_has_the_columns_and_the_key_of_its_table(name: str) -> None:
    table = TABLES[name]
    found = MODEL.get_entity_type(FullQualifiedName(NAMESPACE, name))
    assert found is not None
    assert found.key_predicate_names == [*table.key]
    assert found.property_names == [*table.columns]
    properties = [found.get_structural_property(name) for name in table.columns]
    assert [each and each.type_fqn for each in properties] == [type_of(a).value for a in table.columns.values()]
    assert {each.name for each in properties if each and not each.nullable} == {*table.key}


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_described_as_in_the_other_doors(name: str) -> None:
    table = TABLES[name]
    described = terms(element(f"!EntityType[@Name='{name}']"))["Org.OData.Core.V1.Description"]
    assert described.get("String") == table.doc
    for flat, column in table.columns.items():
        found = element(f"!EntityType[@Name='{name}']/Property[@Name='{flat}']")
        told = terms(found)["Org.OData.Core.V1.Description"].get("String")
        assert told.startswith(column.description.replace("\x01", "\ufffd"))


def test_moments_have_microseconds() -> None:
    assert element("!EntityType[@Name='calls']/Property[@Name='created_at']").get("Precision") == "6"


def test_what_cannot_be_asked_is_said() -> None:
    document = metadata({"things": TABLE})
    found = terms(element("!EntitySet[@Name='things']", document))
    told = {
        (value.get("Property"), value.get("Bool") or "".join(value.itertext()))
        for each in found.values()
        for value in each.iter(f"{EDM}PropertyValue")
    }
    assert told == {
        ("Filterable", "true"),
        ("NonFilterableProperties", "tags"),
        ("Sortable", "true"),
        ("NonSortableProperties", "tags"),
        ("Expandable", "false"),
        ("Searchable", "false"),
        ("Insertable", "false"),
        ("Updatable", "false"),
        ("Deletable", "false"),
    }
    container = terms(element(f"!EntityContainer[@Name='{CONTAINER}']", document))
    functions = container["Org.OData.Capabilities.V1.FilterFunctions"]
    assert [each.text for each in functions.iter(f"{EDM}String")] == ["contains", "startswith", "year", "date"]
    assert container["Org.OData.Capabilities.V1.BatchSupported"].get("Bool") == "false"


def test_the_service_document_lists_the_entity_sets() -> None:
    told = service(TABLES, "http://here/odata/$metadata")
    assert told["@odata.context"] == "http://here/odata/$metadata"
    assert told["value"] == [{"name": name, "kind": "EntitySet", "url": name} for name in TABLES]


@pytest.mark.parametrize(("table", "can"), [("messages", "false"), ("structured_outputs", "false"), ("calls", "true")])
def test_what_is_read_from_documents_says_that_it_has_an_order_of_its_own(table: str, can: str) -> None:
    found = terms(element(f"!EntitySet[@Name='{table}']"))
    told = {
        value.get("Property"): value.get("Bool")
        for each in found.values()
        for value in each.iter(f"{EDM}PropertyValue")
    }
    assert told["Sortable"] == told.get("Countable", "true") == can
