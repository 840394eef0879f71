"""A page of an entity set is JSON, in which values have the spelling that OData gives them."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import orjson
import pytest
from odatapy.client.serialization import read_entity_collection
from odatapy.edm import Edm as Model
from odatapy.edm.xml_io import XmlEdmProvider

from gateway.web.odata.formats import Control, Format
from gateway.web.odata.metadata import metadata
from gateway.web.odata.payload import context_url, page
from tests.web.odata.tables import COLUMNS, ROW, TABLE

CONTEXT: Final = "http://here/odata/$metadata#things"
ALL: Final = tuple(COLUMNS)


def told(select: tuple[str, ...], *rows: tuple[Any, ...], **more: Any) -> Any:
    """A page, read again."""
    return orjson.loads(page(TABLE, select, rows, context=CONTEXT, **more))


def test_a_page_has_its_context_and_its_rows() -> None:
    assert told(("id", "number"), ("a", 1), ("b", None)) == {
        "@odata.context": CONTEXT,
        "value": [{"id": "a", "number": 1}, {"id": "b", "number": None}],
    }


def test_a_page_can_have_a_count_and_a_next_page() -> None:
    found = told(("id",), count=2**53 + 1, next_link="http://here/odata/things?$skiptoken=x")
    assert found["@odata.count"] == 2**53 + 1
    assert found["@odata.nextLink"] == "http://here/odata/things?$skiptoken=x"
    assert found["value"] == []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), "2026-01-01T00:00:00Z"),
        (dt.datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=dt.UTC), "2026-01-01T00:00:00.123456Z"),
        (dt.datetime(2026, 1, 1, 0, 0, 0, 120_000, tzinfo=dt.UTC), "2026-01-01T00:00:00.120000Z"),
    ],
)
def test_moments_are_in_utc_and_say_so(moment: dt.datetime, expected: str) -> None:
    assert told(("moment",), (moment,))["value"] == [{"moment": expected}]


def test_lists_are_texts_in_json() -> None:
    found = told(("tags",), (("a", 'é"'),), ((),), (None,))["value"]
    assert [row["tags"] for row in found] == ['["a","é\\""]', "[]", None]


def test_whole_numbers_are_texts_for_those_who_read_numbers_as_doubles() -> None:
    found = told(("number", "share"), (2**63 - 1, 0.5), (None, None), format=Format(texts_for_int64=True), count=2)
    assert found["value"] == [{"number": "9223372036854775807", "share": 0.5}, {"number": None, "share": None}]
    assert found["@odata.count"] == "2"


def test_without_control_information_the_count_and_the_next_page_stay() -> None:
    found = told(("id",), ("a",), format=Format(Control.NONE), count=1, next_link="x")
    assert {*found} == {"@odata.count", "value", "@odata.nextLink"}


def test_the_context_names_the_columns_where_they_are_not_all() -> None:
    assert context_url("http://here/odata/$metadata", TABLE, ALL) == "http://here/odata/$metadata#things"
    assert context_url("x/$metadata", TABLE, ("number", "id")) == "x/$metadata#things(number,id)"


def test_a_row_of_other_columns_than_those_selected_is_no_page() -> None:
    with pytest.raises(ValueError, match="zip"):
        told(("id",), ("a", 1))


def test_the_client_of_others_reads_what_was_written() -> None:
    model = Model(XmlEdmProvider(metadata({"things": TABLE})))
    entity_set = model.get_entity_set("things")
    assert entity_set is not None
    found = read_entity_collection(
        page(TABLE, ALL, [tuple(ROW.values())], context=CONTEXT, count=1), model, entity_set.entity_type
    )
    assert found.count == 1
    assert {name: found.entities[0].get_value(name) for name in ALL} == {**ROW, "tags": '["a","b"]'}
