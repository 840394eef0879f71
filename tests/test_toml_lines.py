"""A key of a TOML file is found on the line that brings it."""

from __future__ import annotations

from gateway.toml_lines import line_of

TEXT = """\
port = 1
[customer]
metadata = [
    "a",
]
[[customer.attributes]]
name = "one"
[[customer.attributes]]
name = "two"
description = '''
name = "not this"
'''
type = "String"
"""


def test_a_key_is_on_its_line() -> None:
    assert line_of(TEXT, ("port",)) == 1


def test_a_key_of_a_repeated_table_is_in_its_own_repetition() -> None:
    assert line_of(TEXT, ("customer", "attributes", 1, "name")) == 9
    assert line_of(TEXT, ("customer", "attributes", 1, "type")) == 13


def test_a_key_that_is_missing_is_where_its_table_begins() -> None:
    assert line_of(TEXT, ("customer", "attributes", 0, "type")) == 6


def test_an_element_is_where_its_list_ends() -> None:
    assert line_of(TEXT, ("customer", "metadata", 0)) == 5


def test_what_is_nowhere_has_no_line() -> None:
    assert line_of(TEXT, ("nothing",)) is None
    assert line_of("", ("port",)) is None
