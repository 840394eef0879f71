"""Metadata: what a service has, as the two documents by which clients find their way.

The metadata document is CSDL in XML (OData CSDL XML 4.0): an entity type for each table with a property for each
column, described as in every other door, and what can be asked of it. The service document lists the entity sets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from gateway.domain.attributes import Attribute
from gateway.domain.tabular import FlatTable
from gateway.web.odata.edm import PRECISION, Edm, is_list, type_of
from gateway.web.odata.filters import FUNCTIONS

NAMESPACE: Final = "gateway"
CONTAINER: Final = "tables"

_EDMX: Final = "http://docs.oasis-open.org/odata/ns/edmx"
_EDM: Final = "http://docs.oasis-open.org/odata/ns/edm"
_VOCABULARIES: Final = "https://oasis-tcs.github.io/odata-vocabularies/vocabularies"
_CORE: Final = "Org.OData.Core.V1"
_CAPABILITIES: Final = "Org.OData.Capabilities.V1"

_REFUSED: Final[Mapping[str, str]] = {
    "ExpandRestrictions": "Expandable",
    "SearchRestrictions": "Searchable",
    "InsertRestrictions": "Insertable",
    "UpdateRestrictions": "Updatable",
    "DeleteRestrictions": "Deletable",
}
"""What no entity set can do: the term of the vocabulary, and the property of its record that says so."""
_UNSUPPORTED: Final = ("BatchSupported", "AsynchronousRequestsSupported", "CrossJoinSupported")
"""What the service as a whole cannot do."""

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that cannot stand in XML, not even escaped."""


def metadata(tables: Mapping[str, FlatTable]) -> bytes:
    """The metadata document of these tables."""
    root = Element("edmx:Edmx", {"xmlns:edmx": _EDMX, "Version": "4.0"})
    for vocabulary in (_CORE, _CAPABILITIES):
        reference = SubElement(root, "edmx:Reference", Uri=f"{_VOCABULARIES}/{vocabulary}.xml")
        SubElement(reference, "edmx:Include", Namespace=vocabulary)
    schema = SubElement(SubElement(root, "edmx:DataServices"), "Schema", {"xmlns": _EDM, "Namespace": NAMESPACE})
    schema.extend(map(_entity_type, tables.values()))
    schema.append(_container(tables.values()))
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def service(tables: Mapping[str, FlatTable], context_url: str) -> dict[str, Any]:
    """The service document; ``context_url`` leads to the metadata document."""
    sets = [{"name": name, "kind": "EntitySet", "url": name} for name in tables]
    return {"@odata.context": context_url, "value": sets}


def _entity_type(table: FlatTable) -> Element:
    found = Element("EntityType", Name=table.name)
    key = SubElement(found, "Key")
    for name in table.key:
        SubElement(key, "PropertyRef", Name=name)
    found.extend(_property(column, is_key=name in table.key) for name, column in table.columns.items())
    found.append(_described(table.doc))
    return found


def _property(column: Attribute, *, is_key: bool) -> Element:
    of = type_of(column)
    found = Element("Property", Name=column.flat, Type=of.value)
    if is_key:
        found.set("Nullable", "false")
    if of is Edm.DATETIME_OFFSET:
        found.set("Precision", str(PRECISION))
    found.append(_described(f"{column.description} A list, in JSON." if is_list(column) else column.description))
    return found


def _container(tables: Iterable[FlatTable]) -> Element:
    found = Element("EntityContainer", Name=CONTAINER)
    for table in tables:
        entity_set = SubElement(found, "EntitySet", Name=table.name, EntityType=f"{NAMESPACE}.{table.name}")
        entity_set.extend(_capabilities(table))
    found.extend(_annotation(f"{_CAPABILITIES}.{term}", Bool="false") for term in _UNSUPPORTED)
    found.append(_texts("FilterFunctions", FUNCTIONS))
    found.append(_texts("SupportedFormats", ("application/json",)))
    return found


def _capabilities(table: FlatTable) -> Iterable[Element]:
    """What can be asked of an entity set; nothing else is offered but what is the rule."""
    lists = [name for name, column in table.columns.items() if is_list(column)]
    yield _restrictions("FilterRestrictions", "Filterable", "true", "NonFilterableProperties", lists)
    if table.of_documents:
        yield _restrictions("SortRestrictions", "Sortable", "false")
        yield _restrictions("CountRestrictions", "Countable", "false")
    else:
        yield _restrictions("SortRestrictions", "Sortable", "true", "NonSortableProperties", lists)
    for term, offered in _REFUSED.items():
        yield _restrictions(term, offered, "false")


def _restrictions(term: str, offered: str, value: str, except_for: str = "", paths: Sequence[str] = ()) -> Element:
    found = _annotation(f"{_CAPABILITIES}.{term}")
    record = SubElement(found, "Record")
    SubElement(record, "PropertyValue", Property=offered, Bool=value)
    if paths:
        collection = SubElement(SubElement(record, "PropertyValue", Property=except_for), "Collection")
        for path in paths:
            SubElement(collection, "PropertyPath").text = path
    return found


def _texts(term: str, texts: Iterable[str]) -> Element:
    found = _annotation(f"{_CAPABILITIES}.{term}")
    collection = SubElement(found, "Collection")
    for text in texts:
        SubElement(collection, "String").text = text
    return found


def _described(text: str) -> Element:
    return _annotation(f"{_CORE}.Description", String=_NO_XML.sub("\ufffd", text))


def _annotation(term: str, **value: str) -> Element:
    return Element("Annotation", {"Term": term, **value})
