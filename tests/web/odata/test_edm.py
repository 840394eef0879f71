"""Each kind of value has a type of OData's."""

from __future__ import annotations

import pytest

from gateway.domain.attributes import Kind
from gateway.errors import BadUserInput
from gateway.web.odata.edm import Edm, column_of, is_list, type_of
from tests.web.odata.tables import COLUMNS, TABLES


def test_each_kind_has_its_type() -> None:
    assert {column.kind: type_of(column) for column in COLUMNS.values()} == {
        Kind.ID: Edm.STRING,
        Kind.STRING: Edm.STRING,
        Kind.ENUM: Edm.STRING,
        Kind.JSON: Edm.STRING,
        Kind.STRINGS: Edm.STRING,
        Kind.INT: Edm.INT64,
        Kind.FLOAT: Edm.DOUBLE,
        Kind.BOOLEAN: Edm.BOOLEAN,
        Kind.DATETIME: Edm.DATETIME_OFFSET,
    }


def test_every_column_of_every_table_has_a_type() -> None:
    columns = [column for table in TABLES.values() for column in table.columns.values()]
    assert all(type_of(column) in Edm for column in columns)


def test_lists_are_told_apart() -> None:
    assert [name for name, column in COLUMNS.items() if is_list(column)] == ["tags"]


def test_a_column_that_is_none_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(BadUserInput, match=r"“\$select” cannot be 'nope': the columns are id, word, nullable, result"):
        column_of(COLUMNS, "nope", "$select")
